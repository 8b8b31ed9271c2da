"""Why a backup cannot be made or put back."""

from __future__ import annotations

from pathlib import Path

from rooms.errors import DomainError


class NoRecipient(DomainError):
    """There is no key to encrypt a backup with, or what is given is none."""

    code = "no_recipient"

    def __init__(self, given: str) -> None:
        if given.upper().startswith("AGE-SECRET-KEY"):
            reason = "this is the secret half of a key, which must not be on the server"
        else:
            reason = "this is no key to encrypt backups with" if given else "no key to encrypt backups with is set"
        super().__init__(
            f"CHAIRTIME_BACKUP_RECIPIENT: {reason}. Make a pair by `chairtime backup-key new --to FILE`, elsewhere if you can."
        )


class BackupUnderWay(DomainError):
    """Another backup of the same database is being made."""

    code = "backup_under_way"

    def __init__(self, database: str) -> None:
        super().__init__(f"A backup of {database} is being made already; wait until it is done.")


class BackupFailed(DomainError):
    """Something stood in the way; no file that looks whole was left."""

    code = "backup_failed"

    def __init__(self, reason: str) -> None:
        super().__init__(f"No backup was made: {reason}")
        self.reason = reason


class NoTool(DomainError):
    """PostgreSQL's own program for backups is not there, or is older than the server."""

    code = "no_tool"

    def __init__(self, tool: str, major: int, found: list[str]) -> None:
        there = f"found only {', '.join(found)}" if found else "none was found"
        super().__init__(
            f"CHAIRTIME_PG_BIN: {tool} of PostgreSQL {major} or newer is needed, {there}; install it, or name its folder in this setting."
        )
        self.tool = tool


class NotEmpty(DomainError):
    """There is something already where a backup should be put back."""

    code = "not_empty"

    def __init__(self, place: str) -> None:
        super().__init__(f"{place} is not empty. A backup is only put back into an empty place: name another one, or move this one away.")
        self.place = place


class NotWhole(DomainError):
    """A backup's file is cut short, was changed, or is none."""

    code = "not_whole"

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(f"{file} cannot be put back: {reason}. Take another copy of it, or the backup before it.")
        self.file = file


class NotOurKey(DomainError):
    """The key that is given does not open the backup."""

    code = "not_our_key"

    def __init__(self, reason: str) -> None:
        super().__init__(f"--identity: {reason}. It has to be the file that `chairtime backup-key new` wrote.")


class AnotherKind(DomainError):
    """A backup of SQLite is put back into SQLite, one of PostgreSQL into PostgreSQL."""

    code = "another_kind"

    def __init__(self, kind: str, wanted: str) -> None:
        super().__init__(f"--database-url: the backup is one of {kind}, this address is one of {wanted}; name an empty {kind} database.")
        self.kind = kind


class FromNewerProgram(DomainError):
    """A backup has tables that this edition of Chairtime does not know."""

    code = "from_newer_program"

    def __init__(self, revision: str) -> None:
        super().__init__(f"The backup is at revision {revision}, which this program does not know; put it back with a newer Chairtime.")
        self.revision = revision

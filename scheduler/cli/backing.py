"""Commands that keep a copy of everything, and put it back: backup, backup-key and restore."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from rooms.errors import Faulty
from scheduler import auditing
from scheduler.access.canonical import Value
from scheduler.auditing import notary_of
from scheduler.backing_up import Restored, make_backup
from scheduler.backing_up import restore as restore_backup
from scheduler.backing_up.encrypted import new_identity
from scheduler.cli.opening import DatabaseUrl, opened, settings_of, shown, typed_by
from scheduler.cli.terminal import REFUSED, counted, say
from scheduler.clock import Clock, SystemClock
from scheduler.keys import read_secret
from scheduler.settings import Settings
from scheduler.verify import verify

BACKUP_EXAMPLE = "Example: chairtime backup --to /mnt/backups"
BACKUP_KEY_EXAMPLE = "Example: chairtime backup-key new --to backup-identity.txt"
RESTORE_EXAMPLE = "Example: chairtime restore chairtime-20261122T020000Z.age --identity backup-identity.txt --database-url sqlite:///new.db"

backup_key = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Make the pair of keys that backups are encrypted with.")

KeyFile = Annotated[Path, typer.Option("--to", metavar="FILE", help="Where the secret half goes; it must not be on the server for long.")]


def backup(
    to: Annotated[
        Path | None, typer.Option("--to", metavar="DIR", help="The folder to write into.", show_default="CHAIRTIME_BACKUP_TO")
    ] = None,
    database_url: DatabaseUrl = "",
) -> None:
    """Write an encrypted backup of everything, of one moment, while everybody works. It is there whole, or not at all."""
    settings = settings_of(database_url)
    place = to or settings.backup_to
    if place is None:
        raise Faulty("CHAIRTIME_BACKUP_TO", "no folder for backups is set; name one here or by --to")
    with opened(database_url) as database:
        made = make_backup(database, place, settings.backup_recipients, pg_bin=settings.pg_bin, now=SystemClock().now())
    typer.echo(place / made.name)
    say(f"{counted(made.bytes, 'byte')}, SHA-256 {made.digest}. Take a copy to where this machine cannot write.")


@backup_key.command(epilog=BACKUP_KEY_EXAMPLE)
def new(to: KeyFile) -> None:
    """Make a pair: the secret half goes into a file, the public half is written out for CHAIRTIME_BACKUP_RECIPIENT."""
    secret, public = new_identity()
    with os.fdopen(os.open(to, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        file.write(f"# opens backups of Chairtime; public key: {public}\n{secret}\n")
    typer.echo(public)
    say(f"Set CHAIRTIME_BACKUP_RECIPIENT={public}")
    say(f"Keep {to} at two safe places away from the server, and remove it here: without it no backup can ever be opened.")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The backup.", exists=True, dir_okay=False)],
    identity: Annotated[Path, typer.Option("--identity", metavar="KEYFILE", help="The file with the secret half of its key.")],
    database_url: Annotated[str, typer.Option("--database-url", metavar="URL", help="The empty place: a new file, or a new database.")],
) -> None:
    """Put a backup back into an empty place, and check it. Exit code 1 on any breach.

    Everybody is signed out, open links end, and messages that were due before now are kept back for a person to look at: they may have
    gone out already.
    """
    clock = SystemClock()
    began = clock.monotonic()
    restored = restore_backup(file, read_secret(identity, "--identity"), database_url, pg_bin=settings_of().pg_bin, now=clock.now())
    taken = clock.monotonic() - began
    say(f"{shown(database_url)} holds what was there at {restored.contents.made_at.isoformat()}; put back in {taken:.1f} seconds.")
    say(f"Messages that were due before {restored.barrier.isoformat()} are kept back, and everybody is signed out.")
    say("Accounts that were disabled since the backup are active again, and roles are as they were then: look through them.")
    _check(restored, settings_of(database_url), clock)


def _check(restored: Restored, settings: Settings, clock: Clock) -> None:
    """Write down in the trail that a backup was put back, sign where the trail goes on, and look whether anything is in breach."""
    contents, notary = restored.contents, notary_of(settings)
    diff: dict[str, Value] = {"made_at": contents.made_at.isoformat(), "audit_head": contents.audit_head}
    with opened(settings.database_url) as database:
        database.run(
            lambda db: auditing.append(db, typed_by(), action=typed_by().operation, category="settings", now=clock.now(), diff=diff)
        )
        if notary.seed is not None:
            auditing.make_checkpoint(database, notary, clock, after_restore=True)
        breaches = [each for each in verify(database, now=clock.now()) if not each.decision]
        trail = auditing.check(database, notary, now=clock.now())
    for each in breaches:
        typer.echo(f"{each.rule} {each.row}: {each.sentence}")
    for sentence in trail.sentences():
        typer.echo(sentence)
    say(f"Checked: {counted(len(breaches), 'breach', 'breaches')}; {counted(len(trail.findings), 'break')} in the audit trail.")
    if notary.seed is None:
        say("Sign that events since the backup are lost: chairtime audit checkpoint --after-restore; then: chairtime audit verify")
    if not settings.database_url.startswith("sqlite"):
        say("Give the program's role its rights to the new tables: chairtime grants --role NAME")
    if breaches or trail.findings:
        raise typer.Exit(REFUSED)

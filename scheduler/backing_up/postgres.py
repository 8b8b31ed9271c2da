"""PostgreSQL's own programs, which write a database out and in: found, fit for the server, and told no secret that others could read."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sqlalchemy import Engine

from scheduler.backing_up.encrypted import CHUNK
from scheduler.backing_up.refusals import BackupFailed, NoTool

USUAL_FOLDERS = "/usr/lib/postgresql"


def tool(name: str, major: int, folder: Path | None) -> Path:
    """A program of PostgreSQL of this version or a newer one: from the folder, else from the path. Raises `NoTool`."""
    found = []
    for candidate in _candidates(name, folder):
        version = _version(candidate)
        if version >= major:
            return candidate
        found.append(f"{candidate} of version {version}")
    raise NoTool(name, major, found)


def _candidates(name: str, folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        yield from (path for path in [folder / name] if path.is_file())
        return
    on_path = shutil.which(name)
    if on_path:
        yield Path(on_path)
    yield from sorted(Path(USUAL_FOLDERS).glob(f"*/bin/{name}"), reverse=True)


def _version(program: Path) -> int:
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603  # the clinic's own folder
    found = re.search(r"(\d+)", told.partition("(PostgreSQL)")[2])
    return int(found.group(1)) if found else 0


@contextmanager
def dumped(engine: Engine, program: Path, snapshot: str) -> Iterator[Iterator[bytes]]:
    """The database as `pg_dump` writes it out, as it was when the snapshot was taken. Raises `BackupFailed` at the end if it went wrong."""
    conninfo, secret = _connection(engine)
    command = [str(program), "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--dbname={conninfo}"]
    with tempfile.TemporaryFile() as said:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, env=os.environ | secret) as process:  # noqa: S603  # as above
            yield _read(process.stdout)
        if process.returncode:
            said.seek(0)
            raise BackupFailed(_last_line(said.read()))


def _read(written: IO[bytes] | None) -> Iterator[bytes]:
    if written is not None:
        yield from iter(lambda: written.read(CHUNK), b"")


def put_back(engine: Engine, program: Path, dump: Path, leaving: str) -> None:
    """Write a dump into an empty database, in one transaction, but for the rows of the table `leaving`. Raises `BackupFailed`."""
    conninfo, secret = _connection(engine)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".list") as chosen:
        everything = _run([program, "--list", dump], {}).splitlines()
        chosen.write("\n".join(line for line in everything if f" TABLE DATA public {leaving} " not in line))
        chosen.flush()
        arguments = ["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", f"--use-list={chosen.name}"]
        _run([program, *arguments, f"--dbname={conninfo}", dump], secret)


def _run(command: Sequence[str | Path], secret: dict[str, str]) -> str:
    done = subprocess.run(command, capture_output=True, check=False, env=os.environ | secret)  # noqa: S603  # the clinic's own folder
    if done.returncode:
        raise BackupFailed(_last_line(done.stderr))
    return done.stdout.decode()


def _last_line(said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "PostgreSQL's program ended without a word"


def _connection(engine: Engine) -> tuple[str, dict[str, str]]:
    """How the program reaches the database: what others may see among the machine's processes, and the password, which they may not."""
    _, options = engine.dialect.create_connect_args(engine.url)
    password = options.pop("password", None)
    conninfo = " ".join(f"{name}={_quoted(str(value))}" for name, value in options.items() if name != "context")
    return conninfo, {"PGPASSWORD": str(password)} if password else {}


def _quoted(value: str) -> str:
    escaped = value.replace("\\", r"\\").replace("'", r"\'")
    return f"'{escaped}'"

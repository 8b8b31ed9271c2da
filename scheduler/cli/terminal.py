"""How commands speak: answers on standard output, everything else on standard error, and an exit code that scripts can trust.

0: done. 1: refused, or something is in breach. 2: the input is faulty. In the last two cases nothing was changed.
"""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from courses.protocols.located.faults import Fault, FaultyDocument
from rooms.errors import DomainError, Faulty, Unknown

REFUSED, FAULTY = 1, 2

STDOUT = Path("-")

Told = Callable[[int, int], None]
"""Told how much of a work is done, of how much."""


def say(text: str) -> None:
    """A line for the person at the terminal; scripts read standard output, where it is not."""
    typer.echo(text, err=True)


def counted(number: int, thing: str, things: str = "") -> str:
    """`1 session`, `2 sessions`."""
    return f"{number} {thing if number == 1 else things or f'{thing}s'}"


def place_of(fault: Fault) -> str:
    """`clinic.yaml:12:5`, as editors understand it; less where less is known."""
    return ":".join([fault.file, *(str(number) for number in (fault.line, fault.column) if number)])


def fault_line(fault: Fault, kind: str = "") -> str:
    """One fault in one line: where, which field, what and the way out."""
    field = f"{fault.field}: " if fault.field else ""
    return f"{place_of(fault)}: {kind}{field}{fault.message}"


@contextmanager
def refusals_told() -> Iterator[None]:
    """Ends the program with one plain sentence for each thing that was refused, instead of a trace."""
    try:
        yield
    except FaultyDocument as refusal:
        for fault in refusal.faults:
            say(fault_line(fault))
        raise SystemExit(FAULTY) from None
    except DomainError as refusal:
        say(refusal.message)
        raise SystemExit(FAULTY if isinstance(refusal, Faulty | Unknown) else REFUSED) from None
    except (ArgumentError, NoSuchModuleError):
        say("--database-url: this is no database address; write it as sqlite:///clinic.db or postgresql+psycopg://user@host/name")
        raise SystemExit(FAULTY) from None
    except DBAPIError as broken:
        say(f"The database did not answer as it should: {str(broken.orig).splitlines()[0]}")
        raise SystemExit(REFUSED) from None
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains once more while it closes
        raise SystemExit(REFUSED) from None
    except OSError as broken:
        say(f"{broken.filename or 'The machine'}: {broken.strerror}")
        raise SystemExit(REFUSED) from None


@contextmanager
def progress_bar(what: str, *, quiet: bool = False) -> Iterator[Told]:
    """A bar on standard error while something long goes on; none where nobody looks: no terminal, a build machine, or `quiet`."""
    console = Console(stderr=True)
    hidden = quiet or not console.is_terminal or bool(os.environ.get("CI"))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=hidden) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def write_text(text: str, output: Path) -> None:
    """Put an answer where it was asked for: whole, or not at all if the machine stops meanwhile."""
    if output == STDOUT:
        typer.echo(text, nl=False)
    elif output.exists() and not stat.S_ISREG(output.stat().st_mode):
        output.write_text(text, encoding="utf-8")  # such as /dev/null, which nothing may take the place of
    else:
        _replace(output.resolve(), text)


def _replace(output: Path, text: str) -> None:
    mode = stat.S_IMODE(output.stat().st_mode) if output.exists() else 0o666 & ~_umask()
    try:
        descriptor, written = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
    except OSError as broken:
        raise OSError(broken.errno, broken.strerror, str(output)) from None  # the name that the person gave, not ours
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        Path(written).chmod(mode)
        Path(written).replace(output)
    except BaseException:
        with suppress(OSError):
            Path(written).unlink()
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask

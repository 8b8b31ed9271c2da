"""Putting the packs where they are found when nothing else is: a folder outside the app, whole or not at all, and only the newest ones."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from courses import queries
from rooms import queries as rooms_queries
from scheduler import auditing
from scheduler.access.author import Author
from scheduler.database import Database
from scheduler.downtime.gathering import pack_of
from scheduler.printing.frame import Paper
from scheduler.printing.pack import Pack, pack_pdf
from scheduler.settings import Settings

KEPT, EVENINGS_KEPT = 8, 2
"""How many packs of a site stay: two hours of them, and the last two that were made for the next morning."""
EVENING = 18
"""From this hour on, by the site's clock, the pack for the next morning is made."""
HALF = ".half"
LEFT_AFTER = timedelta(hours=1)
"""When a file that was written half is one that was left, and not one that is being written."""


@dataclass(frozen=True, slots=True)
class Printer:
    """On what it is printed, how patients are named, and the folder, if there is one."""

    paper: Paper
    initials: bool
    folder: Path | None

    def print(self, pack: Pack) -> bytes:
        """The pack as a PDF."""
        return pack_pdf(pack.with_initials() if self.initials else pack, self.paper)


@dataclass(frozen=True, slots=True)
class Written:
    """A pack in the folder. `made_at` is the site's clock as it stands in the name, without a zone."""

    path: Path
    made_at: datetime


def printer_of(settings: Settings) -> Printer:
    """What the settings say."""
    return Printer(Paper(settings.paper), settings.downtime_initials, settings.downtime_folder)


def told_pack(database: Database, site_id: int, author: Author, *, now: datetime) -> Pack:
    """The pack of a site. That somebody had it made, and whom it shows, is in the audit trail before anything is given away."""
    seen: set[str] = set()
    with database.reading() as db:
        queries.note_patients(db, seen)
        pack = pack_of(db, site_id, now=now)
    database.run(lambda db: auditing.record_read(db, author, now=now, patients=sorted(seen), category="schedule"), quiet=True)
    return pack


def write_packs(database: Database, folder: Path, printer: Printer, author: Author, *, now: datetime) -> list[Path]:
    """Write the pack of every site into a folder, readable by the program's account only, and remove old ones. Raises `OSError`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with database.reading() as db:
        sites = rooms_queries.sites(db)
    written = []
    for known in sites:
        pack = told_pack(database, known.id, author, now=now)
        content, name, at = printer.print(pack), _safe(known.site.id, known.public_id), pack.origin.printed_at
        names = [f"{name}-{at:%Y-%m-%d-%H%M}.pdf"]
        evening = f"{name}-{at:%Y-%m-%d}-evening.pdf"
        if at.hour >= EVENING and not (folder / evening).exists():
            names.append(evening)
        written += [_write(folder / each, content) for each in names]
        _prune(folder, name, now, keep=written)
    return written


def newest_in(folder: Path, code: str, public_id: str) -> Written | None:
    """The newest pack of a site (its code and public id) in a folder, of those made every quarter of an hour. Raises `OSError`."""
    name = _safe(code, public_id)
    stamps = [(path, found[1]) for path in _listed(folder) if (found := re.fullmatch(re.escape(name) + QUARTERLY, path.name))]
    newest = max(stamps, key=lambda each: each[1], default=None)
    return Written(newest[0], datetime.strptime(newest[1], "%Y-%m-%d-%H%M")) if newest else None  # noqa: DTZ007  # the site's clock


QUARTERLY = r"-(\d{4}-\d\d-\d\d-\d{4})\.pdf"
EVENINGS = r"-(\d{4}-\d\d-\d\d)-evening\.pdf"


def _prune(folder: Path, name: str, now: datetime, keep: Sequence[Path]) -> None:
    for pattern, kept in ((QUARTERLY, KEPT), (EVENINGS, EVENINGS_KEPT)):
        ours = sorted(path for path in _listed(folder) if re.fullmatch(re.escape(name) + pattern, path.name))
        for path in ours[:-kept]:
            if path not in keep:
                path.unlink(missing_ok=True)
    for path in folder.glob(f".*{HALF}"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < (now - LEFT_AFTER).timestamp():
                path.unlink()


def _listed(folder: Path) -> list[Path]:
    """Its PDFs. Raises `OSError` for a folder that may not be looked into; one that is not there is empty."""
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == ".pdf")
    except FileNotFoundError:
        return []


def _safe(code: str, public_id: str) -> str:
    """A name for files; where the site's code cannot be one, with the public id, so that no two sites share it."""
    plain = re.sub(r"[^A-Za-z0-9_]+", "-", code).strip("-")
    return plain if plain == code else f"{plain}-{public_id}".strip("-")


def _write(path: Path, content: bytes) -> Path:
    descriptor, half = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.", suffix=HALF)  # made with mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        Path(half).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(half).unlink()
        raise
    return path

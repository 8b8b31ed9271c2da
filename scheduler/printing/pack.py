"""The downtime pack: what a clinic goes on with for a day when the program cannot be reached."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from reportlab.platypus import Flowable

from courses.checklists.checklist import Checklist
from scheduler.printing.blanks import blank
from scheduler.printing.day import PrintedDay, PrintedResource, board, empty_sheet
from scheduler.printing.frame import Origin, Paper, Section, pdf_of
from scheduler.printing.lists import PrintedCase, PrintedList, lists
from scheduler.printing.monitoring import blank_form
from scheduler.printing.phones import PrintedColleague, PrintedPhone, phone_list
from scheduler.printing.watch import PrintedWatch, watched

TITLE = "Downtime pack"


@dataclass(frozen=True, slots=True)
class Pack:
    """What stands in it. `checklists` are those in use, each with what says which version it is."""

    origin: Origin
    days: tuple[PrintedDay, ...]
    watches: tuple[PrintedWatch, ...]
    checklists: tuple[tuple[Checklist, str], ...]
    phones: tuple[PrintedPhone, ...]
    colleagues: tuple[PrintedColleague, ...]
    lists: tuple[PrintedList, ...] = ()

    @property
    def file_name(self) -> str:
        """What the file is called where it is not kept among others."""
        return f"downtime-{self.origin.printed_at:%Y-%m-%d-%H%M}.pdf"

    def with_initials(self) -> Pack:
        """The same pack, with every patient by initials and the clinic's own number."""
        return replace(
            self,
            days=tuple(replace(day, resources=tuple(map(_short, day.resources))) for day in self.days),
            watches=tuple(replace(each, patient=each.patient.cut(initials=True)) for each in self.watches),
            lists=tuple(replace(each, cases=tuple(map(_short_case, each.cases))) for each in self.lists),
            phones=tuple(replace(each, patient=each.patient.cut(initials=True)) for each in self.phones),
        )


def pack_pdf(pack: Pack, paper: Paper) -> bytes:
    """The pack as a PDF: who is watched, the days, lists, phones and empty checklists, in the order in which they are needed."""
    return pdf_of(TITLE, pack.origin, paper, tuple(_sections(pack)))


def _sections(pack: Pack) -> Iterator[Section]:
    yield Section("Being watched", lambda width: watched(pack.watches, pack.origin.printed_at, width), wide=True)
    for day in pack.days:
        yield Section(day.title, partial(board, day), wide=True)
    if pack.lists:
        yield Section("Ordered lists", partial(lists, pack.lists), wide=True)
    yield Section("Phone list", lambda width: phone_list(pack.phones, pack.colleagues, width))
    yield Section("Empty day sheet", empty_sheet, wide=True)
    if any(checklist.program for checklist, _ in pack.checklists):
        yield Section("Empty monitoring form", blank_form)
    for checklist, version in pack.checklists:
        yield Section(f"Empty checklist: {checklist.title}", _blank(checklist, version))


def _blank(checklist: Checklist, version: str) -> Callable[[float], list[Flowable]]:
    return lambda width: blank(checklist, version, width)


def _short(resource: PrintedResource) -> PrintedResource:
    return replace(resource, visits=tuple(replace(visit, patient=visit.patient.cut(initials=True)) for visit in resource.visits))


def _short_case(case: PrintedCase) -> PrintedCase:
    return replace(case, patient=case.patient.cut(initials=True))

"""Every kind of shipped session can be charted from the arrival to the release, and not released before its time or with something open."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from courses.checklists.answers import check_answer
from courses.checklists.checklist import Checklist
from courses.checklists.clocks import Moments, due_list, moments_of
from courses.checklists.entry import Answer, DeviceAnswer, Entry, EntryKind
from courses.checklists.fold import Chart, fold
from courses.checklists.gates import Facts, check_standing, standing
from courses.checklists.item import Item, ItemKind, Moment, Verb
from courses.checklists.notation import read_checklist
from courses.checklists.release import NotSigned, StillOpen, TooEarly, check_release, earliest_release, missing
from courses.library import library, protocol_files
from courses.protocols.notation import read_protocol
from tests.checklists.build import NURSE, at

CHECKLISTS = [read_checklist(text) for text in library().values()]
ALL_WELL = Facts(certified=True, enrolled=True)
ARRIVED, STARTED = at(-40), at(-5)


def kinds_of_session() -> dict[str, list[Checklist]]:
    """The checklists of every kind of session that the library's protocols have."""
    found: dict[str, list[Checklist]] = {}
    for file in protocol_files():
        protocol = read_protocol(file.read_text(encoding="utf-8")).protocol
        for slot in protocol.slots:
            template, several = protocol.template_of(slot.number).name, slot.spacing.per_day > 1
            by = [each for each in CHECKLISTS if each.serves(protocol.modality, template, slot.number, several_a_day=several)]
            found["+".join(each.code for each in by)] = by
    return found


KINDS = kinds_of_session()


def right_answer(item: Item) -> Answer:
    """An answer that lets pass everywhere."""
    match item.kind:
        case ItemKind.CHECK:
            return True
        case ItemKind.NUMBER:
            spans = [item.bands.limits, item.bands.likely, item.bands.possible] if item.bands else []
            low = max((span.low for span in spans if span.low is not None), default=0)
            return float(low) + (40 if item.code == "systolic" else 0)
        case ItemKind.CHOICE:
            passing = item.gate.passing if item.gate else ()
            return next((choice for choice in item.choices if choice in passing), item.choices[0])
        case ItemKind.TIME:
            return at(-24 * 60)
        case ItemKind.DEVICE:
            return DeviceAnswer("Device", "L1", 1)
        case _:
            return "as usual"


@dataclass
class Sheet:
    """A session that is charted as it goes."""

    by: list[Checklist]
    made: list[Entry] = field(default_factory=list)

    @property
    def chart(self) -> Chart:
        return fold(self.made)

    @property
    def moments(self) -> Moments:
        return moments_of(self.by, self.chart, arrived_at=ARRIVED, started_at=STARTED)

    def write(self, item: Item, when: datetime) -> None:
        answer = right_answer(item)
        check_answer(item, answer)
        number = f"e{len(self.made):03}"
        self.made.append(Entry(number, item.code, answer, EntryKind.ORIGINAL, when, 0, when, NURSE, number))

    def items(self, marks: Moment | None) -> list[Item]:
        return [item for each in self.by for item in each.items if item.marks is marks]

    def go(self, verb: Verb, now: datetime) -> None:
        """Answer what is asked before a move, and make sure that it may be made then and not before."""
        asked = [item for item in self.items(None) if item.is_asked_before(verb)]
        assert bool(missing(self.by, self.chart, self.moments, verb, now=now)) == any(item.required for item in asked)
        for item in asked:
            self.write(item, now - timedelta(minutes=1))
        assert missing(self.by, self.chart, self.moments, verb, now=now) == ()
        check_standing(verb, standing(self.by, self.chart, verb, ALL_WELL, now=now, moments=Moments()))


def treated(by: list[Checklist]) -> Sheet:
    """A session up to the end of its treatment."""
    sheet = Sheet(by)
    sheet.go(Verb.START, STARTED)
    sheet.go(Verb.DOSE, at(0))
    for minutes, moment in ((0, Moment.FIRST_DOSE), (40, Moment.LAST_DOSE), (45, Moment.END_OF_TREATMENT)):
        for item in sheet.items(moment):
            sheet.write(item, at(minutes))
    for item in sheet.items(None):
        if item.required and not item.due:
            sheet.write(item, at(46))
    return sheet


@pytest.mark.parametrize("by", KINDS.values(), ids=KINDS)
def test_a_session_is_charted_to_the_end(by: list[Checklist]) -> None:
    sheet = treated(by)
    earliest = earliest_release(by, sheet.moments)
    now = earliest or at(80)
    while waiting := [each for each in due_list(by, sheet.chart, sheet.moments, now=now, until=now) if each.done_by is None]:
        sheet.write(waiting[0].item, waiting[0].due_at)
    signed = [meaning.code for each in by for meaning in each.meanings]
    must_sign = [meaning.code for each in by for meaning in each.meanings if meaning.before_release]
    last = [item for item in sheet.items(None) if item.required and item.is_asked_before(Verb.RELEASE)]

    if last:
        with pytest.raises(StillOpen):
            check_release(by, sheet.chart, sheet.moments, now=now, signed=signed)
    for item in last:
        sheet.write(item, now - timedelta(seconds=30))
    if earliest:
        with pytest.raises(TooEarly) as early:
            check_release(by, sheet.chart, sheet.moments, now=earliest - timedelta(seconds=1), signed=signed)
        assert early.value.seconds == 1
    if must_sign:
        with pytest.raises(NotSigned):
            check_release(by, sheet.chart, sheet.moments, now=now, signed=[each for each in signed if each != must_sign[-1]])

    check_release(by, sheet.chart, sheet.moments, now=now, signed=signed)
    check_standing(Verb.RELEASE, standing(by, sheet.chart, Verb.RELEASE, ALL_WELL, now=now))


def test_trap_15_whoever_is_still_sedated_after_the_minimum_stays() -> None:
    by = KINDS["esketamine"]
    sheet = treated(by)
    now = at(125)
    sedation = by[0].by_code["sedation"]
    sheet.made.append(Entry("sedated", sedation.code, "yes", EntryKind.ORIGINAL, at(124), 0, at(124), NURSE, "sedated"))

    stops = standing(by, sheet.chart, Verb.RELEASE, ALL_WELL, (sedation.code,), now=now)

    assert earliest_release(by, sheet.moments) == at(120)
    assert [stop.kind for stop in stops if stop.gate == sedation.code] == ["regulatory"]

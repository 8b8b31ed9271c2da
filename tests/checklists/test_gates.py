"""What stands before a move, and who may go past."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from courses.checklists.checklist import Checklist, Watch
from courses.checklists.clocks import Moments
from courses.checklists.entry import Answer, Entry
from courses.checklists.fold import fold
from courses.checklists.gates import CERTIFIED, ENROLLED, REST, Facts, Stopped, check_standing, standing
from courses.checklists.item import Bands, Gate, GateClass, Item, ItemKind, Range, Verb
from courses.checklists.notation import read_checklist
from courses.library import library
from rooms.availability.hours import SiteTime
from tests.checklists.build import DEVICE, at, entry

ALL_WELL = Facts(certified=True, enrolled=True)
ROLES = {GateClass.REGULATORY: (), GateClass.CLINICAL: ("physician",), GateClass.HOUSE: ()}


def gated(kind: GateClass, before: Verb) -> Checklist:
    return Checklist("g", "G", (Item("ok", "All well", ItemKind.CHECK, gate=Gate(before, kind, ("yes",), overridden_by=ROLES[kind])),))


def found(checklist: Checklist, made: list[Entry], verb: Verb, overridden: tuple[str, ...] = ()) -> list[tuple[str, GateClass]]:
    return [(stop.gate, stop.kind) for stop in standing([checklist], fold(made), verb, ALL_WELL, overridden)]


@pytest.mark.parametrize(("kind", "before", "verb"), list(product(GateClass, Verb, Verb)))
def test_a_gate_stands_before_its_move_until_it_is_passed_or_somebody_may_go_past(kind: GateClass, before: Verb, verb: Verb) -> None:
    checklist, yes, no = gated(kind, before), entry("e1", "ok", True, 0), entry("e2", "ok", False, 1)
    stands = [("ok", kind)] if before is verb else []

    assert found(checklist, [], verb) == stands
    assert found(checklist, [yes], verb) == []
    assert found(checklist, [yes, no], verb) == stands
    assert found(checklist, [no], verb, ("ok",)) == ([] if kind is GateClass.CLINICAL else stands)


@pytest.mark.parametrize("kind", GateClass)
def test_all_but_a_house_rule_stop_a_move(kind: GateClass) -> None:
    stops = standing([gated(kind, Verb.START)], fold([]), Verb.START, ALL_WELL)

    if kind is GateClass.HOUSE:
        check_standing(Verb.START, stops)
    else:
        with pytest.raises(Stopped, match="All well: not answered yet"):
            check_standing(Verb.START, stops)


@pytest.mark.parametrize(("certified", "enrolled"), list(product((True, False, None), (True, False, None))))
def test_trap_18_a_dose_of_a_program_asks_for_a_certified_site_and_a_patient_who_is_enrolled_there(
    certified: bool | None, enrolled: bool | None
) -> None:
    checklist = Checklist("p", "P", (DEVICE,), watch=Watch(120), program="a-program")
    expected = [*([CERTIFIED] if certified is not True else []), *([ENROLLED] if enrolled is not True else [])]

    stops = {verb: standing([checklist], fold([]), verb, Facts(certified, enrolled), (CERTIFIED, ENROLLED)) for verb in Verb}

    assert [(stop.gate, stop.kind) for stop in stops[Verb.DOSE]] == [(gate, GateClass.REGULATORY) for gate in expected]
    assert [(stop.gate, stop.kind) for stop in stops[Verb.START]] == [(gate, GateClass.HOUSE) for gate in expected]
    assert stops[Verb.RELEASE] == ()


@pytest.mark.parametrize(("minutes", "stands"), [(0, True), (4.99, True), (5, False), (12, False)])
def test_devices_rest_for_five_minutes(minutes: float, *, stands: bool) -> None:
    checklist = Checklist("d", "D", (DEVICE,), minutes_between_doses=5)
    moments = Moments(first_dose=at(0), last_dose=at(0))

    stops = standing([checklist], fold([]), Verb.DOSE, ALL_WELL, moments=moments, now=at(minutes))
    gone_past = standing([checklist], fold([]), Verb.DOSE, ALL_WELL, (REST,), moments=moments, now=at(minutes))

    assert [stop.gate for stop in stops] == ([REST] if stands else [])
    assert gone_past == ()


@pytest.mark.parametrize(("value", "passes"), [(8.0, False), (9.0, True), (10.0, True)])
def test_a_number_passes_within_the_limits(value: float, *, passes: bool) -> None:
    gate = Gate(Verb.RELEASE, GateClass.CLINICAL, within_limits=True, overridden_by=("physician",))
    checklist = Checklist("n", "N", (Item("score", "Score", ItemKind.NUMBER, bands=Bands(limits=Range(low=9)), gate=gate),))

    assert (found(checklist, [entry("e", "score", value, 0)], Verb.RELEASE) == []) is passes


def days_of(weekdays: str, count: int) -> list[date]:
    """The days of a series from Monday, 2 February 2026, on."""
    days = [date.fromordinal(date(2026, 2, 2).toordinal() + n) for n in range(120)]
    return [day for day in days if str(day.isoweekday()) in weekdays][:count]


@pytest.mark.parametrize(("weekdays", "treatment", "day"), [("135", 15, 32), ("14", 10, 31)])
def test_trap_22_history_and_physical_of_the_first_day_is_out_of_date_within_a_series(weekdays: str, treatment: int, day: int) -> None:
    checklist, new_york = read_checklist(library()["ect"]), ZoneInfo("America/New_York")
    series = days_of(weekdays, treatment)

    def stops(item: str, written: date, on: date, by: Checklist = checklist) -> bool:
        answer = datetime.combine(written, time(), new_york)
        now = datetime.combine(on, time(23, 30), new_york)
        chart = fold([entry("e", item, answer, 0)])
        gates = standing([by], chart, Verb.START, ALL_WELL, (item,), now=now, time=SiteTime("America/New_York"))
        return item in [stop.gate for stop in gates if stop.kind is GateClass.REGULATORY]

    assert (series[-1] - series[0]).days == day
    assert [stops("history-physical-on", series[0], on) for on in series] == [False] * (treatment - 1) + [True]
    assert stops("history-physical-on", series[1], series[0])

    texas = read_checklist(
        library()["ect"].replace(
            'gate: {before: start, kind: regulatory}, help: "A site',
            'gate: {before: start, kind: regulatory, at_most_days: 0}, help: "A site',
        )
    )
    assert [stops("consent-on", series[0], on) for on in series[:2]] == [False, False]
    assert [stops("consent-on", series[0], on, texas) for on in series[:2]] == [False, True]


ANSWERS: dict[str, Answer] = {"fasted": "no", "escort": "none"}


@pytest.mark.parametrize(("item", "answer"), ANSWERS.items())
def test_traps_20_and_21_fasting_and_the_escort_are_settled_before_the_anesthesia(item: str, answer: Answer) -> None:
    checklist = read_checklist(library()["ect"])

    stops = standing([checklist], fold([entry("e", item, answer, 0)]), Verb.START, ALL_WELL)

    assert [(stop.kind, "anesthesia" in stop.overridden_by) for stop in stops if stop.gate == item] == [(GateClass.CLINICAL, True)]


def test_trap_16_without_a_prescriber_on_site_there_is_no_dose() -> None:
    checklist = read_checklist(library()["esketamine"])
    left = fold([entry("e", "prescriber-on-site", False, 0)])

    stops = standing([checklist], left, Verb.DOSE, ALL_WELL, ("prescriber-on-site",), now=datetime(2026, 12, 1, tzinfo=UTC))

    assert [stop.kind for stop in stops if stop.gate == "prescriber-on-site"] == [GateClass.REGULATORY]

"""Writing down: what is taken, what is refused, what comes late, and that nothing that was written down ever goes away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from courses import charting
from courses.charting import Saved
from courses.checklists.answers import Impossible, NotBelow, OutsideLimits, Unlikely, WrongKind
from courses.checklists.entry import EntryKind, Person
from courses.checklists.gates import Stopped
from courses.checklists.kept import Kept
from courses.checklists.writing import Amended, Answered, MayNot, NotOpen, Press, Retracted, Rights, SavedDifferently, TakenBack
from courses.errors import DomainError, Faulty, Unknown
from scheduler.database import Database
from tests.charts.ward import EVERYTHING, PHYSICIAN, Ward, at, rights_but

DEVICE: Kept = {"product": "Device", "lot": "A1", "units": 1}
RUBEN = Person("a_ruben", "Ruben", "")


@pytest.fixture
def ward(database: Database) -> Ward:
    return Ward(database).open()


def record(ward: Ward, *answers: Answered, press: Press | None = None, session: str = "", paper: bool = False) -> Saved:
    with ward.database.transaction() as db:
        return charting.record(db, session or ward.session, answers, press or ward.press(), from_paper=paper)


def amend(ward: Ward, entry: str, to: Amended, press: Press | None = None) -> Saved:
    with ward.database.transaction() as db:
        return charting.amend(db, ward.session, entry, to, press or ward.press(10))


def retract(ward: Ward, entry: str, why: TakenBack, press: Press | None = None, session: str = "") -> Saved:
    with ward.database.transaction() as db:
        return charting.retract(db, session or ward.session, entry, why, press or ward.press(15))


def values(ward: Ward, item: str, session: str = "") -> list[object]:
    return [reading.value for reading in ward.chart(session).chart.of(item)]


def test_a_set_of_vitals_saved_by_one_press(ward: Ward) -> None:
    saved = record(ward, Answered("systolic", 128), Answered("diastolic", 79.5), Answered("note", "calm, awake"))

    chart = ward.chart()
    assert chart.entries == saved.entries
    assert [(each.item, each.value, each.kind, each.unit, each.observed_offset) for each in chart.entries] == [
        ("systolic", 128, "original", "mmHg", -300),
        ("diastolic", 79.5, "original", "mmHg", -300),
        ("note", "calm, awake", "original", "", -300),
    ]
    assert {(each.together, each.author, each.observed_at, each.recorded_at) for each in chart.entries} == {
        ("key1", Person("a_nora", "Nora", "nurse"), at(5), at(5))
    }
    assert chart.is_open


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        (Answered("systolic", 400), Impossible),
        (Answered("systolic", 240), Unlikely),
        (Answered("systolic", 180), OutsideLimits),
        (Answered("systolic", "high"), WrongKind),
        (Answered("systolic", True), WrongKind),
        (Answered("note", " "), WrongKind),
        (Answered("device", {"product": "Device", "lot": "A1", "units": 0}), WrongKind),
        (Answered("device", {"product": "Device"}), WrongKind),
        (Answered("weight", 70), Unknown),
        (Answered("systolic", 120, at(8)), Faulty),
        (Answered("systolic", 120, at(-1)), Faulty),
    ],
)
def test_an_answer_that_cannot_stand_saves_nothing_of_the_press(ward: Ward, answer: Answered, refused: type[DomainError]) -> None:
    with pytest.raises(refused):
        record(ward, Answered("saturation", 97), answer)

    assert ward.chart().entries == ()


def test_unusual_numbers_stand_when_they_were_meant(ward: Ward) -> None:
    record(ward, Answered("systolic", 240, typed_twice=True, action="physician-told"))

    assert [(each.value, each.action) for each in ward.chart().entries] == [(240, "physician-told")]


def test_diastolic_is_never_as_high_as_systolic_neither_at_once_nor_by_an_amendment(ward: Ward) -> None:
    with pytest.raises(NotBelow):
        record(ward, Answered("systolic", 100), Answered("diastolic", 100))
    _, low = record(ward, Answered("systolic", 100), Answered("diastolic", 70)).entries
    with pytest.raises(NotBelow):
        amend(ward, low.id, Amended(110, "misread", "read it wrong"))
    amend(ward, low.id, Amended(71, "misread", "read it wrong"))
    assert values(ward, "diastolic") == [71]


def test_one_item_twice_in_one_press_is_refused(ward: Ward) -> None:
    with pytest.raises(Faulty, match="twice"):
        record(ward, Answered("systolic", 120), Answered("systolic", 121))
    with pytest.raises(Faulty, match="at least one"):
        record(ward)


def test_late_is_decided_by_the_server_and_owes_a_reason(ward: Ward) -> None:
    """M20: what the tablet thinks of the time plays no part."""
    in_time = record(ward, Answered("systolic", 120, at(20)), press=ward.press(30)).entries[0]
    with pytest.raises(Faulty, match="reason"):
        record(ward, Answered("systolic", 121, at(19)), press=ward.press(30))
    late = Answered("systolic", 121, at(19), reason_code="busy", reason="was with another patient")
    (kept,) = record(ward, late, press=ward.press(30)).entries

    assert (in_time.kind, in_time.reason) == (EntryKind.ORIGINAL, "")
    assert (kept.kind, kept.reason_code, kept.reason) == (EntryKind.LATE, "busy", "was with another patient")
    with pytest.raises(MayNot):
        record(ward, late, press=ward.press(31, rights=rights_but("late")))


def test_a_tablet_may_be_two_minutes_ahead(ward: Ward) -> None:
    record(ward, Answered("systolic", 120, at(7)), press=ward.press(5))
    with pytest.raises(Faulty, match="future"):
        record(ward, Answered("systolic", 120, at(7) + timedelta(seconds=1)), press=ward.press(5))


def test_before_the_arrival_only_what_is_asked_before_the_start(ward: Ward) -> None:
    record(ward, Answered("fasted", True, at(-5)))
    course = ward.chart().course
    second = ward.sessions_of(course)[1]

    record(ward, Answered("fasted", True), session=second)
    with pytest.raises(NotOpen, match="has not arrived"):
        record(ward, Answered("systolic", 120), session=second)


def test_a_press_sent_again_is_answered_as_before(ward: Ward, database: Database) -> None:
    """Also long after, by another program, when the answers of the API are forgotten."""
    press = ward.press(5, key="tablet-7")
    first = record(ward, Answered("systolic", 120), Answered("diastolic", 80), press=press)
    again = Ward(Database(database.url), ward.session, ward.other, ward.site_id, ward.clinic)
    repeated = record(again, Answered("systolic", 120.0), Answered("diastolic", 80), press=ward.press(60, key="tablet-7"))
    again.database.dispose()

    assert repeated.entries == first.entries == ward.chart().entries
    with pytest.raises(SavedDifferently):
        record(ward, Answered("systolic", 121), Answered("diastolic", 80), press=ward.press(61, key="tablet-7"))
    with pytest.raises(SavedDifferently):
        record(ward, Answered("systolic", 120), Answered("note", "more"), press=ward.press(61, key="tablet-7"))
    with pytest.raises(SavedDifferently):
        record(ward, Answered("systolic", 120), Answered("diastolic", 80), press=ward.press(61, by="mara", key="tablet-7"))
    assert len(ward.chart().entries) == 2


def test_a_dose_stands_behind_its_gates(ward: Ward) -> None:
    with pytest.raises(NotOpen, match="start it"):
        record(ward, Answered("device", DEVICE))
    ward.start()
    with pytest.raises(Stopped) as stopped:
        record(ward, Answered("device", DEVICE))
    assert [(stop.gate, stop.kind) for stop in stopped.value.stops] == [("oximeter", "regulatory"), ("calm", "clinical")]

    record(ward, Answered("oximeter", True), Answered("calm", True), Answered("device", DEVICE))
    assert ward.chart().moments.first_dose == at(5)


def test_a_dose_is_recorded_by_those_who_may_only(ward: Ward) -> None:
    ticked = (Answered("oximeter", True), Answered("calm", True))
    for rights in (rights_but("dose"), Rights(write=("technician",), dose=("technician",))):
        with pytest.raises(MayNot):
            record(ward, *ticked, Answered("device", DEVICE), press=ward.press(rights=rights))
    assert ward.chart().entries == ()


def test_from_paper_everything_is_late_and_a_dose_is_what_happened(ward: Ward) -> None:
    written = [Answered("device", DEVICE, at(-30), reason="no power until nine"), Answered("systolic", 130, at(-25), reason="no power")]

    saved = record(ward, *written, press=ward.press(60), paper=True)

    assert [(each.kind, each.source, each.reason_code) for each in saved.entries] == [("late", "paper", "downtime")] * 2
    assert [stop.gate for stop in saved.warnings][:2] == ["oximeter", "calm"]
    with pytest.raises(Faulty, match="as the paper tells it"):
        record(ward, Answered("systolic", 130, reason="no power"), paper=True)
    with pytest.raises(Faulty, match="before the patient arrived"):
        record(ward, Answered("systolic", 130, at(-24 * 60), reason="no power"), paper=True)
    with pytest.raises(MayNot):
        record(ward, written[1], press=ward.press(60, rights=rights_but("paper")), paper=True)


def test_an_amendment_stands_and_the_original_stays(ward: Ward) -> None:
    (first,) = record(ward, Answered("systolic", 120)).entries
    (second,) = amend(ward, first.id, Amended(130, "typing_mistake", "typed the wrong digit")).entries
    (third,) = amend(ward, second.id, Amended(131, "misread", "looked again", at(3))).entries

    (reading,) = ward.chart().chart.of("systolic")
    assert (reading.value, reading.observed_at, reading.current) == (131, at(3), third)
    assert [(each.value, each.kind, each.replaces) for each in reading.history] == [
        (120, "original", None),
        (130, "amendment", first.id),
        (131, "amendment", second.id),
    ]


def test_another_persons_entry_is_amended_by_a_physician_only(ward: Ward) -> None:
    (first,) = record(ward, Answered("systolic", 120)).entries
    to = Amended(130, "typing_mistake", "typed the wrong digit")
    with pytest.raises(MayNot, match="physician"):
        amend(ward, first.id, to, ward.press(by="mara"))
    (second,) = amend(ward, first.id, to, ward.press(10, by="reed", rights=PHYSICIAN)).entries

    assert second.author == Person("a_reed", "Reed", "physician")
    with pytest.raises(MayNot):
        amend(ward, second.id, to)  # what stands now is the physician's


@pytest.mark.parametrize(
    "to",
    [
        Amended(400, "misread", "read it wrong"),
        Amended(130, "because", "read it wrong"),
        Amended(130, "misread", "oops"),
        Amended(130, "misread", "read it wrong", at(99)),
    ],
)
def test_an_amendment_is_held_to_what_an_answer_is_held_to(ward: Ward, to: Amended) -> None:
    (first,) = record(ward, Answered("systolic", 120)).entries
    with pytest.raises(Faulty):
        amend(ward, first.id, to)
    assert ward.chart().entries == (first,)


def test_two_who_amend_the_same_are_both_kept_and_shown(ward: Ward) -> None:
    (first,) = record(ward, Answered("systolic", 120)).entries
    amend(ward, first.id, Amended(130, "misread", "looked again"))
    amend(ward, first.id, Amended(125, "misread", "looked at the device"), ward.press(11, by="reed", rights=PHYSICIAN))

    (reading,) = ward.chart().chart.of("systolic")
    assert (reading.value, reading.disputed, len(reading.history)) == (125, True, 3)


def test_a_reading_is_taken_back_by_two(ward: Ward) -> None:
    (first,) = record(ward, Answered("systolic", 120)).entries
    why = TakenBack("did_not_happen", "cuff was not on", RUBEN)
    with pytest.raises(Faulty, match="somebody else"):
        retract(ward, first.id, TakenBack("did_not_happen", "cuff was not on", Person("a_nora", "Nora", "")))
    with pytest.raises(MayNot):
        retract(ward, first.id, why, ward.press(rights=rights_but("retract")))
    (taken,) = retract(ward, first.id, why).entries

    chart = ward.chart()
    assert (values(ward, "systolic"), taken.second, chart.chart.readings[0].is_retracted) == ([], RUBEN, True)
    assert [each.value for each in chart.entries] == [120, None]
    for entry in (first.id, taken.id):
        with pytest.raises(Retracted):
            retract(ward, entry, why)
        with pytest.raises(Retracted):
            amend(ward, entry, Amended(130, "misread", "looked again"))


def test_an_amendment_that_is_taken_back_brings_back_what_it_replaced(ward: Ward) -> None:
    (first,) = record(ward, Answered("systolic", 120)).entries
    (second,) = amend(ward, first.id, Amended(130, "misread", "looked again")).entries
    retract(ward, second.id, TakenBack("other", "was right at first", RUBEN))

    assert values(ward, "systolic") == [120]


def test_the_wrong_patients_entry_is_written_afresh_with_links_both_ways(ward: Ward) -> None:
    (wrong,) = record(ward, Answered("systolic", 120, at(4))).entries
    retract(ward, wrong.id, TakenBack("wrong_patient", "Ben's, not Ana's", RUBEN, ward.other))

    here, there = ward.chart(), ward.chart(ward.other)
    (moved,) = there.entries
    assert (values(ward, "systolic"), values(ward, "systolic", ward.other)) == ([], [120])
    assert (moved.moved_from, moved.kind, moved.observed_at, moved.second) == (wrong.id, "late", at(4), RUBEN)
    assert (here.links, there.links) == ({wrong.id: ward.other}, {moved.id: ward.session})


def test_an_entry_is_not_moved_to_its_own_session_or_to_one_that_is_not_there(ward: Ward) -> None:
    (wrong,) = record(ward, Answered("systolic", 120)).entries
    for session, refused in ((ward.session, Faulty), ("s_nobody", Unknown)):
        with pytest.raises(refused):
            retract(ward, wrong.id, TakenBack("wrong_patient", "not hers", RUBEN, session))
    assert values(ward, "systolic") == [120]


Doing = Callable[[Ward, str], object]


@pytest.mark.parametrize(
    "doing",
    [
        lambda ward, entry: amend(ward, entry, Amended(130, "misread", "looked again")),
        lambda ward, entry: retract(ward, entry, TakenBack("other", "not this one", RUBEN)),
    ],
    ids=["amend", "retract"],
)
def test_another_sessions_entry_is_not_there(ward: Ward, doing: Doing) -> None:
    """The id of another patient's entry in the address of one's own changes nothing anywhere."""
    (foreign,) = record(ward, Answered("systolic", 120), session=ward.other).entries
    with pytest.raises(Unknown):
        doing(ward, foreign.id)
    with pytest.raises(Unknown):
        doing(ward, "e_nobody")
    assert ward.chart().entries == ()
    assert ward.chart(ward.other).entries == (foreign,)


def test_a_day_after_the_release_only_what_is_late_amended_or_taken_back(ward: Ward) -> None:
    (first,) = record(ward, Answered("systolic", 120)).entries
    ward.start()
    ward.release(30)
    closed = 30 + 24 * 60 + 1
    with pytest.raises(NotOpen, match="closed a day after"):
        record(ward, Answered("systolic", 121), press=ward.press(closed))
    late = Answered("systolic", 121, at(20), reason_code="forgotten", reason="found on my note")

    assert record(ward, late, press=ward.press(closed)).entries[0].kind == EntryKind.LATE
    amend(ward, first.id, Amended(122, "misread", "looked again"), ward.press(closed))
    retract(ward, first.id, TakenBack("other", "was not hers", RUBEN), ward.press(closed + 1))
    assert values(ward, "systolic") == [121]


def test_one_who_may_write_nothing_writes_nothing(ward: Ward) -> None:
    for rights in (Rights(), rights_but("write")):
        with pytest.raises(MayNot):
            record(ward, Answered("systolic", 120), press=ward.press(rights=rights))
    assert EVERYTHING.write

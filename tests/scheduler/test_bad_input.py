"""What people may hand us by mistake or on purpose: each is refused in one clear sentence at its file, line and field, and quickly."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from courses.protocols.located.faults import Fault, FaultyDocument
from courses.protocols.located.yaml_text import Data, read_yaml
from scheduler.clinic_file import (
    ClinicFile,
    document_text,
    open_clinic,
    open_plan,
    read_clinic,
    read_disruptions,
    read_plan,
    write_clinic,
)
from tests.clinic_files import DISRUPTIONS, SMALL

TEXT = SMALL.read_text()
FIRST_COURSE = next(number for number, line in enumerate(TEXT.splitlines(), 1) if "id: ana-tms" in line)


def faults_of(read: Callable[[], object]) -> tuple[Fault, ...]:
    with pytest.raises(FaultyDocument) as refusal:
        read()
    return refusal.value.faults


def only_fault(text: str | bytes, file: str = "clinic.yaml") -> Fault:
    (fault,) = faults_of(lambda: read_clinic(text, file))
    return fault


# Old text, new text, field, what the sentence says; the fault is on the line that changed.
FAULTS = {
    "a wrong time zone": (
        "America/New_York",
        "America/New_Yorck",
        "clinic.timezone",
        "'America/New_Yorck' is no time zone; use an IANA name",
    ),
    "a time zone that leads out": ("America/New_York", "../etc/localtime", "clinic.timezone", "is no time zone"),
    "no grid": ("granularity_minutes: 5", "granularity_minutes: 0", "clinic.granularity_minutes", "0 is below"),
    "a day unknown": ("hours: {mon:", "hours: {monday:", "clinic.hours.monday", "did you mean 'mon'?"),
    "hours that end before they begin": (
        'mon: [["07:00", "18:00"]]',
        'mon: [["18:00", "07:00"]]',
        "clinic.hours.mon[0]",
        "not after it begins",
    ),
    "a clock time that is none": (
        'mon: [["07:00", "18:00"]]',
        'mon: [["07:00", "25:00"]]',
        "clinic.hours.mon[0][1]",
        "'25:00' is text; a time of day",
    ),
    "hours in numbers": ('mon: [["07:00", "18:00"]]', 'mon: [[7, "18:00"]]', "clinic.hours.mon[0][0]", 'a time of day such as "09:30"'),
    "a closure on no day": ("{date: 2026-11-26,", "{date: 2026-02-30,", "clinic.closures[0].date", "2026-02-30 is no day of the calendar"),
    "a closure without an end": (", end: 2026-12-24T18:00}", "}", "clinic.closures[2]", "end is missing"),
    "a closure backwards": ("end: 2026-12-24T18:00", "end: 2026-12-24T11:00", "clinic.closures[2].end", "is not after the start"),
    "a closure given twice over": (
        "{date: 2026-12-25,",
        "{date: 2026-12-25, start: 2026-12-25T00:00,",
        "clinic.closures[1].start",
        "keep date, or start and end",
    ),
    "an unknown kind": ("id: tms-1, kind: device", "id: tms-1, kind: devise", "resources[0].kind", "did you mean 'device'?"),
    "no capability": ("kind: device, capabilities: [tms-device]", "kind: device", "resources[0]", "capabilities is missing"),
    "a capability that is a number": ("[tms-device]}", "[1]}", "resources[0].capabilities[0]", "write it in quotes"),
    "a resource twice": ("id: rest-1", "id: tms-1", "resources[1].id", "'tms-1' is the id of resources[0] already"),
    "a course twice": ("id: ana-dbt", "id: ana-tms", "courses[1].id", "is the id of courses[0] already"),
    "a patient unknown": ("patient: cho", "patient: choo", "courses[3].patient", "there is no patient 'choo'; did you mean 'cho'?"),
    "a protocol unknown": ("protocol: tms-standard-36", "protocol: tms-standard", "courses[0].protocol", "did you mean 'tms-standard-36'?"),
    "a booking of nothing": ("resource: chair-1", "resource: chair-9", "bookings[0].resource", "there is no resource 'chair-9'"),
    "a booking backwards": (
        "end: 2026-12-01T10:40",
        "end: 2026-12-01T07:40",
        "bookings[0].end",
        "is not after the start, 2026-12-01T08:00",
    ),
    "a booking at a time that does not exist": (
        "start: 2026-12-01T08:00",
        "start: 2026-03-08T02:30",
        "bookings[0].start",
        "2026-03-08 02:30 does not exist in America/New_York: the clock is put forward over it",
    ),
    "a booking at no time": (
        "start: 2026-12-01T08:00",
        "start: 8 o'clock",
        "bookings[0].start",
        "a time such as 2026-12-01T09:00 is wanted",
    ),
    "a booking at 24:00": ("end: 2026-12-01T10:40", "end: 2026-12-01T24:00", "bookings[0].end", "midnight is 00:00 of the next day"),
    "a booking in the year 1": ("start: 2026-12-01T08:00", "start: 0001-12-01T08:00", "bookings[0].start", "a time such as"),
    "a booking that is to be reseated anywhere": (
        "capability: esketamine-chair, reseat",
        "reseat",
        "bookings[0].reseat",
        "its capability is needed",
    ),
    "a start that is no date": (
        "start_on_or_after: 2026-11-23",
        "start_on_or_after: 23.11.2026",
        "courses[0].start_on_or_after",
        "a date such as",
    ),
    "a start after its deadline": (
        "start_on_or_after: 2026-11-23",
        "start_on_or_after: 2026-11-23, finish_on_or_before: 2026-11-01",
        "courses[0].finish_on_or_before",
        "2026-11-01 is before start_on_or_after, 2026-11-23",
    ),
    "an authorization backwards": (
        "valid_until: 2027-01-15",
        "valid_until: 2026-01-15",
        "courses[0].authorization.valid_until",
        "is before valid_from",
    ),
    "an authorization without a count": ("{sessions: 36, valid", "{valid", "courses[0].authorization", "sessions is missing"),
    "a wish backwards": ('["09:00", "10:00"]', '["10:00", "09:00"]', "courses[0].prefer.window", "before it begins at 10:00"),
    "half a wish": ('["09:00", "10:00"]', '["09:00"]', "courses[0].prefer.window", "a window is two times"),
    "a negative weight": ("priority: 2", "priority: -2", "courses[2].priority", "-2 is below 0"),
    "endless weight": ("priority: 2", "priority: .inf", "courses[2].priority", "a number from 0 is wanted"),
    "the wrong document": ("bookings:", "booking:", "booking", "did you mean 'bookings'?"),
}


@pytest.mark.parametrize(("old", "new", "field", "says"), FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("ending", ["yaml", "json"])
def test_a_fault_is_named_at_its_file_line_and_field(old: str, new: str, field: str, says: str, ending: str) -> None:
    assert old in TEXT
    text = TEXT.replace(old, new, 1)
    line = next(number for number, (a, b) in enumerate(zip(TEXT.splitlines(), text.splitlines(), strict=True), 1) if a != b)
    if ending == "json":
        text = json.dumps(read_yaml(text, ""), indent=1)

    fault = only_fault(text, f"clinic.{ending}")

    assert (fault.file, fault.field) == (f"clinic.{ending}", field)
    assert says in fault.message
    assert fault.line == (line if ending == "yaml" else line_in_json(text, field))


def line_in_json(text: str, field: str) -> int:
    """The line of a field in JSON with one value on each line, found by spoiling the document there."""
    data = inside = json.loads(text)
    steps = [int(step) if step.isdecimal() else step for step in field.replace("]", "").replace("[", ".").split(".")]
    for step in steps[:-1]:
        inside = inside[step]
    is_open = isinstance(inside[steps[-1]], list | dict)
    inside[steps[-1]] = ["here"] if is_open else "here"
    return next(number for number, each in enumerate(json.dumps(data, indent=1).splitlines(), 1) if '"here"' in each) - is_open


def test_a_fault_in_json_is_named_at_its_line() -> None:
    text = '{"clinic": {\n\t"timezone": "UTC",\n\t"hours": {"mon": [["07:00", "a \\"quoted\\" time"]]}},\n "resources": [{},\n {"id": 3}]}'

    faults = faults_of(lambda: read_clinic(text, "clinic.json"))

    assert [(fault.line, fault.column, fault.field) for fault in faults] == [
        (3, 30, "clinic.hours.mon[0][1]"),
        *[(4, 16, "resources[0]")] * 3,
        *[(5, 2, "resources[1]")] * 2,
        (5, 3, "resources[1].id"),
    ]


DOCUMENTS: dict[str, tuple[str | bytes, int, str]] = {
    "nothing": ("", 1, "the file is empty"),
    "only a comment": ("# soon\n", 1, "the file is empty"),
    "a list": ("- 1\n- 2\n", 1, "this is a list; a mapping with clinic, resources"),
    "a word": ("clinic", 1, "'clinic' is text; a mapping"),
    "another file": ("courses: [1]\nobjective: 3\n", 1, "clinic is missing"),
    "a tab": ("clinic:\n\ttimezone: UTC\n", 2, "a tab; YAML is indented with spaces"),
    "a bracket left open": ("clinic: {timezone: UTC\nresources: []\n", 2, "this is no YAML"),
    "a NUL": ("clinic: {timezone: UTC}\nresources: [\0]\n", 2, "U+0000 does not belong"),
    "another encoding": ("clinic: {timezone: UTC,\nname: Müller}".encode("latin-1"), 2, "not UTF-8"),
    "two documents": ("clinic: {timezone: UTC}\n---\nclinic: {timezone: UTC}\n", 2, "a second document begins here"),
    "a key twice": ("clinic: {timezone: UTC}\nresources: []\nresources: []\n", 3, "a second time, first on line 2; keep one"),
    "a cycle": ("clinic: &a\n  hours: {mon: [*a]}\n", 2, "*a stands inside &a itself: a cycle without end"),
    "an alias of nothing": ("clinic: {timezone: *zone}\n", 1, "*zone refers to nothing above it"),
    "a list for a key": ("? [a, b]\n: 1\n", 1, "a key is a word"),
    "a python object": ("clinic: !!python/object/apply:os.system [exit]\n", 1, "is not part of the notation"),
    "a tower of lists": ("clinic: " + "[" * 100_000, 1, "nested more than 40 deep"),
    "a tower of mappings": ("\n".join(" " * n + "a:" for n in range(60)), 41, "nested more than 40 deep"),
}


@pytest.mark.parametrize(("text", "line", "says"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_what_is_no_clinic_file_is_told_so(text: str | bytes, line: int, says: str) -> None:
    fault = faults_of(lambda: read_clinic(text, "clinic.yaml"))[0]

    assert (fault.file, fault.line) == ("clinic.yaml", line)
    assert says in fault.message


JSON_DOCUMENTS: dict[str, tuple[str, int, str]] = {
    "a comma too many": ('{"clinic": {},\n}', 2, "this is no JSON"),
    "yaml": ("clinic: {}\n", 1, "this is no JSON"),
    "a key twice": ('{"clinic": {},\n "a": [{}, {"b": 1, "b": 2}]}', 2, "'b' is here a second time, first on line 2"),
    "no number": ('{"clinic": NaN}', 0, "NaN is no number"),
    "a number of 5000 digits": ('{"clinic": ' + "1" * 5000 + "}", 0, "this is no JSON"),
    "a tower": ("[" * 100_000, 0, "nested too deeply"),
    "half a letter": ('{"clinic": {"timezone": "UTC", "name": "\\ud800"}}', 1, "characters that cannot be shown"),
    "a hidden NUL": ('{"clinic": {"timezone": "UTC", "name": "a\\u0000"}}', 1, "characters that cannot be shown"),
}


@pytest.mark.parametrize(("text", "line", "says"), JSON_DOCUMENTS.values(), ids=JSON_DOCUMENTS)
def test_what_is_no_json_is_told_so(text: str, line: int, says: str) -> None:
    fault = faults_of(lambda: read_clinic(text, "clinic.json"))[0]

    assert fault.line == line
    assert says in fault.message


def bomb() -> str:
    """Nine lists of nine of the list before: 3 billion entries in 400 bytes."""
    names = "abcdefghij"
    lists = [f"{after}: &{after} [{', '.join(f'*{before}' for _ in range(9))}]" for before, after in pairwise(names)]
    return "\n".join(["a: &a [x, x, x, x, x, x, x, x, x]", *lists])


def test_an_alias_bomb_is_told_by_its_line() -> None:
    fault = only_fault(bomb())

    assert (fault.line, fault.field) == (7, "g[8]")
    assert "more than 5000000 entries once its aliases are written out" in fault.message


TEN_MEGABYTES: dict[str, Callable[[], str | bytes]] = {
    "an alias bomb": bomb,
    "one word": lambda: "a" * 10_000_000,
    "lines": lambda: "a: b\n" * 2_000_000,
    "brackets": lambda: "[" * 10_000_000,
    "dashes": lambda: "- " * 5_000_000,
    "entries": lambda: "courses:\n" + "- 1\n" * 2_500_000,
    "spaces": lambda: " " * 10_000_000,
    "quotes": lambda: '"' * 10_000_000,
    "noise": lambda: bytes(range(256)) * 40_000,
    "too much of it": lambda: b"a" * (65 * 2**20),
}


@pytest.mark.parametrize("nonsense", TEN_MEGABYTES.values(), ids=TEN_MEGABYTES)
@pytest.mark.parametrize("ending", ["yaml", "json"])
def test_ten_megabytes_of_nonsense_are_refused_quickly(nonsense: Callable[[], str | bytes], ending: str) -> None:
    content = nonsense()
    began = time.monotonic()

    faults = faults_of(lambda: read_clinic(content, f"clinic.{ending}"))

    assert 1 <= len(faults) <= 200
    assert max(len(str(fault)) for fault in faults) < 400
    assert time.monotonic() - began < 30  # seconds, on a machine that does other things too


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    (fault,) = faults_of(lambda: open_clinic(tmp_path / "nowhere.yaml"))
    (folder,) = faults_of(lambda: open_clinic(tmp_path))

    assert str(fault) == f"{tmp_path}/nowhere.yaml: the file cannot be read: No such file or directory"
    assert "Is a directory" in folder.message


def test_a_midnight_that_does_not_exist_may_begin_a_closure() -> None:
    # In Santiago the clock goes from 23:59 to 01:00 on 6 September 2026.
    text = """
    clinic:
      timezone: America/Santiago
      closures: [{start: 2026-09-06T00:00, end: 2026-09-07T00:00}, {date: 2026-09-06}]
    """

    first, second = read_clinic(text).site.closures

    assert first.interval == second.interval
    assert first.interval.length.total_seconds() == 23 * 3600


def small() -> ClinicFile:
    return read_clinic(TEXT, "small.yaml")


PLAN = """\
courses:
  - id: ana-dbt
    status: planned
    sessions:
      - number: 1
        start: 2026-12-03T15:00-05:00
        end: 2026-12-03T16:45-05:00
        bookings:
          - {requirement: 0, resource: dbt-group-1, start: 2026-12-03T15:00-05:00, end: 2026-12-03T16:45-05:00, load: 1}
"""
PLAN_FAULTS = {
    "an unknown course": ("id: ana-dbt", "id: ana-dbd", 2, "courses[0].id", "did you mean 'ana-dbt'?"),
    "an unknown status": ("status: planned", "status: booked", 3, "courses[0].status", "there is no status 'booked'"),
    "a session too many": ("number: 1", "number: 25", 5, "courses[0].sessions[0].number", "use 1 to 1"),
    "a start off the grid": (
        "start: 2026-12-03T15:00-05:00\n",
        "start: 2026-12-03T15:02-05:00\n",
        6,
        "courses[0].sessions[0].start",
        "off the grid",
    ),
    "a start that does not exist": (
        "start: 2026-12-03T15:00-05:00\n",
        "start: 2026-03-08T02:30\n",
        6,
        "courses[0].sessions[0].start",
        "02:30 does not exist in America/New_York",
    ),
    "an end before the start": (
        "end: 2026-12-03T16:45-05:00\n",
        "end: 2026-12-03T14:45-05:00\n",
        7,
        "courses[0].sessions[0].end",
        "not after",
    ),
    "an unknown requirement": (
        "requirement: 0",
        "requirement: 1",
        9,
        "courses[0].sessions[0].bookings[0].requirement",
        "has 1 requirements",
    ),
    "an unknown resource": ("dbt-group-1", "dbt-group-2", 9, "courses[0].sessions[0].bookings[0].resource", "did you mean 'dbt-group-1'?"),
    "an unknown booking": ("courses:", "reseated: [{booking: 7, resource: chair-2}]\ncourses:", 1, "reseated[0].booking", "counted from 0"),
}


@pytest.mark.parametrize(("old", "new", "line", "field", "says"), PLAN_FAULTS.values(), ids=PLAN_FAULTS)
def test_a_fault_of_a_plan_is_named_at_its_line(old: str, new: str, line: int, field: str, says: str) -> None:
    clinic = read_clinic(TEXT.replace("sessions: 24, per_week: 1", "sessions: 1, per_week: 1"))
    read_plan(PLAN, clinic)
    assert old in PLAN

    (fault,) = faults_of(lambda: read_plan(PLAN.replace(old, new, 1), clinic, "plan.yaml"))

    assert (fault.file, fault.line, fault.field) == ("plan.yaml", line, field)
    assert says in fault.message


def test_history_may_be_off_the_grid() -> None:
    clinic = read_clinic(TEXT.replace("sessions: 24, per_week: 1", "sessions: 1, per_week: 1"))
    text = PLAN.replace("15:00", "15:02").replace("16:45", "16:47")
    disruptions = read_disruptions("now: 2026-12-03T18:00", clinic)

    assert read_plan(text, clinic, now=disruptions.now).courses
    assert len(faults_of(lambda: read_plan(text, clinic))) == 1


def test_a_plan_with_a_session_missing_is_refused() -> None:
    (fault,) = faults_of(lambda: read_plan(PLAN, small(), "plan.yaml"))

    assert (fault.line, fault.field) == (4, "courses[0].sessions")
    assert "has the sessions 1 to 24" in fault.message


@pytest.mark.parametrize(("status", "missing"), [("planned", "sessions"), ("unplaceable", "reason")])
def test_an_answer_without_its_substance_is_refused(status: str, missing: str) -> None:
    (fault,) = faults_of(lambda: read_plan(f"courses: [{{id: ana-dbt, status: {status}}}]", small(), "plan.yaml"))

    assert (fault.line, fault.field, fault.message) == (1, "courses[0]", f"{missing} is missing")


def test_a_plan_of_a_large_clinic_may_cost_millions() -> None:
    assert read_plan("courses: []\nobjective: 98765432.5\n", small()).objective == 98765432.5


def test_a_clinic_file_is_no_plan() -> None:
    faults = faults_of(lambda: open_plan(SMALL, small()))

    assert {(fault.field, fault.message.split(";")[0]) for fault in faults} >= {("clinic", "there is no key 'clinic' here")}


DISRUPTION_FAULTS = {
    "an unknown kind": ("kind: closure", "kind: closur", "disruptions[1].kind", "did you mean 'closure'?"),
    "no kind": ("{kind: closure, ", "{", "disruptions[1]", "kind is missing"),
    "an unknown resource": ("resource: tms-1", "resource: tms-7", "disruptions[0].resource", "did you mean 'tms-1'?"),
    "an unknown patient": ("patient: ben", "patient: bem", "disruptions[2].patient", "did you mean 'ben'?"),
    "an unknown course": ("course: cho-ect", "course: chi-ect", "disruptions[3].course", "did you mean 'cho-ect'?"),
    "a session too many": ("session: 2", "session: 13", "disruptions[3].session", "cho-ect has 12 sessions"),
    "no resource": ("resource: tms-1, ", "", "disruptions[0]", "resource is missing"),
    "another kind's key": ("kind: closure,", "kind: closure, patient: ben,", "disruptions[1].patient", "there is no key 'patient' here"),
    "a now that does not exist": ("now: 2026-12-02T18:00", "now: 2027-03-14T02:10", "now", "does not exist in America/New_York"),
    "a closure backwards": ("end: 2026-12-10T00:00", "end: 2026-12-08T00:00", "disruptions[1].end", "is not after the start"),
}


@pytest.mark.parametrize(("old", "new", "field", "says"), DISRUPTION_FAULTS.values(), ids=DISRUPTION_FAULTS)
def test_a_fault_of_the_disruptions_is_named_at_its_line(old: str, new: str, field: str, says: str) -> None:
    given_text = DISRUPTIONS.read_text()
    text = given_text.replace(old, new, 1)
    line = next(n for n, (a, b) in enumerate(zip(given_text.splitlines(), text.splitlines(), strict=True), 1) if a != b)

    (fault,) = faults_of(lambda: read_disruptions(text, small(), "disruptions.yaml"))

    assert (fault.file, fault.line, fault.field) == ("disruptions.yaml", line, field)
    assert says in fault.message


words = st.sampled_from(
    [
        *"[]{}:,-&*!|>'\"%@`#?~\n\t \0",
        "\ud7ff",
        "é",
        "0",
        "-1",
        "9" * 30,
        "1e9",
        "null",
        "yes",
        "<<: ",
        "*a",
        "&a ",
        "---\n",
        "24:00",
        "2026-13-45",
    ]
)
places = st.integers(0, len(TEXT))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(places, st.integers(0, 30), words), min_size=1, max_size=6))
def test_a_spoiled_text_is_read_or_refused_and_nothing_else(spoils: list[tuple[int, int, str]]) -> None:
    text = TEXT
    for place, length, word in spoils:
        text = text[:place] + word + text[place + length :]

    reads_or_refuses(text, "clinic.yaml")


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "all", "tms-device", "08:00", "2026-12-01", "2026-12-01T09:00", "0001-01-01", "2199-12-31T23:59-14:00", "mon"])
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "name", "start", "sessions", "steps", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)
DATA = json.dumps(read_yaml(TEXT, "small.yaml"))


def entries(data: Data) -> list[tuple[list[Data], int] | tuple[dict[str, Data], str]]:
    """Every place in a document at which a value stands."""
    if isinstance(data, list):
        return [each for index, inner in enumerate(data) for each in ((data, index), *entries(inner))]
    if isinstance(data, dict):
        return [each for key, inner in data.items() for each in ((data, key), *entries(inner))]
    return []


N_ENTRIES = len(entries(json.loads(DATA)))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, N_ENTRIES - 1), values), min_size=1, max_size=3))
def test_a_spoiled_value_is_read_or_refused_and_nothing_else(spoils: list[tuple[int, Data]]) -> None:
    reads_or_refuses(json.dumps(spoiled(DATA, spoils)), "clinic.json")


def spoiled(document: str, spoils: list[tuple[int, Data]]) -> Data:
    """A document with some of its values replaced."""
    data: Data = json.loads(document)
    places_of = entries(data)
    for index, value in spoils:
        inside, key = places_of[index % len(places_of)]
        inside[key] = value  # type: ignore[index]
    return data


BESIDE: dict[str, tuple[str, Callable[[str, ClinicFile], object]]] = {
    "plan": (json.dumps(read_yaml(PLAN, "")), read_plan),
    "disruptions": (json.dumps(read_yaml(DISRUPTIONS.read_text(), "")), read_disruptions),
}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(BESIDE)), st.lists(st.tuples(st.integers(0, 1000), values), min_size=1, max_size=3))
def test_a_spoiled_plan_or_disruption_is_read_or_refused_and_nothing_else(kind: str, spoils: list[tuple[int, Data]]) -> None:
    document, read = BESIDE[kind]
    clinic = read_clinic(TEXT.replace("sessions: 24, per_week: 1", "sessions: 1, per_week: 1"))
    try:
        read(json.dumps(spoiled(document, spoils)), clinic)
    except FaultyDocument as refused:
        found = refused.faults
    else:
        return
    assert found


def reads_or_refuses(text: str, file: str) -> None:
    """What can be read can be written and read again; what cannot is refused with a place."""
    try:
        clinic = read_clinic(text, file)
    except FaultyDocument as refused:
        faults = refused.faults
    else:
        faults = (Fault(file, 0, 0, "", "nothing"),)
        assert read_clinic(document_text(write_clinic(clinic), "again.yaml"), "again.yaml") == clinic
    assert [fault.file for fault in faults if fault.message] == [file] * max(1, len(faults))

"""Calendar files, read back with another library: the same visit, through a change of the clock, a move and a call-off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import vobject
from hypothesis import given, settings
from hypothesis import strategies as st

from rooms.availability.hours import SiteTime
from scheduler.calendars import Entry, Publisher, calendar
from scheduler.reminders.message import forbidden_in
from tests.patient_page.visitor import Told, World

ZONES = ("America/New_York", "America/Phoenix", "Europe/Madrid", "Australia/Lord_Howe")
STARTS = datetime(2026, 1, 1, tzinfo=UTC)
CHANGED = datetime(2026, 1, 1, 12, tzinfo=UTC)
HALF = timedelta(minutes=30)


def publisher(zone: str) -> Publisher:
    return Publisher(SiteTime(zone), "Linden; Clinic, Ltd", "+12125550100", "Appointment")


def read(content: bytes) -> vobject.base.Component:
    vars(vobject.icalendar)["__tzidMap"].clear()  # it would take a zone that it has read before from another file
    return vobject.readOne(content.decode())


@settings(max_examples=20)
@given(st.sampled_from(ZONES), st.lists(st.integers(0, 2 * 365 * 48), min_size=1, max_size=5, unique=True))
def test_what_is_read_back_is_what_was_written(zone: str, halves: list[int]) -> None:
    entries = [Entry(f"s_{n}", STARTS + half * HALF, STARTS + (half + 1) * HALF, n, CHANGED) for n, half in enumerate(sorted(halves))]

    content = calendar(entries, publisher(zone), subscribed=True)
    found = read(content)

    events = found.vevent_list
    assert [each.dtstart.value.astimezone(UTC) for each in events] == [each.starts_at for each in entries]
    assert [each.dtend.value.astimezone(UTC) for each in events] == [each.ends_at for each in entries]
    assert [int(each.sequence.value) for each in events] == [each.sequence for each in entries]
    assert {each.summary.value for each in events} == {"Appointment - Linden; Clinic, Ltd"}
    assert b"TZID=" + zone.encode() in content
    assert found.vtimezone.tzid.value == zone
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert calendar(entries, publisher(zone), subscribed=True) == content


@pytest.mark.parametrize("first", ["2026-03-01", "2026-10-25"])
def test_a_visit_each_day_over_a_change_of_the_clock(first: str) -> None:
    site = SiteTime("America/New_York")
    day = datetime.fromisoformat(f"{first}T09:00")
    starts = [site.instant(day + timedelta(days=n)) for n in range(14)]
    entries = [Entry(f"s_{at}", at, at + HALF, 0, CHANGED) for at in starts]

    events = read(calendar(entries, publisher("America/New_York"), subscribed=True)).vevent_list

    assert [each.dtstart.value.replace(tzinfo=None).hour for each in events] == [9] * 14
    assert [each.dtstart.value.astimezone(UTC) for each in events] == starts
    assert {each.dtstart.value.utcoffset() for each in events} == {timedelta(hours=-4), timedelta(hours=-5)}


def visit_of(world: World, told: Told) -> tuple[str, vobject.base.Component]:
    answer = world.get(told, "/visit.ics")
    assert answer.headers["content-type"].startswith("text/calendar")
    found = read(answer.content)
    return found.method.value, found.vevent


def test_one_visit_through_its_life(anew: World) -> None:
    """The same id, one more for each change, and taken out at the end."""
    told = anew.told(modality="esketamine")

    method, first = visit_of(anew, told)
    assert (method, int(first.sequence.value), first.dtstart.value.astimezone(UTC)) == ("PUBLISH", 0, anew.row(told).starts_at)

    page = anew.get(told, "/change")
    time = page.text.split('name="time" value="')[3].split('"')[0]
    anew.press(told, "move", "/change", time=time, day="17")
    method, moved = visit_of(anew, told)
    assert (method, int(moved.sequence.value), moved.uid.value) == ("PUBLISH", 1, first.uid.value)
    assert moved.dtstart.value.astimezone(UTC).isoformat() == time

    anew.press(told, "cancel", "/change", day="17")
    method, gone = visit_of(anew, told)
    assert (method, int(gone.sequence.value), gone.uid.value, gone.status.value) == ("CANCEL", 2, first.uid.value, "CANCELLED")
    assert gone.dtstart.value.astimezone(UTC).isoformat() == time


def test_a_file_says_nothing_of_what_is_done(world: World) -> None:
    told = world.told(modality="esketamine")

    content = world.get(told, "/visit.ics").text

    assert forbidden_in(content.replace("BEGIN", "").replace("END", "")) == ()
    assert ("VALARM" in content, "Lopez" in content, "Ana" in content, told.session in content, told.key in content) == (False,) * 5


def test_a_calendar_that_looks_now_and_then(anew: World) -> None:
    told = anew.told()
    anew.prove(told)
    carried = anew.forms(anew.get(told))["calendar"] | {"do": "yes"}
    page = anew.browser.post(f"/v/{told.key}/calendar", data=carried)
    address = page.text.split('class="address"><a href="')[1].split('"')[0]
    key = address.removesuffix("/visits.ics").rpartition("/")[2]

    anew.forget()
    events = read(anew.get(key, "/visits.ics").content).vevent_list
    assert [int(each.sequence.value) for each in events] == [0, 0, 0]
    assert anew.get(key).status_code == 404  # it opens the calendar and nothing else
    assert anew.get(told, "/visits.ics").status_code == 404

    anew.press(told, "cancel", "/change", day="17")
    after = read(anew.get(key, "/visits.ics").content).vevent_list
    off = [each for each in after if each.status.value == "CANCELLED"]
    assert [each.uid.value for each in off] == [events[0].uid.value]
    assert len(after) == 4  # and the one that makes up for it

    anew.clinic.create(f"/patients/{told.patient}/links/revoke")
    assert anew.get(key, "/visits.ics").status_code == 404


def test_a_visit_that_lost_its_place_is_taken_out(anew: World) -> None:
    told = anew.told()
    _, before = visit_of(anew, told)
    version = anew.clinic.get(f"/courses/{told.course}").json()["version"]
    assert anew.clinic.change(f"/courses/{told.course}/hold", {"reason": "is away"}, version).status_code == 200

    method, gone = visit_of(anew, told)

    assert (method, gone.uid.value, gone.dtstart.value, int(gone.sequence.value)) == ("CANCEL", before.uid.value, before.dtstart.value, 1)

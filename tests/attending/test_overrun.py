"""A watch that runs over: how long it is made, and what of the visit's bookings lasts longer."""

from datetime import UTC, datetime, timedelta

import pytest

from courses.days.overrun import Watched
from courses.library import protocol_files
from courses.protocols.notation import read_protocol
from courses.protocols.session_template import SessionTemplate
from rooms.availability.interval import Interval
from rooms.bookings.booking import Claim

AT = datetime(2026, 11, 30, 14, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def template(protocol: str, name: str) -> SessionTemplate:
    text = next(file for file in protocol_files() if file.name == f"{protocol}.yaml").read_text("utf-8")
    return read_protocol(text).protocol.templates[name]


VISIT = Watched(template("esketamine-trd", "dose-84"), AT)


def claim(part: int) -> Claim:
    demand = VISIT.template.demands[part]
    return Claim("x", Interval(AT + demand.begin * MINUTE, AT + demand.end * MINUTE), 1, "s_1", part)


@pytest.mark.parametrize(("protocol", "name", "minutes"), [("esketamine-trd", "dose-84", 147), ("ect-index-3-per-week", "treatment", 140)])
def test_the_watch_ends_before_the_step_in_which_the_patient_is_sent_home(protocol: str, name: str, minutes: int) -> None:
    assert Watched(template(protocol, name), AT).watch_ends == minutes


@pytest.mark.parametrize(
    ("release_after", "now_after", "over"),
    [
        (147, 30, 0),
        (159, 30, 12),
        (147, 147, 0),
        (147, 148, 5),
        (147, 152, 5),
        (147, 153, 10),
        (159, 155, 12),
        (None, 140, 0),
        (None, 150, 5),
    ],
)
def test_a_watch_lasts_until_the_release_may_be_and_stays_a_little_ahead_of_the_clock(
    release_after: int | None, now_after: int, over: int
) -> None:
    earliest = None if release_after is None else AT + release_after * MINUTE

    assert VISIT.over(earliest, AT + now_after * MINUTE) == over * MINUTE


def test_a_watch_that_nobody_ends_does_not_last_for_days() -> None:
    assert VISIT.over(None, AT + timedelta(days=3)) == timedelta(hours=8)


def test_seconds_over_are_a_minute_over() -> None:
    assert VISIT.over(AT + 147 * MINUTE + timedelta(seconds=1), AT) == MINUTE


@pytest.mark.parametrize(
    ("part", "begin", "end"),
    [(0, 0, 12), (1, 0, 0), (2, 0, 12), (3, 12, 12), (4, 0, 12)],
    ids=["chair", "dosing", "watch", "home", "prescriber"],
)
def test_what_ends_with_the_watch_lasts_longer_and_what_comes_after_it_is_put_off(part: int, begin: int, end: int) -> None:
    was = claim(part).interval

    longer = VISIT.longer(claim(part), 12 * MINUTE).interval

    assert (longer.starts_at - was.starts_at, longer.ends_at - was.ends_at) == (begin * MINUTE, end * MINUTE)


def test_what_was_made_longer_before_is_not_made_shorter() -> None:
    once = VISIT.longer(claim(0), 12 * MINUTE)

    assert VISIT.longer(once, 5 * MINUTE) == once

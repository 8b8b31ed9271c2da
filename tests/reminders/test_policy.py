"""What is said when: days in the life of messages, by a clock that the test sets, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from courses.patients.contact import Channel, Contact
from scheduler.database import Database
from scheduler.reminding import calling
from tests.reminders.world import DAY, HOUR, World

MINUTE = timedelta(minutes=1)


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


def kinds(world: World, *states: str) -> list[str]:
    return [row.kind for row in world.messages(*states)]


def test_one_visit_is_told_at_booking_three_days_and_one_day_before(world: World) -> None:
    starts = world.local("2026-12-01T10:30")
    world.booked(starts)

    world.run(starts + HOUR)

    assert kinds(world, "sent") == ["booked", "day_before", "three_days"]
    assert world.box.times == [world.now, starts - 3 * DAY, starts - DAY]
    assert world.box.texts[0] == (
        "Linden Clinic: Ana, your visits are booked. The first is Tue, Dec 1, 10:30 AM. Questions? Call +15551234567. "
        "Reply STOP to end texts."
    )
    assert set(world.box.copies().values()) == {1}


def test_a_late_booking_skips_what_is_past_and_tells_how_to_get_ready(world: World) -> None:
    """Peers send the 24-hour and the 1-hour reminder at booking (known failures 4)."""
    starts = world.now + 20 * HOUR + 30 * MINUTE
    world.booked(starts, modality="esketamine")

    world.run(starts + HOUR)

    assert kinds(world, "sent") == ["booked", "prepare"]
    assert kinds(world) == ["booked", "escort", "prepare"]


def test_getting_ready_is_told_the_evening_before_where_it_begins_at_night(world: World) -> None:
    starts = world.local("2026-12-01T07:30")
    world.booked(starts, modality="ect")

    world.run(starts)

    prepared = next(row for row in world.messages("sent") if row.kind == "prepare")
    assert prepared.sent_at == world.local("2026-11-30T18:00")
    assert [row.kind for row in world.messages("expired") if row.channel == "desk"] == ["escort"]


def test_getting_ready_is_told_four_hours_before_or_the_evening_before_an_early_visit(world: World) -> None:
    noon, early = world.local("2026-12-01T13:00"), world.local("2026-12-02T09:00")
    world.booked(noon, modality="esketamine")
    world.booked(early, modality="esketamine")

    world.run(early)

    assert {row.visit_at: row.sent_at for row in world.messages("sent") if row.kind == "prepare"} == {
        noon: noon - 4 * HOUR,
        early: world.local("2026-12-01T18:00"),
    }


def test_a_daily_course_has_one_message_a_week(world: World) -> None:
    """36 visits with 3 texts each are spam; peers send 6 to 10 mails for one recurring event (known failures 4)."""
    days = [world.local(f"2026-11-{day}T09:00") for day in (30,)] + [world.local(f"2026-12-0{day}T09:00") for day in (1, 2, 3, 4, 7, 8, 9)]
    world.booked(*days, modality="tms")

    world.run(days[-1] + HOUR)

    assert kinds(world, "sent") == ["booked", "digest", "digest"]
    assert "your 5 visits from Mon, Nov 30, 9:00 AM: Mon-Fri 9:00 AM" in world.box.texts[1] + world.box.texts[0]


def test_a_move_is_told_once_with_the_new_time_and_the_old_reminders_are_void(world: World) -> None:
    """Peers show the old time after a move, or send nothing after a visit was moved closer (known failures 4)."""
    starts, closer = world.local("2026-12-04T10:30"), world.now + 5 * HOUR
    session = world.booked(starts)
    world.turn()

    world.clock.step(HOUR)
    world.move(session, closer)
    world.run(starts)

    assert kinds(world, "sent") == ["booked", "moved"] or kinds(world, "sent") == ["moved", "booked"]
    assert "Mon, Nov 23, 3:00 PM" in world.box.texts[1]
    assert len(world.box.given) == 2


def test_moved_there_and_back_at_night_is_told_once(world: World) -> None:
    starts = world.local("2026-12-04T10:30")
    session = world.booked(starts)
    world.turn()
    world.clock.set(world.local("2026-11-24T22:00"))

    world.move(session, starts + DAY)
    world.turn()
    world.clock.step(HOUR)
    world.move(session, starts)
    world.run(world.local("2026-11-25T12:00"))

    assert [text for text in world.box.texts if "new time" in text] == [
        "Linden Clinic: Ana, your visit has a new time: Fri, Dec 4, 10:30 AM. Does that not work? Call +15551234567. "
        "Reply STOP to end texts."
    ]
    assert world.box.times[-1] == world.local("2026-11-25T08:00")


def test_a_cancelled_visit_is_told_once_and_never_reminded_of(world: World) -> None:
    """Peers remind of what was cancelled (known failures 4)."""
    starts = world.local("2026-12-01T10:30")
    session = world.booked(starts)
    world.turn()

    world.clock.set(starts - DAY - timedelta(seconds=1))
    world.cancel(session)
    world.run(starts)

    assert [row.kind for row in world.messages("sent") if row.sent_at and row.sent_at > world.now] == ["cancelled"]


def test_cancelled_between_planning_and_sending_is_not_sent(world: World) -> None:
    """The row is there and due, and nobody planned anew: taking it is what decides."""
    starts = world.local("2026-12-01T10:30")
    session = world.booked(starts)
    world.turn()
    world.clock.set(starts - DAY)
    world.turn(carriers=(world.mails,))
    world.cancel(session)
    before = len(world.box.given)

    world.turn(plans=False)

    assert len(world.box.given) == before
    assert [row.state for row in world.messages() if row.kind == "day_before"] == ["voided"]


def test_asked_to_move_and_moved_before_sending_shows_the_new_time(world: World) -> None:
    starts = world.local("2026-12-01T10:30")
    session = world.booked(starts)
    world.turn()
    world.clock.set(starts - DAY)
    world.turn(carriers=(world.mails,))
    world.move(session, starts + 3 * HOUR)

    world.turn(plans=False)
    world.turn()

    assert [text for text in world.box.texts if "10:30" in text] == world.box.texts[:1]
    assert "1:30 PM" in world.box.texts[-1]


def test_several_changes_in_one_go_are_one_message(world: World) -> None:
    """Peers send "denied" and "cancelled" for one refusal (known failures 4)."""
    starts = [world.local(f"2026-12-{day:02d}T10:30") for day in (1, 8, 15)]
    first = world.booked(*starts)
    world.turn()

    world.clock.step(HOUR)
    for n, at in enumerate(starts):
        world.move(first + n, at + DAY)
    world.turn()

    assert [text.partition(".")[0] for text in world.box.texts[1:]] == ["Linden Clinic: Ana, some of your visits have new times"]


def test_nothing_goes_out_at_night_where_the_patient_is(world: World) -> None:
    """A clinic in New York, a patient in Los Angeles: 8:00 there is 11:00 here. Peers text at 3 in the morning (known failures 4)."""
    starts = world.local("2026-12-01T09:00")
    world.booked(starts, contact=Contact(phone="+12125550199", zone="America/Los_Angeles"))

    world.run(starts)

    assert world.box.times == [world.local("2026-11-23T11:00"), world.local("2026-11-28T12:00"), world.local("2026-11-30T11:00")]
    assert "Tue, Dec 1, 9:00 AM EST" in world.box.texts[-1]


def test_never_after_the_visit_began(world: World) -> None:
    """Peers remind days after the visit (known failures 4)."""
    starts = world.local("2026-12-01T10:30")
    world.booked(starts)
    world.turn()
    sent = len(world.box.given)

    world.clock.set(starts + HOUR)
    for _ in range(3):
        world.turn()

    assert len(world.box.given) == sent
    assert world.states()["planned"] == 0


def test_after_36_hours_of_outage_each_is_sent_or_expired_by_rule(world: World) -> None:
    """Peers run twice and send twice, or miss a day and never send (known failures 4)."""
    soon, later = world.local("2026-11-27T09:00"), world.local("2026-11-28T15:00")
    world.booked(soon)
    world.booked(later)
    world.turn()
    sent = len(world.box.given)

    world.clock.set(world.local("2026-11-24T08:30"))
    world.turn(carriers=(world.mails,))
    world.clock.set(world.local("2026-11-25T20:30"))
    for _ in range(3):
        world.turn()
    world.run(later + HOUR)

    after = world.box.given[sent:]
    assert len({parcel.id for _, parcel in after}) == len(after)
    assert {(row.visit_at, row.kind): row.state for row in world.messages() if row.kind != "booked"} == {
        (soon, "three_days"): "expired",
        (soon, "day_before"): "sent",
        (later, "three_days"): "sent",
        (later, "day_before"): "sent",
    }


def test_who_cannot_be_reached_is_called_about(world: World) -> None:
    starts = world.local("2026-12-01T13:30")
    world.booked(starts, phone=None, modality="esketamine")
    world.booked(starts, opted=False)

    world.run(starts - HOUR)

    assert world.box.given == []
    assert sorted((row.kind, row.channel) for row in world.messages("planned", "expired")) == [
        ("day_before", "desk"),
        ("day_before", "desk"),
        ("escort", "desk"),
        ("prepare", "desk"),
    ]


def test_opted_out_gets_nothing_more_and_stays_on_the_call_list(world: World) -> None:
    starts = world.local("2026-12-01T13:30")
    world.booked(starts, modality="ect", contact=Contact(phone="+12125550111"))
    world.turn()

    world.clock.step(DAY)
    world.opt_out("+12125550111")
    world.run(starts)

    assert len(world.box.given) == 1
    assert {row.kind for row in world.messages() if row.channel == "desk"} == {"day_before", "prepare", "escort"}


def test_mails_in_spanish(world: World) -> None:
    starts = world.local("2026-12-01T13:30")
    world.booked(starts, contact=Contact(mail="ana@example.org", channel=Channel.MAIL, language="es"))

    world.run(starts)

    assert world.box.given == []
    assert [parcel.address for _, parcel in world.mails.given] == ["ana@example.org"] * 3
    assert world.mails.given[1][1].subject == "Su cita en 3 dias"
    assert "su cita es mar 1 dic, 13:30" in world.mails.texts[1]


def test_at_most_three_a_day_and_six_a_week(world: World) -> None:
    with world.database.transaction() as db:
        patient = world.patient(db)
        for n in range(12):
            world.course(db, patient, world.now + (9 + n) * DAY)

    world.run(world.now + 4 * DAY)

    days = [world.site.date_of(at) for at in world.box.times]
    assert max(days.count(day) for day in days) == 3
    assert len(days) == 6


def test_a_text_that_is_edited_keeps_what_is_planned(world: World) -> None:
    """Peers cancel the queue when a text is edited, and make none anew (known failures 4)."""
    starts = world.local("2026-12-01T10:30")
    world.booked(starts)
    world.turn()

    new = calling.NewText("en", "day_before", "{label}: come {when}. {stop}")
    with world.database.transaction() as db:
        calling.publish_text(db, "main", new, by="Robin", now=world.clock.now())
    world.run(starts)

    assert world.box.texts[-1] == "Linden Clinic: come Tue, Dec 1, 10:30 AM. Reply STOP to end texts."
    assert len(world.box.given) == 3

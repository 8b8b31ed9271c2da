"""The page of a visit: what a stranger sees, what takes the birth date, and what each button does, once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from markupsafe import escape
from sqlalchemy import update

from courses.patients.contact import Contact
from scheduler.linking.opening import MOST_WRONG
from scheduler.records.messages import MessageReplyRow
from tests.patient_page.visitor import BORN, World

PRIVATE = ("esketamin", "esketamina", "nose", "nariz", "magnetic", "TMS", "eat", "coma", "drive", "maneje", "Lopez", "1980", "Main Street")
"""Words that must not be there before the birth date is typed."""


def test_what_somebody_sees_who_has_the_link(world: World) -> None:
    told = world.told(modality="esketamine")

    page = world.get(told)

    assert page.status_code == 200
    assert [
        word for word in ("Hello Ana", world.when(told), "Linden Clinic", "212-555-0100", "Yes, I will come") if word not in page.text
    ] == []
    assert [word for word in PRIVATE if word.lower() in page.text.lower()] == []


def test_the_page_tells_nobody_where_it_is(world: World) -> None:
    page = world.get(world.told())

    headers = page.headers
    assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert "noindex" in headers["x-robots-tag"]
    assert "script-src" not in headers["content-security-policy"]
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert ("<script" in page.text, "http://" in page.text, "https://" in page.text) == (False, False, False)


def test_the_birth_date_shows_what_is_private(world: World) -> None:
    told = world.told(modality="esketamine")

    page = world.prove(told)

    assert [word for word in ("Esketamine", "Do not eat for 2 hours", "I have a ride home") if word not in page.text] == []
    world.forget()
    assert "Esketamine" not in world.get(told).text  # another browser has to know it too


def test_five_wrong_dates_are_all(world: World) -> None:
    told = world.told(modality="esketamine")
    carried = world.forms(world.get(told))["birth-date"]

    for left in reversed(range(MOST_WRONG)):
        page = world.prove(told, year="1981")
        assert f"Tries left: {left}" in page.text
    answer = world.browser.post(f"/v/{told.key}/birth-date", data=carried | {"do": "yes"} | BORN)  # of a page that was opened before

    assert "chairtime-visit" not in answer.cookies
    assert "Please call us" in world.get(told).text
    assert "birth-date" not in world.forms(world.get(told))
    assert world.done(told).count("wrong_date") == MOST_WRONG


def test_tries_are_counted_by_visit_and_not_by_message(world: World) -> None:
    told = world.told()
    for _ in range(MOST_WRONG):
        world.prove(told, day="18")

    told.key = world.given(told)

    assert "birth-date" not in world.forms(world.get(told))


def test_to_confirm(anew: World) -> None:
    told = anew.told()

    for _ in range(2):
        page = anew.press(told, "confirm") if "confirm" in anew.forms(anew.get(told)) else anew.get(told)

    assert "You said that you will come" in page.text
    assert anew.answers(told) == ["confirmed"]
    assert anew.done(told) == ["given", "confirmed"]


def test_a_form_sent_twice_answers_once(world: World) -> None:
    told = world.told()
    carried = world.forms(world.get(told))["confirm"] | {"do": "yes"}

    for _ in range(3):
        world.browser.post(f"/v/{told.key}/confirm", data=carried)

    assert world.answers(told) == ["confirmed"]


@pytest.mark.parametrize("form", [{}, {"do": ""}, {"do": "yes", "nonce": ""}, {"do": "yes", "nonce": "1.00000000000000000000000000000000"}])
def test_nothing_is_done_without_a_pressed_button_and_a_page(world: World, form: dict[str, str]) -> None:
    told = world.told()
    carried = world.forms(world.get(told))["confirm"]

    for part in ("confirm", "ask", "language", "not-me", "ride", "calendar", "cancel"):
        answer = world.browser.post(f"/v/{told.key}/{part}", data=carried | form | {"day": "17"})
        assert answer.status_code == 303

    assert (world.answers(told), world.done(told)) == ([], ["given"])
    assert world.get(told).status_code == 200


def test_the_nonce_of_a_page_lasts_two_hours_and_is_of_this_visit(world: World) -> None:
    told, other = world.told(), world.told("Bea")
    carried = world.forms(world.get(told))["confirm"] | {"do": "yes"}

    world.browser.post(f"/v/{other.key}/confirm", data=carried)
    world.clock.step(timedelta(hours=2, seconds=1))
    late = world.browser.post(f"/v/{told.key}/confirm", data=carried)

    assert "done=stale" in late.headers["location"]
    assert (world.answers(told), world.answers(other)) == ([], [])


def test_to_call_a_visit_off(anew: World) -> None:
    told = anew.told()
    before = anew.row(told).version

    wrong = anew.press(told, "cancel", "/change", day="16")
    assert ("Tries left: 4" in wrong.text, anew.row(told).status) == (True, "booked")

    page = anew.press(told, "cancel", "/change", day="17")

    assert (anew.row(told).status, anew.answers(told)) == ("cancelled", ["cancelled"])
    assert anew.row(told).version > before
    assert "Your visit is called off" in page.text
    assert {"confirm", "cancel"} & set(anew.forms(page)) == set()
    history = anew.clinic.get(f"/courses/{told.course}/history").text
    assert "the patient, by link" in history


def test_near_the_visit_a_person_calls(anew: World) -> None:
    told = anew.told()
    anew.before(told, timedelta(hours=23, minutes=59))

    page = anew.get(told, "/change")
    assert set(anew.forms(page)) == {"ask"}
    carried = anew.forms(page)["ask"] | {"do": "yes", "day": "17"}
    anew.press(told, "ask", "/change")
    for _ in range(2):
        anew.browser.post(f"/v/{told.key}/cancel", data=carried)

    assert anew.row(told).status == "booked"
    assert anew.answers(told) == ["asked", "cancelled"]
    when = anew.when(told, long=False)
    assert anew.inbox(told) == [
        f"Asks for another time than {when}.",
        f"Cannot come on {when}. The visit is near and still stands: call them.",
    ]
    listed = anew.clinic.get(f"/sites/{anew.clinic.site}/replies").json()["replies"]
    assert [(each["meaning"], each["patient"]) for each in listed] == [("ask", told.patient)] * 2


def test_who_asks_again_after_the_desk_has_dealt_with_it_is_heard_again(world: World) -> None:
    told = world.told()
    for _ in range(2):
        world.press(told, "ask", "/change")
    assert len(world.inbox(told)) == 1
    with world.database.transaction() as db:
        db.execute(update(MessageReplyRow).values(closed_at=world.clock.now(), closed_by="desk"))

    world.clock.step(timedelta(hours=1))
    world.press(told, "ask", "/change")

    assert (len(world.inbox(told)), world.answers(told)) == (1, ["asked", "asked"])


def test_who_comes_after_all_says_so_once_more(world: World) -> None:
    told = world.told()
    world.press(told, "confirm")
    world.press(told, "ask", "/change")
    assert "confirm" in world.forms(world.get(told))

    world.press(told, "confirm")

    assert world.answers(told) == ["confirmed", "asked", "confirmed"]
    assert "confirm" not in world.forms(world.get(told))


def test_to_take_another_time(anew: World) -> None:
    told = anew.told()
    page = anew.get(told, "/change")
    times = [part.split('"')[0] for part in page.text.split('name="time" value="')[1:]]

    assert len(times) == 6
    wrong = anew.press(told, "move", "/change", time=times[1], day="1")
    assert ("Tries left: 4" in wrong.text, anew.row(told).starts_at is not None) == (True, True)
    moved = anew.press(told, "move", "/change", time=times[1], day="17")

    row = anew.row(told)
    assert row.starts_at is not None
    assert row.starts_at.isoformat() == times[1]
    assert "Your visit has a new time" in moved.text
    course = anew.clinic.get(f"/courses/{told.course}").json()
    assert [session["status"] for session in course["sessions"]] == ["booked"] * 3


def test_only_what_is_offered_can_be_taken(world: World) -> None:
    told = world.told()
    starts_at = world.row(told).starts_at
    assert starts_at is not None

    for when in (starts_at.replace(hour=3), starts_at + timedelta(days=365)):
        answer = world.press(told, "move", "/change", time=when.isoformat(), day="17")
        assert "That time is gone" in answer.text
    for nonsense in ("", "tomorrow", "2026-11-30T09:00"):
        world.press(told, "move", "/change", time=nonsense, day="17")

    assert world.row(told).starts_at == starts_at


def test_none_of_them(world: World) -> None:
    told = world.told()

    page = world.press(told, "ask", "/change")

    assert "We will call you soon" in page.text
    assert world.inbox(told) == [f"Asks for another time than {world.when(told, long=False)}."]


def test_promises_take_the_birth_date(world: World) -> None:
    told = world.told(modality="esketamine")
    carried = world.forms(world.get(told))["confirm"] | {"do": "yes"}
    for part in ("ride", "fasting", "calendar"):
        world.browser.post(f"/v/{told.key}/{part}", data=carried)
    assert world.answers(told) == []

    world.prove(told)
    world.press(told, "ride")
    page = world.press(told, "fasting")

    assert world.answers(told) == ["ride", "fasting"]
    assert "You have a ride home" in page.text


def test_what_asks_for_nothing_asks_for_no_promise(world: World) -> None:
    told = world.told(modality="tms")

    forms = world.forms(world.prove(told))

    assert {"ride", "fasting"} & set(forms) == set()


def test_in_spanish(world: World) -> None:
    told = world.told(modality="esketamine", contact=Contact(phone="+12125559001", language="es"))

    page = world.get(told)

    assert [word for word in ('<html lang="es">', "Hola, Ana", "lunes 30 de noviembre, ", "Sí, voy a venir") if word not in page.text] == []
    assert [word for word in PRIVATE if word.lower() in page.text.lower()] == []
    assert "Esketamina" in world.prove(told).text


def test_a_language_is_looked_at_first_and_chosen_then(world: World) -> None:
    told = world.told()

    looked = world.get(told, lang="es")
    assert "Hola, Ana" in looked.text
    assert "Hello Ana" in world.get(told).text
    carried = world.forms(looked)["language"] | {"do": "yes"}
    world.browser.post(f"/v/{told.key}/language", data=carried)

    assert "Hola, Ana" in world.get(told).text  # the link lives on: only the language is another
    assert "language" not in world.forms(world.get(told))


def test_not_me(anew: World) -> None:
    told = anew.told()

    page = anew.press(told, "not-me", "/not-me")

    assert "no more messages to this number" in page.text
    assert anew.get(told).status_code == 404
    contact = anew.clinic.get(f"/patients/{told.patient}/contact").json()
    assert [each["opted"] for each in contact["consents"]] == ["in", "out"]
    assert "somebody else's number" in anew.inbox(told)[0]


def test_after_the_visit(world: World) -> None:
    told = world.told()
    world.before(told, timedelta(minutes=-5))
    assert "See you there" in world.get(told).text
    world.before(told, timedelta(hours=-20))

    page = world.get(told)

    assert "This visit is over" in page.text
    assert set(world.forms(page)) <= {"birth-date", "language"}


def test_nobody_knows_the_birth_date(world: World) -> None:
    told = world.told()
    world.forget_birth(told)

    assert "birth-date" not in world.forms(world.get(told))
    assert set(world.forms(world.get(told, "/change"))) == {"ask"}


def test_what_is_done_by_a_link_is_in_the_trail(world: World) -> None:
    told = world.told()
    world.press(told, "confirm")

    trail = world.clinic.get(f"/sites/{world.clinic.site}/audit-events").json()["events"]

    mine = [each for each in trail if each["action"] == "POST /v/{token}/confirm"]
    assert mine != []
    assert told.patient in str(mine[0])
    assert told.key not in str(trail)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{7*7}}"])
def test_what_was_typed_somewhere_is_text_here(world: World, name: str) -> None:
    told = world.told(name)

    pages = [world.get(told, part, lang=name[:20], done=name[:20]) for part in ("", "/change", "/not-me")]

    for page in pages:
        assert page.status_code == 200
        assert [part for part in ("<script", "<img", "Hello 49") if part in page.text] == []
    assert escape(name) in pages[0].text

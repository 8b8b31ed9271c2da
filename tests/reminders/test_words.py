"""What messages say: one text message each, easy to read, and nothing that a stranger should not know."""

from __future__ import annotations

import pytest

from courses.patients.contact import Channel
from rooms.availability.hours import SiteTime
from scheduler.reminders.kind import FOR_PATIENTS, Kind
from scheduler.reminders.languages import USUAL, language, languages
from scheduler.reminders.message import BadTemplate, check_template, days_text, filled, forbidden_in, length_of, plain, render, when_text
from scheduler.reminders.reading import is_easy
from tests.reminders.world import NOW

EVERY = [(code, kind) for code in languages() for kind in FOR_PATIENTS]
LONGEST = USUAL | {"name": "Maximiliana,", "label": "Linden Street Clinic", "when": "Wed, Dec 23, 10:45 AM PST", "phone": "+15551234567"}


@pytest.mark.parametrize(("code", "kind"), EVERY)
def test_every_text_that_comes_with_the_program(code: str, kind: Kind) -> None:
    spoken = language(code)
    text = spoken.messages[kind]["text"]

    check_template(text, USUAL)
    assert is_easy(text, code)
    assert length_of(render(Channel.SMS, spoken.messages[kind], spoken.tails, LONGEST).text).segments == 1
    mail = render(Channel.MAIL, spoken.messages[kind], spoken.tails, LONGEST)
    assert (forbidden_in(mail.subject + mail.text), "STOP" in mail.text, "{" in mail.text) == ((), False, False)


@pytest.mark.parametrize(("code", "kind"), [each for each in EVERY if "linked" in language(each[0]).messages[each[1]]])
@pytest.mark.parametrize("base", ["https://chairtime.clinic.example", "https://visits.lindenstreet.example"])
def test_every_text_with_a_link(code: str, kind: Kind, base: str) -> None:
    spoken, link = language(code), f"{base}/v/{'aB3' * 7}x"
    text = spoken.messages[kind]["linked"]

    check_template(text, USUAL)
    assert is_easy(text, code)
    for facts in (USUAL, LONGEST):
        sent = render(Channel.SMS, spoken.messages[kind], spoken.tails, facts | {"link": link}).text
        assert (length_of(sent).segments, "STOP" in sent, "{" in sent, forbidden_in(sent.replace(link, ""))) == (1, True, False, ())
        assert link in sent
    assert link in render(Channel.MAIL, spoken.messages[kind], spoken.tails, LONGEST | {"link": link}).text


def test_a_link_that_is_too_long_is_left_out() -> None:
    spoken = language("en")
    without = render(Channel.SMS, spoken.messages[Kind.DAY_BEFORE], spoken.tails, USUAL).text

    sent = render(
        Channel.SMS, spoken.messages[Kind.DAY_BEFORE], spoken.tails, USUAL | {"link": f"https://{'x' * 90}.example/v/{'a' * 22}"}
    ).text

    assert sent == without


@pytest.mark.parametrize("code", languages())
def test_every_answer(code: str) -> None:
    for text in language(code).answers.values():
        assert (forbidden_in(text), is_easy(text, code), length_of(plain(filled(text, LONGEST))).segments) == ((), True, 1)


def test_english_and_spanish_are_whole() -> None:
    assert set(languages()) >= {"en", "es"}
    assert language("es-MX").code == "es"
    assert language("xx").code == "en"


@pytest.mark.parametrize(
    "text",
    [
        "your ketamine visit",
        "TMS today",
        "Psychiatry Center",
        "the ECT list",
        "su tratamiento",
        "Depresión",
        "your infusion",
        "Neuro Clinic",
    ],
)
def test_what_must_not_be_said(text: str) -> None:
    assert forbidden_in(text) != ()
    with pytest.raises(BadTemplate):
        check_template(f"{{label}}: {text} {{when}} {{stop}}", USUAL)


@pytest.mark.parametrize("text", ["Linden Clinic", "we expect you", "the director", "atmosphere", "select an hour", "respect"])
def test_what_may_be_said(text: str) -> None:
    assert forbidden_in(text) == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{label}: {day} {stop}", "no field {day}"),
        ("{label}: see you {when}", "put {stop} at its end"),
        ("{label}: " + "see you soon " * 12 + "{when} {stop}", "160 are the most"),
        ("{label}: le vemos allí {when} {stop}", "'í' makes it three times as long"),
    ],
)
def test_a_text_that_cannot_be(text: str, said: str) -> None:
    with pytest.raises(BadTemplate, match=said):
        check_template(text, USUAL)


def test_lengths_are_those_of_the_gsm_alphabet() -> None:
    assert length_of("a" * 160).segments == 1
    assert length_of("a" * 161).segments == 2
    assert length_of("€" * 80).letters == 160
    assert (length_of("í" * 70).segments, length_of("í" * 71).segments) == (1, 2)
    assert plain("Mañana, aquí – “sí” 🙂") == 'Mañana, aqui - "si" '


def test_a_week_in_a_few_letters() -> None:
    home, words = SiteTime("America/New_York"), language("en").words
    days = [home.day(NOW.date()).midnight.replace(day=day, hour=14) for day in (23, 24, 25, 26, 27)]

    assert days_text(days, home, words) == "Mon-Fri 9:00 AM"
    assert days_text(days[::2], home, words) == "Mon, Wed, Fri 9:00 AM"
    assert days_text([days[0], days[1].replace(hour=15)], home, words) == "Mon 9:00 AM, Tue 10:00 AM"
    assert when_text(NOW, home, language("es").words, home=home) == "lun 23 nov, 10:00"

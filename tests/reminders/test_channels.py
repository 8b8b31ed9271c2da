"""Mail and texts over real connections: what was surely not taken is told apart from what may have been."""

from __future__ import annotations

import time

import pytest

from scheduler.clock import SettableClock
from scheduler.reminders.channels.carrier import Came, Outcome, Parcel
from scheduler.reminders.channels.mail import Mail, Server
from scheduler.reminders.channels.sms import Gateway, Sms, is_signed, signature
from tests.reminders.servers import Mails, Texts, black_hole, closed_port, gateway, mail_server
from tests.reminders.world import NOW

PARCEL = Parcel("m_1", "ana@example.org", "Your visit", "See you.\n.\nBye", "Linden Clinic")
TEXT = Parcel("m_1", "+12125550100", "", "See you & bye", "Linden Clinic")


def mail_to(port: int, timeout: float = 15.0) -> Mail:
    return Mail(Server("127.0.0.1", port, "visits@clinic.example", "none", timeout=timeout), SettableClock(NOW, frozen=True))


def text_to(port: int, timeout: float = 10.0) -> Sms:
    return Sms(Gateway(f"http://127.0.0.1:{port}", "AC1", "token", "+15550001111", "https://c.example/gateway/texts/status", timeout))


def test_a_mail_arrives_whole_and_is_known_again() -> None:
    with mail_server(Mails()) as mails:
        carrier = mail_to(mails.port)
        outcomes = [carrier.send(PARCEL), carrier.send(PARCEL)]
        carrier.close()

    assert [outcome.came for outcome in outcomes] == [Came.ACCEPTED] * 2
    assert mails.talked == 1
    first, second = mails.taken
    assert first["Message-ID"] == second["Message-ID"] == "<m_1@clinic.example>"
    assert first["From"] == "Linden Clinic <visits@clinic.example>"
    assert first["Auto-Submitted"] == "auto-generated"
    assert first.get_payload() == "See you.\r\n.\r\nBye\r\n"


@pytest.mark.parametrize(("said", "came"), [("550 nobody", Came.REFUSED), ("451 later", Came.PASSING)])
def test_an_address_that_is_refused(said: str, came: Came) -> None:
    with mail_server(Mails(rcpt={"ana@example.org": said})) as mails:
        assert mail_to(mails.port).send(PARCEL) == Outcome(came, detail=said[:3])


@pytest.mark.parametrize(("said", "came"), [("554 no", Came.REFUSED), ("452 full", Came.PASSING)])
def test_a_mail_that_is_refused(said: str, came: Came) -> None:
    with mail_server(Mails(after_data=said)) as mails:
        assert mail_to(mails.port).send(PARCEL).came is came
        assert mails.taken == []


def test_a_mail_server_that_hangs_up_having_taken_it_leaves_it_open() -> None:
    with mail_server(Mails(drops=True)) as mails:
        assert mail_to(mails.port).send(PARCEL).came is Came.UNKNOWN
        assert len(mails.taken) == 1


def test_a_mail_server_that_is_down_or_silent_is_known_as_such() -> None:
    outcome = mail_to(closed_port()).send(PARCEL)
    assert (outcome.came, outcome.is_down) == (Came.PASSING, True)

    with black_hole() as port:
        begun = time.monotonic()
        outcome = mail_to(port, timeout=0.3).send(PARCEL)
    assert (outcome.came, outcome.is_down, time.monotonic() - begun < 5) == (Came.PASSING, True, True)


def test_a_header_cannot_be_smuggled_in() -> None:
    with mail_server(Mails()) as mails:
        outcome = mail_to(mails.port).send(Parcel("m_1", "ana@example.org", "Hi\r\nBcc: eve@example.org", "x", "Linden"))

    assert (outcome.came, mails.talked) == (Came.REFUSED, 0)


def test_a_text_is_taken_with_where_to_report() -> None:
    with gateway(Texts()) as texts:
        outcome = text_to(texts.port).send(TEXT)

    assert outcome.came is Came.ACCEPTED
    assert outcome.reference.startswith("SM")
    assert texts.taken == [
        {
            "To": "+12125550100",
            "From": "+15550001111",
            "Body": "See you & bye",
            "StatusCallback": "https://c.example/gateway/texts/status?message=m_1",
        }
    ]


@pytest.mark.parametrize(
    ("status", "body", "headers", "outcome"),
    [
        (429, {"code": 20429}, {"Retry-After": "7"}, Outcome(Came.PASSING, detail="20429", is_down=True, wait=7)),
        (500, {}, {}, Outcome(Came.PASSING, detail="500")),
        (503, {}, {}, Outcome(Came.PASSING, detail="503", is_down=True)),
        (504, {}, {}, Outcome(Came.UNKNOWN, detail="504")),
        (400, {"code": 21211}, {}, Outcome(Came.REFUSED, detail="21211")),
    ],
)
def test_what_the_gateway_says(status: int, body: dict[str, object], headers: dict[str, str], outcome: Outcome) -> None:
    with gateway(Texts(answer=lambda *_: (status, body, headers))) as texts:
        assert text_to(texts.port).send(TEXT) == outcome


def test_a_gateway_that_answers_too_late_leaves_it_open() -> None:
    with gateway(Texts(late=1.0)) as texts:
        assert text_to(texts.port, timeout=0.2).send(TEXT).came is Came.UNKNOWN
        assert len(texts.taken) == 1


def test_a_gateway_that_is_down_took_nothing() -> None:
    outcome = text_to(closed_port()).send(TEXT)
    assert (outcome.came, outcome.is_down) == (Came.PASSING, True)


def test_the_signature_is_the_one_of_the_gateways_manual() -> None:
    """The example of Twilio's documentation on securing requests."""
    fields = {"CallSid": "CA1234567890ABCDE", "Caller": "+14158675310", "Digits": "1234", "From": "+14158675310", "To": "+18005551212"}
    url = "https://example.com/myapp.php?foo=1&bar=2"

    signed = signature("12345", url, fields)

    assert signed == "L/OH5YylLD5NRKLltdqwSvS0BnU="
    assert is_signed("12345", url, fields, signed)
    assert not is_signed("12345", url + "x", fields, signed)
    assert not is_signed("", url, fields, signature("", url, fields))

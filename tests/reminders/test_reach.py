"""Why only a call reaches somebody, and whether their number and their clock fit together."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from courses.patients.area_codes import ZONES, zones_of
from courses.patients.contact import Channel, Consent, Contact, Opted
from scheduler.reminders.reach import disagreeing_zones, reach_of

NOW = datetime(2026, 12, 1, 15, tzinfo=UTC)


def consent(address: str, opted: Opted, channel: Channel = Channel.SMS, minute: int = 0) -> Consent:
    return Consent(channel, address, opted, "said so", "desk", NOW.replace(minute=minute))


def test_codes_are_codes_and_zones_are_zones() -> None:
    for zone, listed in ZONES.items():
        assert ZoneInfo(zone).key == zone
        codes = listed.split()
        assert (len(set(codes)), all(len(code) == 3 and code.isdigit() and code[0] not in "01" for code in codes)) == (len(codes), True)


@pytest.mark.parametrize(
    ("number", "zone", "expected"),
    [
        ("+12125550101", "America/New_York", ()),
        ("+12125550101", "America/Detroit", ()),
        ("+17205550101", "America/New_York", ("America/Denver",)),
        ("+14805550101", "America/Denver", ("America/Phoenix",)),  # the same in winter only
        ("+18505550101", "America/Chicago", ()),  # divided between two zones
        ("+18085550101", "Pacific/Honolulu", ()),
        ("+442071234567", "America/New_York", ()),
    ],
)
def test_an_area_code_only_warns(number: str, zone: str, expected: tuple[str, ...]) -> None:
    assert disagreeing_zones(number, zone, NOW) == expected


def test_most_of_the_country_is_known() -> None:
    assert len({code for listed in ZONES.values() for code in listed.split()}) > 300
    assert zones_of("+18505550101") == ("America/New_York", "America/Chicago")


def test_how_somebody_is_reached() -> None:
    phone, mail = "+12125550101", "ana@example.org"
    both = Contact(phone, mail)
    opted_in, out = consent(phone, Opted.IN), consent(phone, Opted.OUT, minute=1)
    by_mail = consent(mail, Opted.IN, Channel.MAIL)

    assert reach_of(None, []).why == "no number or address is known"
    assert reach_of(Contact(phone, channel=Channel.DESK), [opted_in]).why == "wants to be called"
    assert reach_of(both, []).why == "never said that messages are welcome"
    assert reach_of(both, [opted_in, out]).why == "has opted out"
    assert (reach_of(both, [opted_in]).address, reach_of(both, [out, by_mail]).address) == (phone, mail)

"""`reserve` in a protocol's file: read, written again, and refused where it cannot be."""

import pytest

from courses.protocols.located.faults import FaultyDocument
from courses.protocols.notation import read_protocol, write_protocol
from courses.protocols.protocol import Reserve

PROTOCOL = """\
id: urgent
phases: [{name: all, sessions: 2}]
session_templates: {visit: {steps: [{name: visit, minutes: 30}]}}
session_rules: [{template: visit}]
"""


def test_a_reserve_is_read_and_written_again() -> None:
    document = read_protocol(PROTOCOL + "reserve: {share: 0.1, until_days: 14}\n")

    assert document.protocol.reserve == Reserve(0.1, 14)
    assert read_protocol(write_protocol(document)) == document


def test_without_the_key_nothing_is_reserved() -> None:
    document = read_protocol(PROTOCOL)

    assert document.protocol.reserve is None
    assert "reserve" not in write_protocol(document)


@pytest.mark.parametrize(
    ("reserve", "field", "reason"),
    [
        ("{share: 0, until_days: 14}", "reserve.share", "above 0 and up to 1"),
        ("{share: 10, until_days: 14}", "reserve.share", "use 0 to 1"),
        ("{share: 0.1, until_days: -1}", "reserve.until_days", "below what can be"),
        ("{share: 0.1}", "reserve", "until_days is missing"),
        ("{share: 0.1, until_days: 3, for: all}", "reserve.for", "for"),
        ("0.1", "reserve", "a mapping with share, until_days is wanted"),
    ],
)
def test_what_cannot_be_reserved_is_refused_at_its_line(reserve: str, field: str, reason: str) -> None:
    with pytest.raises(FaultyDocument) as refusal:
        read_protocol(f"{PROTOCOL}reserve: {reserve}\n")

    (fault,) = refusal.value.faults
    assert (fault.field, fault.line) == (field, 5)
    assert reason in fault.message

"""One line of the audit trail: who did what to which record, when, from where, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from scheduler.access.author import Author, AuthorKind
from scheduler.access.canonical import Value

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST_TEXT = 2000
"""How much of a text that came from outside is written down."""


class Outcome(StrEnum):
    """How it ended."""

    DONE = "done"
    DENIED = "denied"
    FAILED = "failed"


class Category(StrEnum):
    """What kind of data it was about."""

    SCHEDULE = "schedule"
    DEMOGRAPHICS = "demographics"
    ORDER = "order"
    VITALS = "vitals"
    CHECKLIST = "checklist"
    MESSAGE = "message"
    PROTECTED = "protected"
    """What 42 CFR Part 2 protects."""
    SETTINGS = "settings"
    """The site, its resources, its protocols."""
    ACCOUNTS = "accounts"
    ACCESS = "access"
    """Signing in and being let in, or not."""
    BREAK_GLASS = "break_glass"
    TRAIL = "trail"
    """The trail itself: begun, checked, reviewed."""


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """Everything that is hashed, but for its place in the chain. `at` counts microseconds since 1970, UTC; `break_glass` is 0 or 1."""

    at: int
    site_id: int | None
    actor_kind: str
    actor_id: str
    roles: tuple[str, ...]
    login: str
    strength: str
    break_glass: int
    source: str
    device: str
    request_id: str
    action: str
    objects: tuple[tuple[str, str], ...]
    patients: tuple[str, ...]
    category: str
    outcome: str
    reason: str
    diff: Mapping[str, Value] | None

    def content(self, seq: int) -> dict[str, Value]:
        """What the hash of the event at a place in the chain is taken of, besides the hash before it."""
        fields: dict[str, Value] = {name: getattr(self, name) for name in self.__slots__}
        return fields | {"seq": seq}


@dataclass(frozen=True, slots=True)
class Told:
    """What happened, apart from who did it."""

    action: str
    category: str
    outcome: str = Outcome.DONE
    objects: Sequence[tuple[str, str]] = ()
    patients: Sequence[str] = ()
    diff: Mapping[str, Value] | None = None
    reason: str = ""


def event_of(author: Author, told: Told, now: datetime) -> AuditEvent:
    """The event that says what somebody did. Raises `ValueError` for a time without a zone, and for somebody without an id."""
    if not author.id and author.kind is not AuthorKind.NOBODY:
        raise ValueError("an event names who did it")
    return AuditEvent(
        at=microseconds(now),
        site_id=author.site_id,
        actor_kind=author.kind.value,
        actor_id=plain(author.id, 200),
        roles=tuple(sorted(role.value for role in author.roles)),
        login=plain(author.login, 40),
        strength=plain(author.strength, 20),
        break_glass=int(author.break_glass),
        source=plain(author.source, 100),
        device=plain(author.device, 200),
        request_id=plain(author.request_id, 100),
        action=plain(told.action, 200),
        objects=tuple(dict.fromkeys((plain(kind, 40), plain(key, 200)) for kind, key in told.objects)),
        patients=tuple(sorted({plain(key, 40) for key in told.patients})),
        category=Category(told.category).value,
        outcome=Outcome(told.outcome).value,
        reason=plain(told.reason),
        diff=told.diff,
    )


def microseconds(at: datetime) -> int:
    """Microseconds since 1970. Raises `ValueError` for a time without a zone."""
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone")
    return (at - EPOCH) // timedelta(microseconds=1)


def instant(microseconds_since: int) -> datetime:
    """The instant, in UTC."""
    return EPOCH + timedelta(microseconds=microseconds_since)


def plain(text: str, longest: int = LONGEST_TEXT) -> str:
    """A text that every database keeps as it is: no zero byte, no half character, not too long."""
    whole = text.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole[:longest]

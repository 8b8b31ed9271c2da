"""The only writer of bookings: takes, moves and frees resources, in the caller's transaction.

Every writer locks the rows of all resources that it touches, in the order of their ids, before it looks: so two never wait for each
other in a circle, and what was seen free still is. The database refuses an overfilled resource by itself as well; such a refusal
comes out as the same `BookingRefused`. Whoever also locks rows of the floors above does so before calling, in one fixed order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import groupby

from sqlalchemy import Update, insert, select, update
from sqlalchemy.exc import IntegrityError

from rooms import faults, queries
from rooms.availability.interval import Interval
from rooms.base import Db, NewId
from rooms.bookings.booking import Booking, BookingStatus, Claim
from rooms.bookings.conflict import BookingRefused, Conflict, Occupancy, conflicts
from rooms.errors import DomainError
from rooms.records import BookingRow, ResourceRow

REFUSALS = ("double_booking", "over_capacity")
"""The database's own words, see `migrations/guards.py`."""


class HoldExpired(DomainError):
    """What was held is free again, for anybody."""

    code = "hold_expired"

    def __init__(self, purposes: Collection[str]) -> None:
        super().__init__("The time that was held has run out and is free for others again; look for a time anew.")
        self.purposes = tuple(purposes)


def reserve(
    db: Db, site_id: int, claims: Sequence[Claim], *, new_id: NewId, now: datetime, hold_until: datetime | None = None
) -> tuple[Booking, ...]:
    """Book all the claims, or none: hold them until `hold_until` where that is given. Raises `BookingRefused` with every conflict."""
    return replace_all(db, site_id, (), claims, new_id=new_id, now=now, hold_until=hold_until)


def replace_all(  # noqa: PLR0913  # two of them are what may not be taken from the machine
    db: Db,
    site_id: int,
    released_purposes: Collection[str],
    claims: Sequence[Claim],
    *,
    new_id: NewId,
    now: datetime,
    hold_until: datetime | None = None,
) -> tuple[Booking, ...]:
    """Give back what is booked for some purposes and book the claims instead. Raises `BookingRefused`; then the old bookings stand."""
    ids = _lock(db, site_id, released_purposes, claims, now)
    _check(db, site_id, ids, released_purposes, claims, now)
    try:
        with db.begin_nested():
            if _release(db, released_purposes, now):
                faults.point("F7")
            return _insert(db, ids, claims, new_id, now, hold_until)
    except IntegrityError as error:
        raise _refused(error, claims) from error


def move(db: Db, site_id: int, purpose: str, claims: Sequence[Claim], *, new_id: NewId, now: datetime) -> tuple[Booking, ...]:
    """Put a purpose's bookings in another place; a hold stays a hold. Raises `BookingRefused`; then the old place stands.

    The new place is taken before the old is freed: each booking changes by one statement. Where that cannot be, because the number
    of bookings differs or one is to go where another of the same purpose still is, all are exchanged at once.
    """
    ids = _lock(db, site_id, (purpose,), claims, now)
    present = queries.bookings_of(db, (purpose,), now=now).get(purpose, ())
    pairs = _pairs(present, claims)
    if pairs is None:
        hold_until = min((each.hold_until for each in present if each.hold_until), default=None)
        return replace_all(db, site_id, (purpose,), claims, new_id=new_id, now=now, hold_until=hold_until)
    _check(db, site_id, ids, (purpose,), claims, now)
    capacities = _capacities(db, ids.values())
    try:
        with db.begin_nested():
            for booking, claim in pairs:
                place = _place(claim, ids[claim.resource], capacities)
                db.execute(update(BookingRow).where(BookingRow.public_id == booking.id).values(created_at=now, **place))
                faults.point("F7")
    except IntegrityError as error:
        raise _refused(error, claims) from error
    return tuple(Booking(booking.id, claim, booking.status, booking.hold_until) for booking, claim in pairs)


def release(db: Db, purposes: Iterable[str], *, now: datetime) -> int:
    """Free what is held or booked for some purposes, at once for anybody. How many bookings were freed."""
    wanted = list(purposes)
    _lock_bookings(db, wanted)
    return _release(db, wanted, now)


def confirm(db: Db, purposes: Collection[str], *, now: datetime) -> None:
    """Turn holds into bookings. Raises `HoldExpired` if one has run out, or nothing is held or booked for one."""
    _lock_bookings(db, purposes)
    standing = queries.bookings_of(db, purposes, now=now)
    ever = queries.bookings_of(db, purposes)
    gone = [purpose for purpose in purposes if purpose not in standing or len(standing[purpose]) != len(ever[purpose])]
    if gone:
        raise HoldExpired(gone)
    booked = update(BookingRow).values(status=BookingStatus.BOOKED, hold_until=None)
    for some in queries.chunks(purposes):
        db.execute(booked.where(BookingRow.purpose.in_(some), BookingRow.status == BookingStatus.HELD))


def sweep_holds(db: Db, *, now: datetime) -> int:
    """Free the holds that have run out. How many."""
    expired = select(BookingRow.resource_id).where(BookingRow.status == BookingStatus.HELD, BookingRow.hold_until <= now)
    ids = list(db.scalars(expired.distinct()))
    if not ids:
        return 0
    queries.lock_resources(db, ids)
    return _release_expired(db, ids, now)


def _lock(db: Db, site_id: int, purposes: Collection[str], claims: Sequence[Claim], now: datetime) -> dict[str, int]:
    """Lock what is to be taken and what is to be freed; row numbers of the former by code. Holds on them that ran out are freed."""
    ids = queries.resource_ids(db, site_id, {claim.resource for claim in claims})
    wanted = set(ids.values()) | _resources_of(db, purposes)
    queries.lock_resources(db, wanted)
    faults.point("F1")
    _release_expired(db, wanted, now)
    return ids


def _lock_bookings(db: Db, purposes: Iterable[str]) -> None:
    queries.lock_resources(db, _resources_of(db, purposes))
    faults.point("F1")


def _resources_of(db: Db, purposes: Iterable[str]) -> set[int]:
    row = BookingRow
    found: set[int] = set()
    for some in queries.chunks(purposes):
        asked = select(row.resource_id).where(row.purpose.in_(some), row.status != BookingStatus.RELEASED)
        found.update(db.scalars(asked))
    return found


def _check(db: Db, site_id: int, ids: dict[str, int], without: Collection[str], claims: Sequence[Claim], now: datetime) -> None:
    """Raise `BookingRefused` unless every claim can be granted. What is read here cannot change before the transaction ends."""
    if not claims:
        return
    whole = Interval(min(claim.interval.starts_at for claim in claims), max(claim.interval.ends_at for claim in claims))
    known = queries.resources(db, site_id, since=whole.starts_at, codes=list(ids))
    codes = {each.id: each.resource.id for each in known}
    holders = queries.holders(db, codes, whole, now=now, without_purposes=frozenset(without))
    occupancy = Occupancy(queries.site(db, site_id).site, [each.resource for each in known], holders)
    if found := conflicts(occupancy, claims):
        raise BookingRefused(found)


def _insert(
    db: Db, ids: dict[str, int], claims: Sequence[Claim], new_id: NewId, now: datetime, hold_until: datetime | None
) -> tuple[Booking, ...]:
    status = BookingStatus.BOOKED if hold_until is None else BookingStatus.HELD
    capacities = _capacities(db, ids.values())
    granted = tuple(Booking(new_id("b_"), claim, status, hold_until) for claim in claims)
    for _, bookings in groupby(granted, key=lambda booking: booking.claim.purpose):
        db.execute(insert(BookingRow), [_columns(booking, ids[booking.claim.resource], capacities, now) for booking in bookings])
        faults.point("F3")
    return granted


def _columns(booking: Booking, resource_id: int, capacities: dict[int, int], now: datetime) -> dict[str, object]:
    return _place(booking.claim, resource_id, capacities) | {
        "public_id": booking.id,
        "status": booking.status,
        "hold_until": booking.hold_until,
        "purpose": booking.claim.purpose,
        "part": booking.claim.part,
        "created_at": now,
        "released_at": None,
    }


def _place(claim: Claim, resource_id: int, capacities: dict[int, int]) -> dict[str, object]:
    return {
        "resource_id": resource_id,
        "starts_at": claim.interval.starts_at,
        "ends_at": claim.interval.ends_at,
        "load": claim.load,
        "exclusive": claim.load > 0 and capacities[resource_id] == 1,
        "capability": claim.capability,
        "reseat": claim.reseat,
    }


def _capacities(db: Db, resource_ids: Iterable[int]) -> dict[int, int]:
    asked = select(ResourceRow.id, ResourceRow.capacity).where(ResourceRow.id.in_(list(resource_ids)))
    return {resource_id: capacity for resource_id, capacity in db.execute(asked)}


def _release(db: Db, purposes: Iterable[str], now: datetime) -> int:
    freed = 0
    for some in queries.chunks(purposes):
        standing = update(BookingRow).where(BookingRow.purpose.in_(some), BookingRow.status != BookingStatus.RELEASED)
        freed += _count(db, standing.values(status=BookingStatus.RELEASED, released_at=now))
    return freed


def _release_expired(db: Db, resource_ids: Collection[int], now: datetime) -> int:
    row = BookingRow
    expired = update(row).where(row.resource_id.in_(resource_ids), row.status == BookingStatus.HELD, row.hold_until <= now)
    freed = _count(db, expired.values(status=BookingStatus.RELEASED, released_at=now))
    faults.point("F11")
    return freed


def _count(db: Db, change: Update) -> int:
    return len(db.scalars(change.returning(BookingRow.id)).all())


def _pairs(present: Sequence[Booking], claims: Sequence[Claim]) -> list[tuple[Booking, Claim]] | None:
    """Which booking becomes which claim, in an order in which none goes where another still is; None where there is none."""
    wanted = sorted(claims, key=lambda claim: (claim.part, claim.resource, claim.interval))
    if [booking.claim.part for booking in present] != [claim.part for claim in wanted]:
        return None
    pairs = list(zip(present, wanted, strict=True))
    later = bool(pairs) and pairs[0][1].interval > pairs[0][0].claim.interval
    pairs.sort(key=lambda pair: pair[1].interval, reverse=later)
    for index, (_, claim) in enumerate(pairs):
        if any(_meet(claim, booking.claim) for booking, _ in pairs[index + 1 :]):
            return None
    return pairs


def _meet(one: Claim, other: Claim) -> bool:
    return one.resource == other.resource and one.interval.overlaps(other.interval)


def _refused(error: IntegrityError, claims: Sequence[Claim]) -> Exception:
    """The database's own refusal in our words; any other fault as it is."""
    word = getattr(getattr(error.orig, "diag", None), "constraint_name", None) or str(error.orig)
    if word not in REFUSALS or not claims:
        return error
    first = claims[0]
    sentence = "One of the resources was taken by somebody else just now; look for a time anew."
    return BookingRefused([Conflict(str(word), first, sentence)])

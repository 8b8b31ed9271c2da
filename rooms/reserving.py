"""The only writer of bookings: takes, moves and frees resources, in the caller's transaction.

Every writer locks the rows of all resources that it touches, in the order of their ids, before it looks: so two never wait for each
other in a circle, and what was seen free still is. The database refuses an overfilled resource by itself as well; such a refusal
comes out as the same `BookingRefused`.

Bookings of others may go to like resources for it (`SeatChange`), at the same time: only those that may still, and are as they were
seen; else nothing changes.

Of a transaction, one call here is enough: a second locks a second time, out of order with the first. Whoever also locks rows of the
floors above (the patient, then the course) does so before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from itertools import groupby

from sqlalchemy import bindparam, insert, literal_column, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from rooms import faults, queries
from rooms.availability.interval import Interval
from rooms.base import Db, NewId
from rooms.bookings.booking import Booking, BookingStatus, Claim, SeatChange
from rooms.bookings.conflict import BookingRefused, Conflict, Holder, Occupancy, conflicts
from rooms.bookings.stretching import Stretched, stretched
from rooms.errors import DomainError
from rooms.queries import KnownResource
from rooms.records import BookingRow

REFUSALS = ("double_booking", "over_capacity")
"""The database's own words, see `migrations/guards.py`."""

RELEASE = (
    update(BookingRow)
    .where(BookingRow.purpose.in_(bindparam("purposes", expanding=True)), BookingRow.status != BookingStatus.RELEASED)
    .values(status=BookingStatus.RELEASED, released_at=bindparam("now"))
    .returning(BookingRow.id)
    .execution_options(synchronize_session=False)
)
# A table of its own in the statement, or SQLite would walk all bookings of the resources for the few that are held.
EXPIRED = aliased(BookingRow)
RELEASE_EXPIRED = (
    update(BookingRow)
    .where(
        BookingRow.id.in_(select(EXPIRED.id).where(EXPIRED.status == literal_column("'held'"), EXPIRED.hold_until <= bindparam("now"))),
        BookingRow.resource_id.in_(bindparam("resources", expanding=True)),
    )
    .values(status=BookingStatus.RELEASED, released_at=bindparam("now"))
    .returning(BookingRow.id)
    .execution_options(synchronize_session=False)
)


class HoldExpired(DomainError):
    """What was held is free again, for anybody."""

    code = "hold_expired"

    def __init__(self, purposes: Collection[str]) -> None:
        super().__init__("The time that was held has run out and is free for others again; look for a time anew.")
        self.purposes = tuple(purposes)


class ChangedMeanwhile(DomainError):
    """The bookings were moved or freed by somebody else in the moment in which they were to be changed."""

    code = "changed_meanwhile"

    def __init__(self) -> None:
        super().__init__("Somebody else has moved or freed this just now; look at it anew and try again.")


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
    making_room: Sequence[SeatChange] = (),
) -> tuple[Booking, ...]:
    """Give back what is booked for some purposes and book the claims instead. Raises `BookingRefused`; then the old bookings stand."""
    locked = _lock(db, site_id, released_purposes, claims, now, making_room)
    _check(db, site_id, locked, released_purposes, claims, now, making_room)
    granted = _granted(claims, new_id, hold_until)
    _exchange(db, locked, released_purposes, granted, now, making_room)
    return granted


def move(  # noqa: PLR0913  # two of them are what may not be taken from the machine
    db: Db,
    site_id: int,
    purpose: str,
    claims: Sequence[Claim],
    *,
    new_id: NewId,
    now: datetime,
    making_room: Sequence[SeatChange] = (),
) -> tuple[Booking, ...]:
    """Put a purpose's bookings in another place; a hold stays a hold. Raises `BookingRefused`; then the old place stands.

    Raises `ChangedMeanwhile` where nothing is booked any more: it was freed, or was a hold that has run out.

    The new place is taken before the old is freed: each booking changes by one statement. Where that cannot be, because the number
    of bookings differs, one is to go where another of the same purpose still is, or others make room, all are exchanged at once.
    """
    locked = _lock(db, site_id, (purpose,), claims, now, making_room)
    present = queries.bookings_of(db, (purpose,), now=now).get(purpose, ())
    if not present:
        raise ChangedMeanwhile
    _check(db, site_id, locked, (purpose,), claims, now, making_room)
    pairs = None if making_room else _pairs(present, claims)
    if pairs is None:
        granted = _granted(claims, new_id, min((each.hold_until for each in present if each.hold_until), default=None))
        _exchange(db, locked, (purpose,), granted, now, making_room)
        return granted
    try:
        with db.begin_nested():
            for booking, claim in pairs:
                place = _place(claim, locked[claim.resource])
                db.execute(update(BookingRow).where(BookingRow.public_id == booking.id).values(created_at=now, **place))
                faults.point("F7")
    except IntegrityError as error:
        raise _refused(error, claims) from error
    return tuple(Booking(booking.id, claim, booking.status, booking.hold_until) for booking, claim in pairs)


def stretch(db: Db, site_id: int, purpose: str, longer: Callable[[Claim], Claim], *, now: datetime) -> tuple[Stretched, ...]:
    """Make a purpose's bookings last longer, each as far as its resource is free; what stands in the way of the rest.

    `longer` gives of a booking what is wished: it ends no earlier, and on the same resource. Raises `ChangedMeanwhile` where nothing is
    booked for the purpose.
    """
    present = queries.bookings_of(db, (purpose,), now=now).get(purpose, ())
    wished = [longer(each.claim) for each in present]
    locked = _lock(db, site_id, (purpose,), wished, now)
    if not present or queries.bookings_of(db, (purpose,), now=now).get(purpose, ()) != present:
        raise ChangedMeanwhile
    whole = Interval(min(each.interval.starts_at for each in wished), max(each.interval.ends_at for each in wished))
    holders = queries.holders(db, {each.id: code for code, each in locked.items()}, whole, now=now, without_purposes=frozenset((purpose,)))
    occupancy = Occupancy(queries.site(db, site_id).site, [each.resource for each in locked.values()], holders)
    found = stretched(occupancy, [(booking.claim, wish) for booking, wish in zip(present, wished, strict=True)])
    _put_off(db, present, found)
    return found


def _put_off(db: Db, present: Sequence[Booking], found: Sequence[Stretched]) -> None:
    """The last first, so that none goes where another of the same purpose still is."""
    changed = [(booking, each.after.interval) for booking, each in zip(present, found, strict=True) if each.after != each.before]
    try:
        with db.begin_nested():
            for booking, interval in sorted(changed, key=lambda each: each[1], reverse=True):
                times = {"starts_at": interval.starts_at, "ends_at": interval.ends_at}
                db.execute(update(BookingRow).where(BookingRow.public_id == booking.id).values(**times))
    except IntegrityError as error:
        raise _refused(error, [each.after for each in found]) from error


def release(db: Db, purposes: Collection[str], *, now: datetime) -> int:
    """Free what is held or booked for some purposes, at once for anybody. How many bookings were freed."""
    _lock_bookings(db, purposes)
    return _release(db, purposes, now)


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
    expired = select(BookingRow.resource_id).where(BookingRow.status == literal_column("'held'"), BookingRow.hold_until <= now)
    ids = set(db.scalars(expired))
    if not ids:
        return 0
    queries.lock_resources(db, ids)
    return _release_expired(db, list(ids), now)


def _lock(
    db: Db, site_id: int, purposes: Collection[str], claims: Sequence[Claim], now: datetime, making_room: Sequence[SeatChange] = ()
) -> dict[str, KnownResource]:
    """Lock what is to be taken and what is to be freed; the former by code. Holds on it that ran out are freed."""
    old = _resources_of(db, purposes)
    since = min((claim.interval.starts_at for claim in claims), default=now)
    others = {code for change in making_room for code in (change.resource, change.booking.claim.resource)}
    known = queries.locked_resources(db, site_id, others | {claim.resource for claim in claims}, old, since=since)
    faults.point("F1")
    _stay_unchanged(db, purposes, old)
    _release_expired(db, [each.id for each in known], now)
    return {each.resource.id: each for each in known}


def _lock_bookings(db: Db, purposes: Collection[str]) -> None:
    old = _resources_of(db, purposes)
    queries.lock_resources(db, old)
    faults.point("F1")
    _stay_unchanged(db, purposes, old)


def _stay_unchanged(db: Db, purposes: Collection[str], locked: set[int]) -> None:
    """Raise `ChangedMeanwhile` if bookings have gone to resources that were not theirs before the lock was had, and so are not locked."""
    if not _resources_of(db, purposes) <= locked:
        raise ChangedMeanwhile


def _resources_of(db: Db, purposes: Iterable[str]) -> set[int]:
    row = BookingRow
    found: set[int] = set()
    for some in queries.chunks(purposes):
        asked = select(row.resource_id).where(row.purpose.in_(some), row.status != BookingStatus.RELEASED)
        found.update(db.scalars(asked))
    return found


def _check(  # noqa: PLR0913, PLR0917  # all of it decides
    db: Db,
    site_id: int,
    locked: dict[str, KnownResource],
    without: Collection[str],
    claims: Sequence[Claim],
    now: datetime,
    making_room: Sequence[SeatChange] = (),
) -> None:
    """Raise `BookingRefused` unless every claim can be granted. What is read here cannot change before the transaction ends."""
    if not claims:
        return
    _stay_movable(db, locked, claims, making_room, now)
    reseated = [change.claim for change in making_room]
    taken = [claim.interval for claim in (*claims, *reseated)]
    whole = Interval(min(each.starts_at for each in taken), max(each.ends_at for each in taken))
    holders = queries.holders(db, {each.id: code for code, each in locked.items()}, whole, now=now, without_purposes=frozenset(without))
    for change in making_room:
        was = change.booking.claim
        holders.remove(Holder(was.resource, was.interval, was.load, was.purpose))
    occupancy = Occupancy(queries.site(db, site_id).site, [each.resource for each in locked.values()], holders)
    if conflicts(occupancy, reseated):
        raise _taken_meanwhile(claims[0])
    if found := conflicts(occupancy, claims):
        raise BookingRefused(found)


def _stay_movable(
    db: Db, locked: dict[str, KnownResource], claims: Sequence[Claim], making_room: Sequence[SeatChange], now: datetime
) -> None:
    """Raise `BookingRefused` unless those who are to make room are as they were seen and still may."""
    if not making_room:
        return
    there = queries.bookings_of(db, dict.fromkeys(change.booking.claim.purpose for change in making_room), now=now)
    for change in making_room:
        units = [locked.get(code) for code in (change.resource, change.booking.claim.resource)]
        may = change.booking.may_be_reseated and all(unit is not None and unit.is_interchangeable for unit in units)
        if not may or change.booking not in there.get(change.booking.claim.purpose, ()):
            raise _taken_meanwhile(claims[0])


def _granted(claims: Sequence[Claim], new_id: NewId, hold_until: datetime | None) -> tuple[Booking, ...]:
    status = BookingStatus.BOOKED if hold_until is None else BookingStatus.HELD
    return tuple(Booking(new_id("b_"), claim, status, hold_until) for claim in claims)


def _exchange(
    db: Db,
    locked: dict[str, KnownResource],
    purposes: Collection[str],
    granted: Sequence[Booking],
    now: datetime,
    making_room: Sequence[SeatChange] = (),
) -> None:
    try:
        with db.begin_nested():
            if _release(db, purposes, now):
                faults.point("F7")
            _reseat(db, locked, making_room, now)
            for _, bookings in groupby(granted, key=lambda booking: booking.claim.purpose):
                db.execute(insert(BookingRow), [_columns(booking, locked[booking.claim.resource], now) for booking in bookings])
                faults.point("F3")
    except IntegrityError as error:
        raise _refused(error, [booking.claim for booking in granted]) from error


def _reseat(db: Db, locked: dict[str, KnownResource], making_room: Sequence[SeatChange], now: datetime) -> None:
    """Give bookings to their other resources: all leave before the first arrives, for two may change places."""
    which = [change.booking.id for change in making_room]
    for some in queries.chunks(which):
        gone = update(BookingRow).where(BookingRow.public_id.in_(some))
        db.execute(gone.values(status=BookingStatus.RELEASED, released_at=now))
    for change in making_room:
        known = locked[change.resource]
        there = {"resource_id": known.id, "exclusive": known.resource.capacity == 1, "status": BookingStatus.BOOKED, "released_at": None}
        db.execute(update(BookingRow).where(BookingRow.public_id == change.booking.id).values(there))


def _columns(booking: Booking, known: KnownResource, now: datetime) -> dict[str, object]:
    return _place(booking.claim, known) | {
        "public_id": booking.id,
        "status": booking.status,
        "hold_until": booking.hold_until,
        "purpose": booking.claim.purpose,
        "part": booking.claim.part,
        "created_at": now,
        "released_at": None,
    }


def _place(claim: Claim, known: KnownResource) -> dict[str, object]:
    return {
        "resource_id": known.id,
        "starts_at": claim.interval.starts_at,
        "ends_at": claim.interval.ends_at,
        "load": claim.load,
        "exclusive": claim.load > 0 and known.resource.capacity == 1,
        "capability": claim.capability,
        "reseat": claim.reseat,
    }


def _release(db: Db, purposes: Iterable[str], now: datetime) -> int:
    freed = 0
    for some in queries.chunks(purposes):
        freed += len(db.execute(RELEASE, {"purposes": some, "now": now}).all())
    return freed


def _release_expired(db: Db, resource_ids: Sequence[int], now: datetime) -> int:
    freed = len(db.execute(RELEASE_EXPIRED, {"resources": resource_ids, "now": now}).all())
    faults.point("F11")
    return freed


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
    return _taken_meanwhile(claims[0], str(word))


def _taken_meanwhile(claim: Claim, code: str = "over_capacity") -> BookingRefused:
    sentence = "One of the resources was taken by somebody else just now; look for a time anew."
    return BookingRefused([Conflict(code, claim, sentence)])

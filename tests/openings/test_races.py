"""Whatever happens at once, a place has one holder, and an offer one outcome."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier

from courses import offering
from courses.openings.offer import Offer, OfferStatus
from courses.openings.wish import When
from courses.queries import openings as looks
from rooms.errors import DomainError
from scheduler import openings
from scheduler.clock import SettableClock
from scheduler.database import Database
from scheduler.verify import verify
from tests.openings.test_offering import EIGHT, TUESDAY, waiting, ward_with_a_full_morning
from tests.openings.ward import HOUR, Ward, starts_of


def at_once(*works: Callable[[], object]) -> list[object]:
    """Do things at the same moment; what each gave, or its refusal."""
    barrier = Barrier(len(works))

    def one(work: Callable[[], object]) -> object:
        barrier.wait()
        try:
            return work()
        except DomainError as refused:
            return refused

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))


def test_two_desks_accept_an_offer_at_once_and_it_is_taken_once(database: Database) -> None:
    ward, first = ward_with_a_full_morning(database)
    bea = waiting(ward, "Bea")
    ward.stop(first)
    ward.look()
    (offer,) = ward.running()

    answers = at_once(*[lambda: ward.accept(offer)] * 4)

    assert all(isinstance(each, Offer) and each.status is OfferStatus.ACCEPTED for each in answers)
    assert starts_of(ward.now_of(bea)) == [EIGHT]
    assert ward.now_of(bea).version == bea.version + 1
    assert verify(database, now=ward.now) == []


def test_accepting_races_with_running_out_and_with_declining(database: Database) -> None:
    ward, first = ward_with_a_full_morning(database)
    bea = waiting(ward, "Bea")
    ward.stop(first)
    ward.look()
    (offer,) = ward.running()
    late = SettableClock(ward.now + HOUR, frozen=True)

    at_once(
        lambda: ward.accept(offer),
        lambda: openings.end_what_is_over(database, late, ward.site_id),
        lambda: ward.decline(offer),
    )

    with database.reading() as db:
        ended = looks.offer(db, offer.id)
    is_there = starts_of(ward.now_of(bea)) == [EIGHT]
    assert is_there == (ended.status is OfferStatus.ACCEPTED)
    assert ended.status is not OfferStatus.OFFERED
    assert verify(database, now=ward.now) == []


def test_several_workers_look_at_once_and_each_place_is_offered_once_in_turn(database: Database) -> None:
    ward, first = ward_with_a_full_morning(database)
    for given in ("Ann", "Bob", "Cy"):
        waiting(ward, given)
    ward.stop(first)

    made = at_once(*[lambda: openings.offer_in_turn(database, ward.clock, ward.site_id, by="desk")[0]] * 4)

    assert (sorted(map(str, made)), ward.names()) == (["0", "0", "0", "1"], ["Ann"])


def test_the_first_in_turn_is_offered_what_is_freed_while_somebody_looks(database: Database) -> None:
    """Between the look that passes over the first and the offer to the second, a place is freed that suits both."""
    ward, first = ward_with_a_full_morning(database)
    for given in ("Ann", "Bob"):
        waiting(ward, given)
    with database.reading() as db:
        seen = offering.stamp(db, ward.site_id, now=ward.now)
        second = looks.open_wishes(db, ward.site_id)[1]
    ward.stop(first)

    offered = database.run(
        lambda db: offering.offer_to(
            db, second.id, ward.doing(), seen=seen, ask=lambda wish, place: openings.asking(db, ward.now, wish, place)
        )
    )

    assert offered is None
    ward.look()
    assert ward.names() == ["Ann"]


def test_a_desk_books_the_place_while_it_is_being_offered(database: Database) -> None:
    ward, first = ward_with_a_full_morning(database)
    waiting(ward, "Bea")
    ward.stop(first)

    at_once(ward.look, lambda: ward.course("Dee", EIGHT.date(), (480, 510)))

    assert verify(database, now=ward.now) == []


class FreeingClock(SettableClock):
    """A clock that does something, once, when it is asked for the time again."""

    def __init__(self, ward: Ward, then: Callable[[], object]) -> None:
        super().__init__(ward.now, frozen=True)
        self.asked, self.then = 0, then

    def now(self) -> datetime:
        self.asked += 1
        if self.asked == 2:
            self.then()
        return super().now()


def test_a_look_begins_with_the_first_again_when_a_place_is_freed_in_its_midst(database: Database) -> None:
    ward, first = ward_with_a_full_morning(database)
    for given in ("Ann", "Bob"):
        waiting(ward, given)
    later = ward.course("Cy", TUESDAY, (840, 960))
    ward.wish(later, When(earliest=TUESDAY, latest=TUESDAY, opens=780, closes=810))
    clock = FreeingClock(ward, lambda: ward.stop(first))

    made, _ = openings.offer_in_turn(database, clock, ward.site_id, by="desk")

    assert (made, ward.names()) == (2, ["Ann", "Cy"])

"""The links themselves: long and random, kept as digests, for one visit and a time, dead when they must be, and answered alike then."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import delete, literal_column, select, text, update
from sqlalchemy import table as table_named
from sqlalchemy.exc import DBAPIError

from courses.patients.contact import Contact
from courses.reaching import record_contact
from courses.records import SessionRow
from rooms.availability.hours import SiteTime
from scheduler.access.link_token import LENGTH, LETTERS, is_good, is_key, nonce
from scheduler.access.misses import ADDRESSES, MOST, Misses
from scheduler.clock import SystemClock
from scheduler.records.audit import AuditEventRow
from scheduler.records.links import LinkEventRow, LinkKeyRow, VisitLinkRow
from tests.api.conftest import NOW
from tests.patient_page.visitor import Told, World

GUESS = "A" * LENGTH
PARTS = ("", "/change", "/confirm", "/cancel", "/move", "/ask", "/not-me", "/language", "/visit.ics", "/visits.ics", "/birth-date")
DRAWN = 100_000
CHI_SQUARE = 110.0
"""Of 61 degrees of freedom: so much is exceeded by chance in one of 10,000 draws."""


def other_phone(world: World, told: Told, phone: str) -> None:
    with world.database.transaction() as db:
        record_contact(db, told.patient, Contact(phone=phone), by="desk", now=world.clock.now())


def test_keys_have_no_structure() -> None:
    """100,000 keys: each letter as often at each place, none twice, none like its neighbor."""
    clock = SystemClock()
    keys = ["".join(clock.chosen(LETTERS, LENGTH)) for _ in range(DRAWN)]

    assert len(set(keys)) == DRAWN
    assert all(is_key(key) for key in keys)
    expected = DRAWN / len(LETTERS)
    for place in range(LENGTH):
        counts = Counter(key[place] for key in keys)
        assert sum((counts[letter] - expected) ** 2 / expected for letter in LETTERS) < CHI_SQUARE, place
    same = sum(a == b for first, second in pairwise(keys) for a, b in zip(first, second, strict=True))
    assert abs(same / (LENGTH * (DRAWN - 1)) - 1 / len(LETTERS)) < 0.001


def test_a_key_is_more_than_128_bits() -> None:
    assert len(LETTERS) ** LENGTH > 2**130


def test_only_the_digest_is_kept(world: World) -> None:
    told = world.told()

    with world.database.reading() as db:
        kept = db.scalars(select(LinkKeyRow)).all()
        everything = str([dict(row) for row in db.execute(text("SELECT * FROM link_key")).mappings()])
    assert hashlib.sha256(told.key.encode()).hexdigest() in {row.digest for row in kept}
    assert told.key not in everything


def test_one_link_for_each_visit_and_address_however_many_messages(world: World) -> None:
    told = world.told()
    first, second = told.key, world.given(told)

    with world.database.reading() as db:
        asked = select(VisitLinkRow).join(SessionRow, SessionRow.id == VisitLinkRow.session_id)
        assert len(db.scalars(asked.where(SessionRow.public_id == told.session)).all()) == 1
    assert first != second
    assert (world.get(first).status_code, world.get(second).status_code) == (200, 200)


def test_a_dead_link_says_the_same_whatever_killed_it(world: World) -> None:
    over, revoked, elsewhere = world.told("Ana"), world.told("Bea"), world.told("Cleo")
    world.clinic.create(f"/patients/{revoked.patient}/links/revoke")
    other_phone(world, elsewhere, "+12125558888")
    alive = world.get(over)

    answers = [world.get(key) for key in (revoked.key, elsewhere.key, GUESS, "x", "é", GUESS + "1")]
    world.before(over, timedelta(days=-3))
    answers.append(world.get(over))

    assert alive.status_code == 200
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert "Este enlace ya no sirve" in answers[0].text
    for told in (over, revoked, elsewhere):
        world.app.state.misses = Misses()
        for part in ("confirm", "cancel", "not-me", "birth-date"):
            posted = world.browser.post(f"/v/{told.key}/{part}", data={"do": "yes", "nonce": "1.2", "day": "17"})
            assert (posted.status_code, posted.text) == (404, answers[0].text)
        for part in ("/change", "/not-me", "/visit.ics", "/visits.ics"):
            assert world.get(told, part).status_code == 404


def test_a_link_ends_a_day_after_its_visit(world: World) -> None:
    told = world.told()
    last = SiteTime("America/New_York").instant(datetime.fromisoformat("2026-12-01T23:59"))
    world.clock.set(last)

    assert world.get(told).status_code == 200
    world.clock.step(timedelta(minutes=1))
    assert world.get(told).status_code == 404


def test_a_number_that_comes_back_brings_no_link_back(world: World) -> None:
    told = world.told(contact=Contact(phone="+12125557777"))

    other_phone(world, told, "+12125558888")
    other_phone(world, told, "+12125557777")

    assert world.get(told).status_code == 404
    told.key = world.given(told)
    assert world.get(told).status_code == 200


def test_revoked_links_come_back_with_the_next_message(world: World) -> None:
    told = world.told()
    answer = world.clinic.create(f"/patients/{told.patient}/links/revoke")
    assert [each["what"] for each in answer.json()["links"][0]["done"]] == ["given", "revoked"]
    assert told.key not in answer.text

    told.key = world.given(told)

    assert world.get(told).status_code == 200


def test_a_visit_that_was_moved_keeps_its_link(world: World) -> None:
    told = world.told()
    with world.database.transaction() as db:
        later = NOW + timedelta(days=60)
        db.execute(
            update(SessionRow).where(SessionRow.public_id == told.session).values(starts_at=later, ends_at=later + timedelta(minutes=30))
        )
    world.clock.set(NOW + timedelta(days=30))

    assert "January 22" in world.get(told).text


def test_to_look_changes_nothing(world: World) -> None:
    told = world.told()

    def everything() -> list[object]:
        with world.database.reading() as db:
            tables = [name for (name,) in db.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))]
            return [db.execute(select(literal_column("*")).select_from(table_named(name))).all() for name in sorted(tables)]

    before = everything()
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"):
        for part in (
            "",
            "/change",
            "/confirm",
            "/cancel",
            "/move",
            "/ask",
            "/not-me",
            "/language",
            "/visit.ics",
            "/visits.ics",
            "/birth-date",
        ):
            world.browser.request(method, f"/v/{told.key}{part}?do=yes&day=17")

    assert everything() == before


def test_what_was_done_by_a_link_stays(anew: World) -> None:
    anew.told()
    for statement in (*(update(row).values(at=NOW) for row in (LinkKeyRow, LinkEventRow)), delete(LinkEventRow)):
        with pytest.raises(DBAPIError), anew.database.transaction() as db:
            db.execute(statement)


def test_a_page_from_a_browser_that_tells_no_origin(world: World) -> None:
    """The page says that its address is told to nobody, so the origin of its forms is not told either."""
    told = world.told()
    carried = world.forms(world.get(told))["confirm"] | {"do": "yes"}

    elsewhere = world.browser.post(f"/v/{told.key}/confirm", data=carried, headers={"Origin": "null", "Sec-Fetch-Site": "cross-site"})
    own = world.browser.post(f"/v/{told.key}/confirm", data=carried, headers={"Origin": "null", "Sec-Fetch-Site": "same-origin"})

    assert (elsewhere.status_code, own.status_code) == (403, 303)
    assert world.browser.post("/sign-in", data={}, headers={"Origin": "null"}).status_code == 403


def test_who_guesses_waits_and_who_has_a_link_does_not(world: World) -> None:
    told = world.told()

    answers = [world.get(GUESS).status_code for _ in range(MOST + 20)]

    assert answers[-1] == 429
    assert world.get(told).status_code == 200
    assert world.press(told, "confirm").status_code == 200


def test_misses_are_forgiven_in_time_and_kept_for_few() -> None:
    misses = Misses()
    assert [misses.is_one_too_many("a", 0.0) for _ in range(MOST + 1)] == [False] * MOST + [True]
    assert misses.is_one_too_many("b", 0.0) is False
    assert misses.is_one_too_many("a", 3.0) is False
    for n in range(ADDRESSES):
        misses.is_one_too_many(f"n{n}", 4.0)
    assert len(misses._left) == ADDRESSES


@pytest.mark.parametrize(
    "given", ["", "1", "1.", ".", "999999999999.00000000000000000000000000000000", "1.0000000000000000000000000000000é"]
)
def test_a_nonce_that_is_none(given: str) -> None:
    assert is_good(given, GUESS, "seen", now=NOW) is False


def test_a_nonce_is_of_a_key_a_page_and_a_time() -> None:
    made = nonce(GUESS, "seen", now=NOW)

    assert is_good(made, GUESS, "seen", now=NOW)
    assert not is_good(made, GUESS[:-1] + "B", "seen", now=NOW)
    assert not is_good(made, GUESS, "another", now=NOW)
    assert not is_good(made, GUESS, "seen", now=NOW + timedelta(hours=2))
    assert not is_good(made, GUESS, "seen", now=NOW - timedelta(seconds=1))


def test_the_staff_stops_the_links_from_the_patients_card_with_a_reason(world: World) -> None:
    told = world.told()
    card = f"/patients/{told.patient}"
    carried = world.forms(world.staff.get(card))["revoke"]
    bare = world.staff.post(f"{card}/links/revoke", data=carried | {"reason": "  "}, follow_redirects=False)
    assert (bare.status_code, world.get(told).status_code) == (422, 200)
    answers = [
        world.staff.post(f"{card}/links/revoke", data=carried | {"reason": "the phone was lost"}, follow_redirects=False) for _ in range(2)
    ]

    assert [answer.headers["location"] for answer in answers] == [f"{card}?done=revoked"] * 2
    assert "No link that was sent so far opens anything" in world.staff.get(answers[0].headers["location"]).text
    assert (world.get(told).status_code, world.done(told)) == (404, ["given", "revoked"])
    with world.database.reading() as db:
        reasons = db.scalars(select(AuditEventRow.reason).where(AuditEventRow.action.endswith("/links/revoke"), AuditEventRow.reason != ""))
        assert reasons.all() == ["the phone was lost"]

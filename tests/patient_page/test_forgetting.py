"""Keys that have long opened nothing are removed, no others, and whoever has one is answered as before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError

from scheduler import auditing
from scheduler.access.token import digest_of
from scheduler.jobs import WORKER, forget_keys
from scheduler.linking.forgetting import KEPT
from scheduler.records.links import LinkEventRow, LinkKeyRow
from tests.patient_page.visitor import Told, World

DAY = timedelta(days=1)


def forget(world: World) -> int:
    return forget_keys(auditing.seen_by(world.database, WORKER, world.clock.now), world.clock)


def is_kept(world: World, told: Told) -> bool:
    with world.database.reading() as db:
        return db.scalar(select(LinkKeyRow.id).where(LinkKeyRow.digest == digest_of(told.key))) is not None


def test_a_key_goes_ninety_days_after_its_visit_and_answers_as_an_expired_one(anew: World) -> None:
    told, revoked = anew.told("Ana"), anew.told("Bea", start="2027-06-01")
    anew.prove(told)
    anew.clinic.create(f"/patients/{revoked.patient}/links/revoke")
    starts_at = anew.before(told, -2 * DAY)
    expired = anew.get(told)
    anew.clock.set(starts_at + KEPT)
    forget(anew)
    assert is_kept(anew, told)
    anew.clock.set(starts_at + KEPT + DAY)

    assert forget(anew) >= 1
    gone = anew.get(told)

    assert (expired.status_code, gone.status_code) == (404, 404)
    assert expired.text == gone.text
    assert [is_kept(anew, each) for each in (told, revoked)] == [False, False]
    with anew.database.reading() as db:
        assert db.scalar(select(func.count()).select_from(LinkKeyRow)) == 0
        assert "given" in db.scalars(select(LinkEventRow.what)).all()
    assert forget(anew) == 0


def test_a_visit_that_was_moved_far_keeps_its_key_and_a_calendar_lives_with_its_course(anew: World) -> None:
    far = anew.told("Ana", start="2027-06-01")
    soon = anew.told("Bea")
    anew.before(soon, -KEPT - 10 * DAY)
    forget(anew)
    assert [is_kept(anew, each) for each in (far, soon)] == [True, False]
    assert anew.get(far).status_code == 200


@pytest.mark.parametrize("wrong", [update(LinkKeyRow).values(kind="proof"), update(LinkEventRow).values(what="x"), delete(LinkEventRow)])
def test_a_key_is_never_changed_and_what_was_done_is_never_removed(anew: World, wrong: object) -> None:
    anew.told("Ana")
    with pytest.raises(DBAPIError, match="links_are_append_only"), anew.database.transaction() as db:
        db.execute(wrong)  # type: ignore[call-overload]  # any statement

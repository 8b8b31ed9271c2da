"""What a sign-in's token is worth, and when it is worth nothing."""

from __future__ import annotations

from sqlalchemy import text

from rooms import queries as rooms_queries
from scheduler import signing_in
from scheduler.access.role import Role
from tests.accounts.staff import Staff


def test_token_gives_the_person_and_their_roles_at_each_site(staff: Staff) -> None:
    nora = staff.add("nora", main={Role.NURSE, Role.ADMIN}, east={Role.NURSE})

    actor = staff.actor(staff.sign_in(nora).token)

    assert actor is not None
    with staff.database.reading() as db:
        main, east = rooms_queries.site(db, "main").id, rooms_queries.site(db, "east").id
    assert actor.roles == {main: {Role.NURSE, Role.ADMIN}, east: {Role.NURSE}}
    assert (actor.account_id, actor.name, actor.locked, actor.broken_glass) == (nora.id, "Nora Moss", False, frozenset())


def test_token_is_kept_as_a_digest_only(staff: Staff) -> None:
    token = staff.sign_in(staff.add("nora", main={Role.NURSE})).token

    with staff.database.reading() as db:
        kept = db.execute(text("SELECT * FROM login")).one()

    assert token not in {str(value) for value in kept}


def test_unknown_token_is_nobody(staff: Staff) -> None:
    staff.sign_in(staff.add("nora", main={Role.NURSE}))

    assert staff.actor("secret-nobody-has") is None
    assert staff.actor("\ud800") is None


def test_sign_in_ends_after_twelve_hours_whatever_is_done(staff: Staff) -> None:
    opened = staff.sign_in(staff.add("nora", main={Role.NURSE}))

    for _ in range(12 * 60 - 1):
        staff.later(minutes=1)
        staff.database.run(lambda db: signing_in.note_action(db, opened.login.id, now=staff.now))
        assert staff.actor(opened.token) is not None
    staff.later(minutes=1)

    assert staff.actor(opened.token) is None


def test_desk_locks_after_15_minutes_and_tablet_after_5(staff: Staff) -> None:
    nora = staff.add("nora", main={Role.NURSE})
    desk, tablet = staff.sign_in(nora), staff.sign_in(nora, device="tablet")

    def locked() -> list[bool]:
        return [actor.locked for actor in (staff.actor(desk.token), staff.actor(tablet.token)) if actor]

    staff.later(minutes=4, seconds=59)
    assert locked() == [False, False]
    staff.later(seconds=1)
    assert locked() == [False, True]
    staff.later(minutes=10)
    assert locked() == [True, True]


def test_looking_does_not_keep_a_sign_in_awake(staff: Staff) -> None:
    opened = staff.sign_in(staff.add("nora", main={Role.NURSE}))

    for _ in range(15 * 60 // 5):
        staff.later(seconds=5)
        actor = staff.actor(opened.token)

    assert actor is not None
    assert actor.locked


def test_action_does_not_wake_what_somebody_locked(staff: Staff) -> None:
    opened = staff.sign_in(staff.add("nora", main={Role.NURSE}))
    staff.database.run(lambda db: signing_in.lock(db, opened.login.id, now=staff.now))

    staff.later(minutes=1)
    staff.database.run(lambda db: signing_in.note_action(db, opened.login.id, now=staff.now))

    actor = staff.actor(opened.token)
    assert actor is not None
    assert actor.locked


def test_unlocking_goes_on_and_counts_as_fresh_proof(staff: Staff) -> None:
    opened = staff.sign_in(staff.add("nora", main={Role.NURSE}))
    staff.database.run(lambda db: signing_in.lock(db, opened.login.id, now=staff.now))

    staff.later(minutes=40)
    staff.database.run(lambda db: signing_in.unlock(db, opened.login.id, now=staff.now))

    actor = staff.actor(opened.token)
    assert actor is not None
    assert not actor.locked
    assert actor.has_fresh_proof(staff.now)
    assert not actor.has_fresh_proof(staff.later(minutes=5, seconds=1).now)


def test_closed_sign_in_is_nobody_and_the_others_live_on(staff: Staff) -> None:
    nora = staff.add("nora", main={Role.NURSE})
    first, second, third = (staff.sign_in(nora) for _ in range(3))

    staff.database.run(lambda db: signing_in.close_login(db, first.login.id, now=staff.now))
    assert [staff.actor(each.token) is None for each in (first, second, third)] == [True, False, False]

    staff.database.run(lambda db: signing_in.close_all(db, nora.id, now=staff.now, but=third.login.id))
    assert [staff.actor(each.token) is None for each in (first, second, third)] == [True, True, False]


def test_roles_are_those_of_this_moment_and_a_disabled_account_is_nobody(staff: Staff) -> None:
    opened = staff.sign_in(staff.add("nora", main={Role.NURSE}))

    with staff.database.transaction() as db:
        db.execute(text("UPDATE membership SET role = 'physician'"))
    actor = staff.actor(opened.token)
    assert actor is not None
    assert list(actor.roles.values()) == [{Role.PHYSICIAN}]

    with staff.database.transaction() as db:
        db.execute(text("UPDATE account SET status = 'disabled'"))
    assert staff.actor(opened.token) is None

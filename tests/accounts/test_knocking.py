"""Getting in: by name, password and code, and not by guessing."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import text

from scheduler import admitting, knocking, proving
from scheduler.access.actor import Strength
from scheduler.access.not_proven import LinkDead, NotProven, TryLater
from scheduler.access.role import Role
from scheduler.knocking import Admitted, CodeOwed
from scheduler.proving import Hasher
from tests.accounts.staff import PASSPHRASE, Staff


def test_name_and_password_let_somebody_in_however_the_name_is_typed(staff: Staff) -> None:
    nora = staff.add("nora", main={Role.NURSE})

    admitted = staff.knock("  NORA ", PASSPHRASE)

    assert isinstance(admitted, Admitted)
    actor = staff.actor(admitted.opened.token)
    assert actor is not None
    assert (actor.account_id, actor.strength) == (nora.id, Strength.PASSWORD)


@pytest.mark.parametrize(
    ("handle", "password"), [("nora", "seven kind herons wadE"), ("nobody", PASSPHRASE), ("gone", PASSPHRASE), ("", "")]
)
def test_every_failure_is_told_with_the_same_words(staff: Staff, handle: str, password: str) -> None:
    staff.add("nora", main={Role.NURSE})
    staff.add("gone", main={Role.NURSE})
    with staff.database.transaction() as db:
        db.execute(text("UPDATE account SET status = 'disabled' WHERE handle = 'gone'"))

    with pytest.raises(NotProven) as refused:
        staff.knock(handle, password)

    assert (
        refused.value.message
        == "The name and the password do not go together, or too many have tried. Check both, and try again in a moment."
    )
    assert staff.means.hasher.looked_at == 1


def test_code_is_owed_after_the_password_and_serves_once(staff: Staff) -> None:
    seed, _ = staff.with_code(staff.add("nora", main={Role.NURSE}))
    staff.later(minutes=1)
    code = pyotp.TOTP(seed).at(staff.now)

    first, second = staff.knock("nora", PASSPHRASE), staff.knock("nora", PASSPHRASE)
    assert isinstance(first, CodeOwed)
    assert isinstance(second, CodeOwed)
    admitted = staff.give_code(first.token, code)

    assert admitted.opened.login.strength is Strength.TWO_FACTORS
    for token in (first.token, second.token):
        with pytest.raises(NotProven):
            staff.give_code(token, code)


def test_code_of_the_half_minute_before_or_after_fits_and_no_other(staff: Staff) -> None:
    seed, _ = staff.with_code(staff.add("nora", main={Role.NURSE}))
    staff.later(minutes=5)

    for off, fits in ((-60, False), (60, False), (-30, True), (30, True)):
        owed = staff.knock("nora", PASSPHRASE)
        assert isinstance(owed, CodeOwed)
        code = pyotp.TOTP(seed).at(staff.now + timedelta(seconds=off))
        if fits:
            staff.give_code(owed.token, code)
        else:
            with pytest.raises(NotProven):
                staff.give_code(owed.token, code)


def test_recovery_code_opens_once_and_the_token_of_the_password_ends_after_five_minutes(staff: Staff) -> None:
    _, recovery = staff.with_code(staff.add("nora", main={Role.NURSE}))
    assert len(set(recovery)) == 10

    owed = staff.knock("nora", PASSPHRASE)
    assert isinstance(owed, CodeOwed)
    staff.give_code(owed.token, recovery[3].upper().replace("-", " "))

    again = staff.knock("nora", PASSPHRASE)
    assert isinstance(again, CodeOwed)
    with pytest.raises(NotProven):
        staff.give_code(again.token, recovery[3])
    staff.later(minutes=5)
    with pytest.raises(NotProven):
        staff.give_code(again.token, recovery[4])


def test_seed_is_kept_sealed_and_recovery_codes_as_digests(staff: Staff) -> None:
    seed, recovery = staff.with_code(staff.add("nora", main={Role.NURSE}))

    with staff.database.reading() as db:
        kept = repr(db.execute(text("SELECT * FROM account")).all()) + repr(db.execute(text("SELECT * FROM recovery_code")).all())

    assert seed not in kept
    assert not any(code in kept or code.replace("-", "") in kept for code in recovery)


@pytest.mark.parametrize("guesses", [1_000, pytest.param(10_000, marks=pytest.mark.soak)])
def test_guesses_of_a_day_get_fifty_looks_while_a_known_device_gets_in(staff: Staff, guesses: int) -> None:
    staff.add("nora", main={Role.NURSE})
    admitted = staff.knock("nora", PASSPHRASE)
    assert isinstance(admitted, Admitted)
    before, waits = staff.means.hasher.looked_at, 0

    for guess in range(guesses):
        staff.later(seconds=80_000 // guesses)
        try:
            staff.knock("nora", f"guess number {guess}", source=f"198.51.{guess % 250}.{guess % 200}")
        except TryLater as refused:
            waits += refused.seconds > 0
        except NotProven:
            pass
        if guess % (guesses // 4) == 0:
            assert isinstance(staff.knock("nora", PASSPHRASE, known=admitted.known), Admitted)

    assert staff.means.hasher.looked_at - before - 4 <= 50
    assert waits >= guesses - 50
    assert isinstance(staff.knock("nora", PASSPHRASE, known=admitted.known), Admitted)
    with pytest.raises(TryLater):
        staff.knock("nora", PASSPHRASE)


def test_guesses_at_names_that_nobody_has_wait_as_those_at_real_ones_do(staff: Staff) -> None:
    staff.add("nora", main={Role.NURSE})

    def waits(handle: str) -> list[int]:
        told = []
        for guess in range(12):
            try:
                staff.knock(handle, f"guess number {guess}")
            except TryLater as refused:
                told.append(refused.seconds)
            except NotProven:
                told.append(0)
        return told

    assert waits("nora") == waits("nobody")
    assert waits("nora")[-1] > 0


def test_one_address_cannot_try_every_name(staff: Staff) -> None:
    refused = 0
    for guess in range(400):
        try:
            staff.knock(f"name{guess}", "one password for all")
        except TryLater:
            refused += 1
        except NotProven:
            pass

    assert staff.means.hasher.looked_at <= 300
    assert refused == 400 - staff.means.hasher.looked_at


def test_known_device_has_a_small_count_of_its_own(staff: Staff) -> None:
    staff.add("nora", main={Role.NURSE})
    admitted = staff.knock("nora", PASSPHRASE)
    assert isinstance(admitted, Admitted)
    before = staff.means.hasher.looked_at

    for guess in range(200):
        with pytest.raises(NotProven):
            staff.later(minutes=6).knock("nora", f"guess number {guess}", known=admitted.known)

    assert staff.means.hasher.looked_at - before == 20
    assert isinstance(staff.knock("nora", PASSPHRASE), Admitted)


def test_device_token_that_somebody_made_up_is_never_known(staff: Staff) -> None:
    staff.add("nora", main={Role.NURSE})

    admitted = staff.knock("nora", PASSPHRASE, known="made-up-by-a-stranger")

    assert isinstance(admitted, Admitted)
    assert admitted.known != "made-up-by-a-stranger"


def test_password_is_kept_anew_when_a_guess_shall_cost_more(staff: Staff) -> None:
    staff.add("nora", main={Role.NURSE})
    staff.means.hasher = Hasher(rounds=2, memory_kib=32)

    staff.knock("nora", PASSPHRASE)

    with staff.database.reading() as db:
        kept = db.execute(text("SELECT password_hash FROM account")).scalar_one()
    assert "t=2" in kept
    assert isinstance(staff.knock("nora", PASSPHRASE), Admitted)


def test_proving_again_unlocks_and_ten_wrong_proofs_end_the_sign_in(staff: Staff) -> None:
    opened = staff.sign_in(staff.add("nora", main={Role.NURSE}))
    staff.later(minutes=20)
    actor = staff.actor(opened.token)
    assert actor is not None
    assert actor.locked

    knocking.prove(staff.database, staff.means, actor, PASSPHRASE, staff.stranger, unlocking=True)
    unlocked = staff.actor(opened.token)
    assert unlocked is not None
    assert not unlocked.locked

    for guess in range(11):
        staff.later(minutes=6)
        with pytest.raises(NotProven):
            knocking.prove(staff.database, staff.means, actor, f"guess {guess}", staff.stranger, unlocking=True)
    assert staff.actor(opened.token) is None


def test_code_proves_again_too(staff: Staff) -> None:
    nora = staff.add("nora", main={Role.NURSE})
    seed, _ = staff.with_code(nora)
    opened = staff.sign_in(nora)
    staff.later(minutes=10)
    actor = staff.actor(opened.token)
    assert actor is not None
    assert not actor.has_fresh_proof(staff.now)

    knocking.prove(staff.database, staff.means, actor, pyotp.TOTP(seed).at(staff.now), staff.stranger, unlocking=False)

    proven = staff.actor(opened.token)
    assert proven is not None
    assert proven.has_fresh_proof(staff.now)


def test_codes_are_guessed_at_twenty_times_a_day_at_most(staff: Staff) -> None:
    staff.with_code(staff.add("nora", main={Role.NURSE}))
    looks = 0
    for guess in range(40):
        owed = staff.later(minutes=6).knock("nora", PASSPHRASE)
        assert isinstance(owed, CodeOwed)
        try:
            staff.give_code(owed.token, f"{guess:06d}")
        except TryLater:
            pass
        except NotProven:
            looks += 1

    assert looks == 20
    assert proving.AT_ONCE == 2


def test_guesses_at_the_same_moment_do_not_pass_each_other(staff: Staff) -> None:
    staff.add("nora", main={Role.NURSE})

    def guess(number: int) -> str:
        try:
            staff.knock("nora", f"guess number {number}")
        except NotProven as refused:
            return refused.code
        return "in"

    with ThreadPoolExecutor(12) as threads:
        told = Counter(threads.map(guess, range(36)))

    assert told == {"not_proven": 5, "try_later": 31}
    assert staff.means.hasher.looked_at == 5


def test_one_code_lets_in_one_of_many_at_the_same_moment(staff: Staff) -> None:
    seed, _ = staff.with_code(staff.add("nora", main={Role.NURSE}))
    staff.later(minutes=1)
    owed = [staff.knock("nora", PASSPHRASE) for _ in range(5)]
    code = pyotp.TOTP(seed).at(staff.now)

    def give(each: Admitted | CodeOwed) -> bool:
        try:
            return isinstance(each, CodeOwed) and bool(staff.give_code(each.token, code))
        except NotProven:
            return False

    with ThreadPoolExecutor(5) as threads:
        assert sum(threads.map(give, owed)) == 1


def test_link_serves_one_of_two_who_follow_it_at_the_same_moment(staff: Staff) -> None:
    nora = staff.add("nora", main={Role.NURSE})
    link = staff.database.run(lambda db: admitting.link_from_the_machine(db, staff.means, "nora", clears_code=False, now=staff.now))
    token = link.address.rpartition("/")[2]

    def follow(words: str) -> bool:
        kept = staff.means.kept(words, alone=True)
        try:
            return bool(staff.database.run(lambda db: admitting.follow_link(db, token, kept, now=staff.now)))
        except LinkDead:
            return False

    with ThreadPoolExecutor(2) as threads:
        assert sum(threads.map(follow, ["nine brave otters dive", "six calm badgers sleep"])) == 1
    assert nora.is_active

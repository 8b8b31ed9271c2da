"""Passkeys: what is kept, whose is taken, and what is refused."""

from __future__ import annotations

import copy
import json
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from rooms.errors import Faulty, Unknown
from scheduler import presenting, queries
from scheduler.access.actor import Actor
from scheduler.access.relying_party import LastWayIn, NoPasskeysHere, RelyingParty, TooManyPasskeys, checked_name, went_back
from scheduler.access.role import Role
from scheduler.clock import SystemClock
from scheduler.database import Database
from scheduler.presenting import PasskeyNotKept, PasskeyRefused, Shown
from scheduler.queries import KnownPasskey
from tests.accounts.soft_key import ORIGIN, PRESENT, SoftKey, decoded, encoded
from tests.accounts.staff import PASSPHRASE, Staff

PARTY = RelyingParty.at(ORIGIN)


@dataclass
class Ring:
    """Somebody with keys; every call is a transaction of its own."""

    staff: Staff
    actor: Actor
    asked: list[str] = field(default_factory=list)

    @property
    def database(self) -> Database:
        return self.staff.database

    def ask_for_new(self) -> str:
        secret = SystemClock().new_secret
        return self.database.run(lambda db: presenting.ask_for_new(db, PARTY, self.actor, now=self.staff.now, new_secret=secret))

    def keep(self, answer: dict[str, object], name: str = "Blue key") -> KnownPasskey | PasskeyNotKept:
        return self.database.run(
            lambda db: presenting.keep(db, PARTY, self.actor, answer, name=name, now=self.staff.now, new_id=self.staff.new_id)
        )

    def add(self, key: SoftKey, name: str = "Blue key") -> KnownPasskey:
        kept = self.keep(key.make(self.ask_for_new()), name)
        assert isinstance(kept, KnownPasskey), kept.reason
        return kept

    def ask(self) -> str:
        return self.database.run(lambda db: presenting.ask(db, PARTY, now=self.staff.now, new_secret=SystemClock().new_secret))

    def show(self, answer: dict[str, object]) -> Shown | PasskeyRefused:
        return self.database.run(lambda db: presenting.shown(db, PARTY, answer, now=self.staff.now))

    def refused(self, answer: dict[str, object]) -> str:
        """Why it was refused."""
        found = self.show(answer)
        assert isinstance(found, PasskeyRefused)
        return found.reason

    def names(self) -> list[str]:
        with self.database.reading() as db:
            return [passkey.name for passkey in queries.passkeys(db, self.actor.account_id)]


def ring(staff: Staff, handle: str, password: str | None = PASSPHRASE) -> Ring:
    account = staff.add(handle, password=password, main={Role.NURSE})
    actor = staff.actor(staff.sign_in(account).token)
    assert actor is not None
    return Ring(staff, actor)


@pytest.fixture
def nora(staff: Staff) -> Ring:
    return ring(staff, "nora")


def test_passkey_says_whose_it_is(nora: Ring) -> None:
    key = SoftKey()
    nora.add(key)
    nora.staff.later(days=3)

    found = nora.show(key.show(nora.ask()))

    assert isinstance(found, Shown)
    assert (found.account.handle, found.passkey.name) == ("nora", "Blue key")
    with nora.database.reading() as db:
        [kept] = queries.passkeys(db, nora.actor.account_id)
    assert (kept.sign_count, kept.last_used_at) == (1, nora.staff.now)


def test_browser_is_asked_for_a_passkey_that_needs_no_name_and_verifies_its_owner(nora: Ring) -> None:
    nora.add(key := SoftKey())

    new, any_one = json.loads(nora.ask_for_new()), json.loads(nora.ask())

    chosen = new["authenticatorSelection"]
    assert (chosen["residentKey"], chosen["userVerification"]) == ("required", "required")
    assert (new["rp"], new["attestation"]) == ({"name": "Chairtime", "id": "clinic.example"}, "none")
    assert [each["id"] for each in new["excludeCredentials"]] == [encoded(key.credential)]
    assert (any_one["rpId"], any_one["userVerification"], any_one.get("allowCredentials", [])) == ("clinic.example", "required", [])


def test_challenges_are_kept_as_digests(nora: Ring) -> None:
    challenge = json.loads(nora.ask())["challenge"]

    with nora.database.reading() as db:
        kept = [str(value) for row in db.execute(text("SELECT * FROM challenge")) for value in row]

    assert kept
    assert not [value for value in kept if challenge in value or decoded(challenge).decode() in value]


def test_answer_serves_once(nora: Ring) -> None:
    key = SoftKey()
    nora.add(key)
    answer = key.show(nora.ask())

    assert isinstance(nora.show(answer), Shown)
    assert nora.refused(answer) == "the challenge is unknown, used or too old"


def test_failed_answer_uses_the_challenge_up(nora: Ring) -> None:
    key = SoftKey()
    nora.add(key)
    asked = nora.ask()

    assert nora.refused(SoftKey().show(asked)) == "nobody here has it"
    assert nora.refused(key.show(asked)) == "the challenge is unknown, used or too old"


def test_answer_is_too_late_after_five_minutes(nora: Ring) -> None:
    key = SoftKey()
    nora.add(key)
    answer = key.show(nora.ask())

    nora.staff.later(minutes=5)

    assert nora.refused(answer) == "the challenge is unknown, used or too old"


def test_challenges_that_nobody_answered_are_forgotten(nora: Ring) -> None:
    for _ in range(5):
        nora.ask()
    nora.staff.later(minutes=5)
    nora.ask()

    with nora.database.reading() as db:
        assert db.execute(text("SELECT count(*) FROM challenge")).scalar() == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"origin": "https://clinic.example.evil.example"}, "Unexpected client data origin"),
        ({"origin": "http://clinic.example"}, "Unexpected client data origin"),
        ({"flags": PRESENT}, "User verification is required"),
        ({"private": SoftKey().private}, "Could not verify authentication signature"),
        ({"user": b"a_somebody_else"}, "it names another account"),
        ({"user": b""}, "it names another account"),
    ],
    ids=["another site", "unsafe line", "owner not verified", "another key", "another account", "no account"],
)
def test_what_is_not_right_opens_nothing(nora: Ring, change: dict[str, object], reason: str) -> None:
    key = SoftKey()
    nora.add(key)
    for name, value in change.items():
        setattr(key, name, value)

    assert nora.refused(key.show(nora.ask())).startswith(reason)


def test_answer_to_another_question_opens_nothing(nora: Ring) -> None:
    key = SoftKey()
    nora.add(key)
    asked = json.loads(nora.ask_for_new())

    answer = key.show(json.dumps({"challenge": asked["challenge"], "rpId": PARTY.id}))

    assert nora.refused(answer) == "the challenge is unknown, used or too old"


def test_key_whose_count_goes_back_is_refused(nora: Ring) -> None:
    key = SoftKey(count=6)
    nora.add(key)
    copied = replace(key)
    assert isinstance(nora.show(key.show(nora.ask())), Shown)

    assert nora.refused(copied.show(nora.ask())) == "its count of uses went from 7 to 7: there may be a copy of the key"
    assert isinstance(nora.show(key.show(nora.ask())), Shown)


def test_key_that_does_not_count_is_taken(nora: Ring) -> None:
    key = SoftKey(step=0)
    nora.add(key)

    assert isinstance(nora.show(key.show(nora.ask())), Shown)
    assert isinstance(nora.show(key.show(nora.ask())), Shown)


def test_disabled_account_does_not_get_in(nora: Ring) -> None:
    key = SoftKey()
    nora.add(key)
    with nora.database.transaction() as db:
        db.execute(text("UPDATE account SET status = 'disabled'"))

    found = nora.show(key.show(nora.ask()))

    assert isinstance(found, PasskeyRefused)
    assert (found.reason, found.account and found.account.handle) == ("the account is not in use", "nora")
    assert found.message == PasskeyRefused("anything else").message


def test_new_passkey_goes_to_whoever_asked_for_it(nora: Ring) -> None:
    olga = ring(nora.staff, "olga")
    answer = SoftKey().make(nora.ask_for_new())

    stolen = olga.keep(answer)

    assert isinstance(stolen, PasskeyNotKept)
    assert (nora.names(), olga.names()) == ([], [])


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (SoftKey(origin="https://evil.example"), "Unexpected client data origin"),
        (SoftKey(flags=PRESENT), "User verification is required"),
        (SoftKey(count=2**31), "its count of uses is too high"),
    ],
    ids=["another site", "owner not verified", "count too high"],
)
def test_what_is_not_right_is_not_kept(nora: Ring, key: SoftKey, reason: str) -> None:
    kept = nora.keep(key.make(nora.ask_for_new()))

    assert isinstance(kept, PasskeyNotKept)
    assert kept.reason.startswith(reason)
    assert nora.names() == []


def test_passkey_is_kept_once(nora: Ring) -> None:
    key = SoftKey()
    nora.add(key)
    olga = ring(nora.staff, "olga")

    again = olga.keep(key.make(olga.ask_for_new()))

    assert isinstance(again, PasskeyNotKept)
    assert again.reason == "it is kept already"


def test_passkeys_are_named_and_removed(nora: Ring) -> None:
    _, second = nora.add(SoftKey()), nora.add(SoftKey(), "Phone")
    account = nora.actor.account_id

    nora.database.run(lambda db: presenting.rename(db, account, second.public_id, "  Key on  my ring "))
    assert nora.names() == ["Blue key", "Key on my ring"]
    nora.database.run(lambda db: presenting.remove(db, account, second.public_id, service_is_set=False))
    assert nora.names() == ["Blue key"]


def test_removed_passkey_opens_nothing(nora: Ring) -> None:
    key = SoftKey()
    kept = nora.add(key)
    nora.database.run(lambda db: presenting.remove(db, nora.actor.account_id, kept.public_id, service_is_set=False))

    assert nora.refused(key.show(nora.ask())) == "nobody here has it"


def test_nobody_touches_anothers_passkey(nora: Ring) -> None:
    kept, olga = nora.add(SoftKey()), ring(nora.staff, "olga")
    olga.add(SoftKey(), "Mine")
    account = olga.actor.account_id

    with pytest.raises(Unknown):
        nora.database.run(lambda db: presenting.rename(db, account, kept.public_id, "Mine too"))
    with pytest.raises(Unknown):
        nora.database.run(lambda db: presenting.remove(db, account, kept.public_id, service_is_set=True))
    assert (nora.names(), olga.names()) == (["Blue key"], ["Mine"])


@pytest.mark.parametrize(("password", "subject", "service_is_set", "may"), [
    (None, None, True, False),
    (None, "https://id.example 7", False, False),
    (None, "https://id.example 7", True, True),
    (PASSPHRASE, None, False, True),
])  # fmt: skip
def test_last_way_in_is_not_removed(staff: Staff, password: str | None, subject: str | None, service_is_set: bool, may: bool) -> None:
    pia = ring(staff, "pia", password)
    kept = pia.add(SoftKey())
    with pia.database.transaction() as db:
        db.execute(text("UPDATE account SET subject = :subject"), {"subject": subject})

    def remove() -> None:
        pia.database.run(lambda db: presenting.remove(db, pia.actor.account_id, kept.public_id, service_is_set=service_is_set))

    if may:
        remove()
    else:
        with pytest.raises(LastWayIn):
            remove()
    assert pia.names() == ([] if may else ["Blue key"])


def test_nobody_has_more_passkeys_than_anybody_carries(nora: Ring) -> None:
    for number in range(20):
        nora.add(SoftKey(), f"Key {number}")

    with pytest.raises(TooManyPasskeys):
        nora.ask_for_new()


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "a\x00b", "\ud800", "\u202egnp"])
def test_name_is_one_that_can_be_read(name: str) -> None:
    with pytest.raises(Faulty):
        checked_name(name)


@pytest.mark.parametrize(
    ("address", "party", "origin"),
    [
        ("https://Chairtime.Clinic.example", "chairtime.clinic.example", "https://chairtime.clinic.example"),
        ("https://clinic.example:443/", "clinic.example", "https://clinic.example"),
        ("https://clinic.example:8443", "clinic.example", "https://clinic.example:8443"),
        ("http://localhost:8000", "localhost", "http://localhost:8000"),
    ],
)
def test_relying_party_is_the_configured_address(address: str, party: str, origin: str) -> None:
    assert RelyingParty.at(address) == RelyingParty(party, origin)


@pytest.mark.parametrize(
    "address",
    [
        "http://clinic.example",
        "http://127.0.0.1:8000",
        "https://192.0.2.7",
        "https://[2001:db8::1]",
        "https://",
        "clinic.example",
        "https://a:b",
    ],
)
def test_address_that_no_passkey_is_kept_for_is_told(address: str) -> None:
    with pytest.raises(NoPasskeysHere, match="CHAIRTIME_PUBLIC_ADDRESS"):
        RelyingParty.at(address)


@pytest.mark.parametrize(
    ("known", "shown", "back"), [(0, 0, False), (0, 1, False), (4, 5, False), (4, 4, True), (4, 0, True), (1, 0, True)]
)
def test_count_of_uses_must_rise_unless_there_is_none(known: int, shown: int, back: bool) -> None:
    assert went_back(known, shown) is back


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), creating=st.booleans())
def test_bent_answer_is_refused_and_never_a_fault(sqlite_ring: Ring, seed: int, creating: bool) -> None:
    """Bytes flipped, cut off or put in anywhere within an honest answer, below its letters."""
    chance, key = random.Random(seed), SoftKey(count=1)
    answer = key.make(sqlite_ring.ask_for_new()) if creating else SHOWN_KEY.show(sqlite_ring.ask())
    bent = _bent(answer, chance)

    found = sqlite_ring.keep(bent) if creating else sqlite_ring.show(bent)

    if isinstance(found, KnownPasskey):  # nothing signs what a new key says of its maker
        ring, kept = sqlite_ring, found.public_id
        ring.database.run(lambda db: presenting.remove(db, ring.actor.account_id, kept, service_is_set=False))
    else:
        assert isinstance(found, PasskeyNotKept if creating else PasskeyRefused)


SHOWN_KEY = SoftKey()


@pytest.fixture
def sqlite_ring(sqlite_template: Path, tmp_path: Path) -> Iterator[Ring]:
    database = Database(f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path / 'chairtime.db')}")
    made = ring(Staff(database), "nora")
    made.add(SHOWN_KEY)
    yield made
    database.dispose()


def _bent(answer: dict[str, object], chance: random.Random) -> dict[str, object]:
    bent = copy.deepcopy(answer)
    response = bent["response"]
    assert isinstance(response, dict)
    name = chance.choice([name for name in response if name != "userHandle"])
    data = bytearray(decoded(response[name]))
    at = chance.randrange(len(data))
    match chance.randrange(4):
        case 0:
            data[at] ^= 1 << chance.randrange(8)
        case 1:
            del data[at:]
        case 2:
            data[at:at] = chance.randbytes(chance.randrange(1, 40))
        case _:
            response[name] = chance.choice([7, None, [], {}, "§", ""])
            return bent
    response[name] = encoded(bytes(data))
    return bent

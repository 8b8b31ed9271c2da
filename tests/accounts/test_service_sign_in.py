"""The clinic's own sign-in service: a real one on this machine is believed, and nothing that is bent."""

from __future__ import annotations

import hashlib
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc.jwk import OctKey, RSAKey
from sqlalchemy import text

from rooms.errors import Faulty
from scheduler import delegating
from scheduler.access.delegation import (
    LinkedElsewhere,
    NotLinked,
    Purpose,
    ServiceAway,
    ServiceMissing,
    Unproven,
    nonce_of,
    subject_of,
    verifier_of,
)
from scheduler.access.relying_party import LastWayIn
from scheduler.access.role import Role
from scheduler.clock import SystemClock
from scheduler.delegating import CameBack, Errand, SetOut
from scheduler.queries import KnownAccount
from scheduler.sign_in_service import SignInService, Trip
from tests.accounts.providers import (
    CALLBACK,
    CLIENT,
    LABEL,
    SECRET,
    BentService,
    bent_service,
    free_port,
    running_service,
    service_at,
    signed_in_there,
)
from tests.accounts.soft_key import encoded
from tests.accounts.staff import PASSPHRASE, Staff

NOW = SystemClock().now()
"""The real provider writes the machine's time into its proofs."""


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with running_service() as issuer:
        yield issuer


@dataclass
class Door:
    """The clinic's side of the way there and back."""

    staff: Staff
    service: SignInService

    def set_out(self) -> tuple[SetOut, str]:
        now, secret = self.staff.now, SystemClock().new_secret
        out = self.staff.database.run(lambda db: delegating.set_out(db, Errand(Purpose.SIGN_IN), now=now, new_secret=secret))
        return out, self.service.way_there(out.trip, now=now)

    def come_back(self, state: str, browser: str) -> CameBack | Unproven:
        return self.staff.database.run(lambda db: delegating.come_back(db, state, browser, label=LABEL, now=self.staff.now))

    def who(self, code: str, trip: Trip, named: str = "") -> str:
        return self.service.who(code, trip, named=named, now=self.staff.now)

    def link(self, account: KnownAccount, subject: str) -> None:
        self.staff.database.run(lambda db: delegating.link(db, account.id, subject, label=LABEL))

    def linked(self, subject: str) -> KnownAccount | NotLinked:
        with self.staff.database.reading() as db:
            return delegating.linked(db, subject, label=LABEL)


@pytest.fixture
def door(staff: Staff, issuer: str) -> Door:
    staff.now = SystemClock().now()  # the provider's clock runs
    return Door(staff, SignInService(service_at(issuer), SECRET))


def test_somebody_linked_is_known_when_they_come_back(door: Door, issuer: str) -> None:
    nora = door.staff.add("nora", main={Role.NURSE})
    door.link(nora, f"{issuer} 1234")

    out, address = door.set_out()
    back = signed_in_there(address, "1234")
    came = door.come_back(back["state"], out.browser)
    assert isinstance(came, CameBack)
    subject = door.who(back["code"], came.trip)

    assert subject == f"{issuer} 1234"
    assert door.linked(subject) == nora


def test_way_there_asks_for_a_code_with_pkce_and_for_nothing_about_the_person(door: Door, issuer: str) -> None:
    out, address = door.set_out()

    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert address.startswith(issuer)
    assert asked == {
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": CALLBACK,
        "scope": "openid",
        "state": out.trip.state,
        "nonce": out.trip.nonce,
        "code_challenge": encoded(hashlib.sha256(out.trip.verifier.encode()).digest()),
        "code_challenge_method": "S256",
    }


def test_nothing_kept_of_a_trip_can_be_used(door: Door) -> None:
    out, _ = door.set_out()

    with door.staff.database.reading() as db:
        kept = str([tuple(row) for row in db.execute(text("SELECT * FROM challenge"))])

    secrets = (out.browser, out.trip.state, out.trip.nonce, out.trip.verifier)
    assert [secret for secret in secrets if secret in kept] == []


def test_proof_with_another_nonce_is_refused(door: Door) -> None:
    """Somebody who slips a victim another's way there gets a proof that was not made for the victim's browser."""
    out, address = door.set_out()
    parts = urlsplit(address)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | {"nonce": "another"}
    back = signed_in_there(parts._replace(query=urlencode(query)).geturl(), "1234")

    with pytest.raises(Unproven) as refused:
        door.who(back["code"], out.trip)

    assert "nonce" in refused.value.reason


def test_state_that_nobody_was_given_is_refused(door: Door) -> None:
    out, _ = door.set_out()

    came = door.come_back("another", out.browser)

    assert isinstance(came, Unproven)
    assert came.reason == "the trip is unknown, used or too old"


def test_way_back_serves_only_the_browser_that_set_out(door: Door) -> None:
    out, _ = door.set_out()

    came = door.come_back(out.trip.state, "another browser")

    assert isinstance(came, Unproven)
    assert came.reason == "another browser set out"
    assert isinstance(door.come_back(out.trip.state, out.browser), Unproven)


def test_way_back_serves_once_and_for_ten_minutes(door: Door) -> None:
    first, second = door.set_out()[0], door.set_out()[0]

    assert isinstance(door.come_back(first.trip.state, first.browser), CameBack)
    assert isinstance(door.come_back(first.trip.state, first.browser), Unproven)
    door.staff.later(minutes=10)
    assert isinstance(door.come_back(second.trip.state, second.browser), Unproven)


def test_code_serves_once(door: Door) -> None:
    out, address = door.set_out()
    code = signed_in_there(address, "1234")["code"]
    door.who(code, out.trip)

    with pytest.raises(Unproven, match=f"{LABEL} has not shown who you are") as refused:
        door.who(code, out.trip)

    assert refused.value.reason == "the code was not taken (invalid_grant)"


def test_nobody_is_known_by_what_they_are_called(door: Door) -> None:
    """The provider says the e-mail address `nora`; the account with that name is not theirs."""
    door.staff.add("nora", main={Role.NURSE})
    out, address = door.set_out()

    subject = door.who(signed_in_there(address, "nora")["code"], out.trip)

    assert isinstance(door.linked(subject), NotLinked)


def test_disabled_account_does_not_get_in(door: Door, issuer: str) -> None:
    door.link(door.staff.add("nora", main={Role.NURSE}), f"{issuer} 1234")
    with door.staff.database.transaction() as db:
        db.execute(text("UPDATE account SET status = 'disabled'"))

    assert isinstance(door.linked(f"{issuer} 1234"), NotLinked)


def test_one_person_there_is_one_account_here(door: Door) -> None:
    nora, olga = door.staff.add("nora", main={Role.NURSE}), door.staff.add("olga", main={Role.NURSE})
    door.link(nora, "https://id.example 7")

    with pytest.raises(LinkedElsewhere):
        door.link(olga, "https://id.example 7")
    with pytest.raises(LinkedElsewhere):
        door.link(nora, "https://id.example 8")
    door.link(nora, "https://id.example 7")

    assert door.linked("https://id.example 7") == nora


@pytest.mark.parametrize(("password", "may"), [(PASSPHRASE, True), (None, False)])
def test_link_is_undone_unless_it_is_the_last_way_in(door: Door, password: str | None, may: bool) -> None:
    nora = door.staff.add("nora", password=password, main={Role.NURSE})
    door.link(nora, "https://id.example 7")

    def unlink() -> None:
        door.staff.database.run(lambda db: delegating.unlink(db, nora.id))

    if may:
        unlink()
        assert isinstance(door.linked("https://id.example 7"), NotLinked)
    else:
        with pytest.raises(LastWayIn):
            unlink()


def test_service_that_is_down_is_told_at_once(staff: Staff) -> None:
    door = Door(staff, SignInService(service_at(f"http://127.0.0.1:{free_port()}"), SECRET))

    with pytest.raises(ServiceAway, match=f"{LABEL} does not answer"):
        door.set_out()


@pytest.fixture
def bent() -> Iterator[BentService]:
    with bent_service() as bent:
        bent.now = int(NOW.timestamp())
        yield bent


TRIP = Trip("state", nonce_of("browser", "state"), verifier_of("browser", "state"), Purpose.SIGN_IN)


def proven(bent: BentService, trip: Trip = TRIP, *, named: str = "", seconds: float = 5) -> str:
    bent.nonce = bent.nonce or trip.nonce
    return SignInService(service_at(bent.issuer), SECRET, seconds=seconds).who("code", trip, named=named, now=NOW)


def test_honest_proof_is_believed(bent: BentService) -> None:
    assert proven(bent) == f"{bent.issuer} nora"


MINUTE = int(timedelta(minutes=1).total_seconds())


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://id.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": ["another", "third"]},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"aud": [CLIENT, "another"]},
        {"aud": None},
        {"exp": int(NOW.timestamp()) - 2 * MINUTE},
        {"exp": None},
        {"exp": "tomorrow"},
        {"iat": int(NOW.timestamp()) + 2 * MINUTE},
        {"nbf": int(NOW.timestamp()) + 2 * MINUTE},
        {"iat": None},
        {"nonce": None},
        {"nonce": "another"},
        {"nonce": [TRIP.nonce]},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 256},
        {"sub": "no\nra"},
        {"sub": ["nora"]},
        {"sub": {"a": 1}},
        {"sub": 7},
    ],
    ids=lambda claims: " ".join(claims) or "nothing",
)
def test_bent_proof_is_refused(bent: BentService, claims: dict[str, object]) -> None:
    bent.claims = claims

    with pytest.raises(Unproven):
        proven(bent)


@pytest.mark.parametrize(
    ("signing", "algorithm"),
    [(RSAKey.generate_key(2048, {"kid": "one"}), "RS256"), (OctKey.import_key(SECRET), "HS256")],
    ids=["another key", "the client's secret"],
)
def test_proof_that_the_service_did_not_sign_is_refused(bent: BentService, signing: RSAKey | OctKey, algorithm: str) -> None:
    bent.signing, bent.algorithm = signing, algorithm

    with pytest.raises(Unproven):
        proven(bent)


@pytest.mark.parametrize("proof", [b"7", b'"x"', b'"eyJhbGciOiJub25lIn0.eyJzdWIiOiJub3JhIn0."', b"null", b'"a.b.c"', b"{}"])
def test_what_is_no_proof_is_refused(bent: BentService, proof: bytes) -> None:
    bent.raw["/proofs"] = b'{"access_token": "a", "token_type": "Bearer", "id_token": ' + proof + b"}"

    with pytest.raises(Unproven):
        proven(bent)


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/keys", "/proofs"])
@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b"7", b"{}", b'{"keys": 7}', b'{"keys": [7]}'])
def test_service_that_answers_nonsense_is_never_a_fault_of_ours(bent: BentService, path: str, body: bytes) -> None:
    bent.raw[path] = body

    with pytest.raises((ServiceAway, Unproven)):
        proven(bent)


@pytest.mark.parametrize(
    "description",
    [
        {"issuer": "https://id.example"},
        {"token_endpoint": "http://id.example/proofs"},
        {"jwks_uri": "http://id.example/keys"},
        {"jwks_uri": 7},
    ],
    ids=str,
)
def test_service_that_describes_another_or_an_unsafe_way_is_not_asked(bent: BentService, description: dict[str, object]) -> None:
    bent.description = description

    with pytest.raises(ServiceAway):
        proven(bent)


def test_service_that_names_itself_must_be_the_one(bent: BentService) -> None:
    bent.description = {"authorization_response_iss_parameter_supported": True}

    assert proven(bent, named=bent.issuer) == f"{bent.issuer} nora"
    for named in ("", "https://id.example"):
        with pytest.raises(Unproven):
            proven(bent, named=named)


def test_service_that_hangs_is_left_in_time(bent: BentService) -> None:
    bent.wait = threading.Event()
    began = time.monotonic()

    with pytest.raises(ServiceAway):
        proven(bent, seconds=0.2)
    took = time.monotonic() - began
    bent.wait.set()

    assert took < 2


def test_service_that_hangs_holds_only_some_up(bent: BentService) -> None:
    bent.wait = threading.Event()
    service = SignInService(service_at(bent.issuer), SECRET, seconds=20)
    told: list[str] = []

    def go() -> None:
        try:
            service.way_there(TRIP, now=NOW)
        except ServiceAway as away:
            told.append(away.label)

    people = [threading.Thread(target=go) for _ in range(10)]
    for person in people:
        person.start()
    until = time.monotonic() + 10
    while len(told) < 6 and time.monotonic() < until:
        time.sleep(0.01)
    waiting = sum(person.is_alive() for person in people)
    bent.wait.set()
    for person in people:
        person.join()

    assert (len(told), waiting) == (6, 4)


@pytest.mark.parametrize("auth_time", [None, int(NOW.timestamp()) - 10 * MINUTE, "now"], ids=["none", "old", "no number"])
def test_proof_anew_must_be_new(bent: BentService, auth_time: object) -> None:
    anew = Trip(TRIP.state, TRIP.nonce, TRIP.verifier, Purpose.PROVE)
    assert proven(bent, anew) == f"{bent.issuer} nora"
    bent.claims = {"auth_time": auth_time}

    with pytest.raises(Unproven):
        proven(bent, anew)


def test_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "authlib", None)  # what Python itself understands as not there

    with pytest.raises(ServiceMissing, match=r"pip install 'chairtime\[oidc\]'"):
        SignInService(service_at("https://id.example"), SECRET)


@pytest.mark.parametrize(
    "issuer", ["http://id.example", "id.example", "https://", "https://id.example/?x=1", "https://a:b@id.example", "ftp://a"]
)
def test_unsafe_issuer_is_refused(issuer: str) -> None:
    with pytest.raises(Faulty, match="CHAIRTIME_OIDC_ISSUER"):
        service_at(issuer)


def test_subject_names_service_and_person() -> None:
    assert subject_of("https://id.example", "7") == "https://id.example 7"
    assert subject_of("https://id.example/" + "x" * 380, "7777") is None

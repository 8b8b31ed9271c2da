"""Talking with the clinic's own sign-in service (OpenID Connect): where to send people, and who it says that they are.

It is asked only when somebody presses its button, for seconds at most, and with no transaction open. What it says is believed only if it is
signed with a key that it publishes. The libraries come with the extra `oidc`.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.util import find_spec
from types import ModuleType
from typing import Protocol

from scheduler.access.delegation import LEEWAY, Purpose, Service, ServiceAway, ServiceMissing, Unproven, is_safe_address, subject_of
from scheduler.keys import read_secret
from scheduler.settings import Settings

SECONDS = 5.0
"""How long the service may take for each answer."""

AT_ONCE = 4
"""How many people may wait for it at the same time: it must not take the threads that all others are served by."""

KEPT = timedelta(minutes=10)
"""How long its description of itself is kept."""

DESCRIPTION = "/.well-known/openid-configuration"
SIGNED_BY = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Signatures with a key pair only: with a shared secret whoever holds it here could write proofs."""

PREFIX = "CHAIRTIME_OIDC_"
CALLBACK = "/sign-in/service/back"
"""Where on this server the service sends people back to."""

SCOPE = "openid"
"""Only who they are: no name and no e-mail address is asked for."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a service lets people sign in, gives its proofs, and publishes its keys."""

    sign_in: str
    proofs: str
    keys: str
    names_itself: bool
    """Whether it says who it is when it sends people back (RFC 9207)."""
    takes_secret_in: str
    """Where it wants the client's secret: `client_secret_basic` or `client_secret_post`."""


@dataclass(frozen=True, slots=True)
class Trip:
    """One person's way there and back; all of it is made from what their browser keeps."""

    state: str
    nonce: str
    verifier: str
    purpose: Purpose


def service_of(settings: Settings) -> SignInService | None:
    """The service that the settings name, if they do. Raises `ServiceMissing`, `Faulty`, `OpenSecret`, `NoSecretFile`."""
    if not settings.oidc_issuer:
        return None
    secret = settings.oidc_client_secret.get_secret_value()
    if settings.oidc_client_secret_file is not None:
        secret = read_secret(settings.oidc_client_secret_file, f"{PREFIX}CLIENT_SECRET_FILE").strip()
    callback = settings.address + CALLBACK
    return SignInService(Service(settings.oidc_issuer, settings.oidc_client_id, settings.oidc_label, callback), secret)


class _Client(Protocol):
    """What is used of the library's client."""

    def __enter__(self) -> _Client: ...

    def __exit__(self, *_: object) -> None: ...

    def create_authorization_url(self, url: str, *, state: str, code_verifier: str, **more: str) -> tuple[str, str]:
        """The address to send somebody to, and the state."""

    def fetch_token(self, url: str, **asked: object) -> Mapping[str, object]:
        """What is given for a code."""


def is_installed() -> bool:
    """Whether the extra is there."""
    return all(find_spec(name) for name in ("authlib", "requests"))


class SignInService:
    """The service as this server sees it. Raises `ServiceMissing` when made without the extra."""

    def __init__(self, service: Service, secret: str, *, seconds: float = SECONDS) -> None:
        if not is_installed():
            raise ServiceMissing
        self.service = service
        self._secret = secret
        self._seconds = seconds
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._known: tuple[datetime, Addresses] | None = None

    def way_there(self, trip: Trip, *, now: datetime) -> str:
        """The address to send somebody to. Raises `ServiceAway`."""
        with self._turn():
            addresses = self._addresses(now)
        anew = {"prompt": "login", "max_age": "0"} if trip.purpose == Purpose.PROVE else {}
        with self._client(addresses) as client:
            address, _ = client.create_authorization_url(
                addresses.sign_in, state=trip.state, code_verifier=trip.verifier, nonce=trip.nonce, **anew
            )
        return address

    def who(self, code: str, trip: Trip, *, named: str, now: datetime) -> str:
        """Who came back with a code, as `subject_of` writes it. `named` is who sent them back, if that was said.

        Raises `ServiceAway`, and `Unproven` for a code that is worth nothing or a proof that fails.
        """
        with self._turn():
            addresses = self._addresses(now)
            if named != self.service.issuer and (named or addresses.names_itself):
                raise self._not_proven("another service sent them back")
            proof = self._proof(code, trip, addresses)
            keys = self._fetched(addresses.keys)
        return self._subject(proof, keys, trip, now)

    def _addresses(self, now: datetime) -> Addresses:
        known = self._known
        if known is None or not known[0] <= now < known[0] + KEPT:
            known = now, self._described(self._fetched(self.service.issuer.rstrip("/") + DESCRIPTION))
            self._known = known
        return known[1]

    def _described(self, said: Mapping[str, object]) -> Addresses:
        sign_in, proofs, keys = (str(said.get(name, "")) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"))
        if said.get("issuer") != self.service.issuer or not all(map(is_safe_address, (sign_in, proofs, keys))):
            raise ServiceAway(self.service.label)
        ways = said.get("token_endpoint_auth_methods_supported")
        only_post = isinstance(ways, list) and "client_secret_post" in ways and "client_secret_basic" not in ways
        return Addresses(
            sign_in,
            proofs,
            keys,
            names_itself=said.get("authorization_response_iss_parameter_supported") is True,
            takes_secret_in="client_secret_post" if only_post else "client_secret_basic",
        )

    def _fetched(self, address: str) -> Mapping[str, object]:
        requests = _loaded("requests")
        try:
            answer = requests.get(address, timeout=self._seconds, allow_redirects=False)
            said = answer.json() if answer.status_code == 200 else None
        except (requests.RequestException, ValueError):
            said = None
        if not isinstance(said, dict):
            raise ServiceAway(self.service.label)
        return said

    def _proof(self, code: str, trip: Trip, addresses: Addresses) -> str:
        requests, base = _loaded("requests"), _loaded("authlib.integrations.base_client")
        try:
            with self._client(addresses) as client:
                given = client.fetch_token(
                    addresses.proofs, grant_type="authorization_code", code=code, code_verifier=trip.verifier, allow_redirects=False
                )
        except base.OAuthError as refused:
            raise self._not_proven(f"the code was not taken ({str(refused.error)[:50]})") from None
        except (requests.RequestException, ValueError, TypeError, AttributeError):
            raise ServiceAway(self.service.label) from None
        proof = given.get("id_token")
        if not isinstance(proof, str):
            raise self._not_proven("no proof came with the code")
        return proof

    def _subject(self, proof: str, keys: Mapping[str, object], trip: Trip, now: datetime) -> str:
        jwt, jwk, errors, core = map(_loaded, ("joserfc.jwt", "joserfc.jwk", "joserfc.errors", "authlib.oidc.core"))
        values = {"iss": self.service.issuer, "aud": self.service.client_id, "nonce": trip.nonce}
        options = {name: {"essential": True, "value": value} for name, value in values.items()}
        params = {"client_id": self.service.client_id, "nonce": trip.nonce}
        if trip.purpose == Purpose.PROVE:
            params["max_age"] = "0"
        try:
            token = jwt.decode(proof, jwk.KeySet.import_key_set(keys), algorithms=SIGNED_BY)
            claims = core.CodeIDToken(token.claims, token.header, options, params)
            claims.validate(now=int(now.timestamp()), leeway=int(LEEWAY.total_seconds()))
        except (errors.JoseError, ValueError, TypeError, KeyError) as fault:
            raise self._not_proven(f"the proof fails: {str(fault)[:100]}") from None
        if trip.purpose == Purpose.PROVE and int(claims["auth_time"]) < (now - LEEWAY).timestamp():
            raise self._not_proven("they did not sign in anew")
        subject = subject_of(self.service.issuer, str(claims["sub"]))
        if subject is None:
            raise self._not_proven("the proof names nobody")
        return subject

    def _client(self, addresses: Addresses) -> _Client:
        client: _Client = _loaded("authlib.integrations.requests_client").OAuth2Session(
            self.service.client_id,
            self._secret or None,
            token_endpoint_auth_method=addresses.takes_secret_in if self._secret else "none",
            scope=SCOPE,
            redirect_uri=self.service.callback,
            code_challenge_method="S256",
            default_timeout=self._seconds,
        )
        return client

    def _not_proven(self, reason: str) -> Unproven:
        return Unproven(self.service.label, reason)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(blocking=False):
            raise ServiceAway(self.service.label)
        try:
            yield
        finally:
            self._turns.release()


def _loaded(module: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ImportError:
        raise ServiceMissing from None

"""Passkeys: keeping a new one, asking for one, and telling whose the one is that was shown.

Whatever fails here is given back and not raised, so that the challenge is used up and the attempt written down by the caller's transaction;
the caller raises it afterwards.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import UnsupportedAlgorithm
from sqlalchemy import delete, update
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    RegistrationCredential,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from rooms.base import Db, NewId
from rooms.errors import DomainError, Unknown
from scheduler import queries
from scheduler.access.actor import Actor
from scheduler.access.relying_party import (
    COUNT_MOST,
    MOST_PASSKEYS,
    PRODUCT,
    WAIT,
    LastWayIn,
    RelyingParty,
    TooManyPasskeys,
    checked_name,
    may_lose_one,
    went_back,
)
from scheduler.access.token import digest_of
from scheduler.queries import KnownAccount, KnownPasskey
from scheduler.records.accounts import AccountRow, ChallengeRow, PasskeyRow

NewSecret = Callable[[], str]
"""Draws a text that nobody can guess."""

NEW, SHOWN = "passkey_new", "passkey"
"""The kinds of challenge: for keeping a new passkey, and for showing one."""

MILLISECONDS = 1000
FAULTS = (
    WebAuthnException,
    UnsupportedAlgorithm,
    struct.error,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)
"""What the library raises for an answer that is none."""

TOLD_MOST = 200
VERIFIED = UserVerificationRequirement.REQUIRED
"""The device asks for the finger, the face or its code: what was stolen opens nothing."""


class PasskeyRefused(DomainError):
    """A passkey was not taken. `reason` is for the trail; the sentence tells a stranger nothing.

    `account` is whose passkey it said it was, where that is known.
    """

    code = "passkey_refused"

    def __init__(self, reason: str, account: KnownAccount | None = None) -> None:
        super().__init__("This passkey opens nothing here. Try once more, or sign in another way.")
        self.reason = reason
        self.account = account


class PasskeyNotKept(DomainError):
    """A new passkey was not kept. `reason` is for the trail."""

    code = "passkey_not_kept"

    def __init__(self, reason: str) -> None:
        super().__init__("The passkey was not kept. Start again, and unlock your device by finger, face or code when it asks.")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Shown:
    """A passkey that was shown and is right: whose it is."""

    account: KnownAccount
    passkey: KnownPasskey


def ask_for_new(db: Db, party: RelyingParty, actor: Actor, *, now: datetime, new_secret: NewSecret) -> str:
    """What the browser of somebody signed in needs to make a passkey, as JSON. Raises `TooManyPasskeys`."""
    known = queries.passkeys(db, actor.account_id)
    if len(known) >= MOST_PASSKEYS:
        raise TooManyPasskeys
    options = generate_registration_options(
        rp_id=party.id,
        rp_name=PRODUCT,
        user_id=actor.public_id.encode(),
        user_name=actor.handle,
        user_display_name=actor.name,
        challenge=_challenge(db, NEW, actor.account_id, now, new_secret),
        timeout=int(WAIT.total_seconds() * MILLISECONDS),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, require_resident_key=True, user_verification=VERIFIED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(passkey.credential) for passkey in known],
    )
    return options_to_json(options)


def keep(  # noqa: PLR0913  # each is a fact of the ceremony
    db: Db, party: RelyingParty, actor: Actor, answer: Mapping[str, object], *, name: str, now: datetime, new_id: NewId
) -> KnownPasskey | PasskeyNotKept:
    """Keep the passkey that somebody's device made, under a name. Raises `Faulty` for the name."""
    named = checked_name(name)
    try:
        credential = parse_registration_credential_json(dict(answer))
        challenge = _taken(db, NEW, credential.response.client_data_json, now)
        if challenge is None or challenge.account_id != actor.account_id:
            return PasskeyNotKept("the challenge is unknown, used or too old")
        made = _registered(credential, challenge, party)
    except FAULTS as fault:
        return PasskeyNotKept(_told(fault))
    if made.sign_count > COUNT_MOST:
        return PasskeyNotKept("its count of uses is too high")
    if queries.passkey_shown(db, made.credential_id) is not None:
        return PasskeyNotKept("it is kept already")
    row = PasskeyRow(
        public_id=new_id("k_"),
        account_id=actor.account_id,
        name=named,
        credential=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        created_at=now,
    )
    db.add(row)
    db.flush()
    return queries.known_passkey(row)


def ask(db: Db, party: RelyingParty, *, now: datetime, new_secret: NewSecret) -> str:
    """What a browser needs to ask for any passkey of this clinic, as JSON. It names nobody: the passkey says whose it is."""
    options = generate_authentication_options(
        rp_id=party.id,
        challenge=_challenge(db, SHOWN, None, now, new_secret),
        timeout=int(WAIT.total_seconds() * MILLISECONDS),
        user_verification=VERIFIED,
    )
    return options_to_json(options)


def shown(db: Db, party: RelyingParty, answer: Mapping[str, object], *, now: datetime) -> Shown | PasskeyRefused:
    """Whose passkey was shown, if it is right, theirs, and their account in use."""
    try:
        credential = parse_authentication_credential_json(dict(answer))
        challenge = _taken(db, SHOWN, credential.response.client_data_json, now)
        if challenge is None:
            return PasskeyRefused("the challenge is unknown, used or too old")
        return _whose(db, party, credential, challenge, now)
    except FAULTS as fault:
        return PasskeyRefused(_told(fault))


def rename(db: Db, account_id: int, passkey: str, name: str) -> None:
    """Give one of somebody's passkeys another name. Raises `Unknown`, `Faulty`."""
    _own(db, account_id, passkey).name = checked_name(name)


def remove(db: Db, account_id: int, passkey: str, *, service_is_set: bool) -> KnownPasskey:
    """Forget one of somebody's passkeys. Raises `Unknown`, and `LastWayIn` if they could not sign in any more."""
    account = db.get_one(AccountRow, account_id, with_for_update=True, populate_existing=True)
    row = _own(db, account_id, passkey)
    ways = {"has_password": account.password_hash is not None, "has_service": service_is_set and account.subject is not None}
    if not may_lose_one(passkeys=len(queries.passkeys(db, account_id)), **ways):
        raise LastWayIn
    removed = queries.known_passkey(row)
    db.delete(row)
    db.flush()
    return removed


def forget_all(db: Db, account_id: int) -> None:
    """Forget all of somebody's passkeys: what they were on is lost, and they get in another way."""
    db.execute(delete(PasskeyRow).where(PasskeyRow.account_id == account_id))


def _challenge(db: Db, kind: str, account_id: int | None, now: datetime, new_secret: NewSecret) -> bytes:
    """A new challenge, kept as a digest. Those that nobody will answer any more are forgotten."""
    db.execute(delete(ChallengeRow).where(ChallengeRow.kind == kind, ChallengeRow.ends_at <= now))
    secret = new_secret()
    db.add(ChallengeRow(digest=digest_of(secret), kind=kind, account_id=account_id, detail={}, ends_at=now + WAIT))
    return secret.encode()


@dataclass(frozen=True, slots=True)
class _Challenge:
    """A challenge that was just answered."""

    value: bytes
    account_id: int | None


def _taken(db: Db, kind: str, client_data: bytes, now: datetime) -> _Challenge | None:
    """The challenge that a browser says it answered, used up by this; none if it was used, is too old or was never given."""
    said = parse_client_data_json(client_data)
    if said.cross_origin:
        return None
    row = ChallengeRow
    digest = digest_of(said.challenge.decode())
    open_one = update(row).where(row.digest == digest, row.kind == kind, row.used_at.is_(None), row.ends_at > now)
    found = db.execute(open_one.values(used_at=now).returning(row.account_id)).one_or_none()
    return None if found is None else _Challenge(said.challenge, found[0])


def _registered(credential: RegistrationCredential, challenge: _Challenge, party: RelyingParty) -> VerifiedRegistration:
    return verify_registration_response(
        credential=credential,
        expected_challenge=challenge.value,
        expected_rp_id=party.id,
        expected_origin=party.origin,
        require_user_verification=True,
    )


def _whose(
    db: Db, party: RelyingParty, credential: AuthenticationCredential, challenge: _Challenge, now: datetime
) -> Shown | PasskeyRefused:
    known = queries.passkey_shown(db, credential.raw_id)
    if known is None:
        return PasskeyRefused("nobody here has it")
    kept, account = known
    verified = verify_authentication_response(
        credential=credential,
        expected_challenge=challenge.value,
        expected_rp_id=party.id,
        expected_origin=party.origin,
        credential_public_key=kept.public_key,
        credential_current_sign_count=0,  # compared below, once it is certain that the key itself says so
        require_user_verification=True,
    )
    if credential.response.user_handle != account.public_id.encode():
        return PasskeyRefused("it names another account than the one that it was made for", account)
    if not account.is_active:
        return PasskeyRefused("the account is not in use", account)
    if went_back(kept.sign_count, verified.new_sign_count) or verified.new_sign_count > COUNT_MOST:
        reason = f"its count of uses went from {kept.sign_count} to {verified.new_sign_count}: there may be a copy of the key"
        return PasskeyRefused(reason, account)
    row = PasskeyRow
    db.execute(update(row).where(row.id == kept.id).values(sign_count=verified.new_sign_count, last_used_at=now))
    return Shown(account, kept)


def _own(db: Db, account_id: int, passkey: str) -> PasskeyRow:
    kept = next((known for known in queries.passkeys(db, account_id) if known.public_id == passkey), None)
    if kept is None:
        raise Unknown("passkey", passkey)
    return db.get_one(PasskeyRow, kept.id)


def _told(fault: Exception) -> str:
    """A fault as the trail tells it: the library's sentence, or the kind of fault where it has none."""
    said = str(fault) if isinstance(fault, WebAuthnException) else ""
    return (said if said.isprintable() and said else type(fault).__name__)[:TOLD_MOST]

"""Who may sign in, what they prove it with, and where they are signed in.

Secrets are kept as digests, but for the seed of the one-time codes: that is needed to check a code, and is encrypted with the key of the
installation.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from rooms.base import Base, RowId, UtcInstant


class AccountRow(Base):
    """Somebody who works here. `handle` is what they sign in with; `resource_id` is who they are on the rota."""

    __tablename__ = "account"
    __table_args__ = (CheckConstraint("status IN ('invited', 'active', 'disabled')", name="status"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    handle: Mapped[str] = mapped_column(String(200), unique=True)
    given_name: Mapped[str] = mapped_column(String(200))
    family_name: Mapped[str] = mapped_column(String(200))
    status: Mapped[str] = mapped_column(String(10))
    resource_id: Mapped[int | None] = mapped_column(ForeignKey("resource.id"))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    code_seed: Mapped[bytes | None] = mapped_column(LargeBinary)
    code_step: Mapped[int | None]
    """The last half minute whose code was used: a code serves once."""
    subject: Mapped[str | None] = mapped_column(String(400), unique=True)
    """Who they are at the clinic's own sign-in service: its address and its id of them."""
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcInstant)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcInstant)


class MembershipRow(Base):
    """A role that somebody has at a site."""

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("account_id", "site_id", "role"),
        CheckConstraint("role IN ('front_desk', 'nurse', 'technician', 'physician', 'anesthesia', 'admin', 'auditor')", name="role"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    role: Mapped[str] = mapped_column(String(20))
    since: Mapped[datetime] = mapped_column(UtcInstant)


class PasskeyRow(Base):
    """A passkey of somebody; `credential` and `public_key` are as the device gave them."""

    __tablename__ = "passkey"
    __table_args__ = (Index(None, "account_id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    name: Mapped[str] = mapped_column(String(100))
    credential: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcInstant)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcInstant)


class RecoveryCodeRow(Base):
    """A code that opens an account once when the second factor is lost."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("account_id", "digest"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    digest: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None] = mapped_column(UtcInstant)


class LoginRow(Base):
    """One sign-in on one device. It ends by `closed_at` or at `ends_at`; it is locked by `locked_at`, or by nobody doing anything."""

    __tablename__ = "login"
    __table_args__ = (
        CheckConstraint("device IN ('desk', 'tablet')", name="device"),
        CheckConstraint("strength IN ('password', 'two_factors', 'passkey', 'service')", name="strength"),
        Index(None, "account_id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    device: Mapped[str] = mapped_column(String(10))
    strength: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(String(100))
    """The address that it came from."""
    label: Mapped[str] = mapped_column(String(200))
    """What the browser says it is."""
    opened_at: Mapped[datetime] = mapped_column(UtcInstant)
    proven_at: Mapped[datetime] = mapped_column(UtcInstant)
    """When the person last proved who they are."""
    signed_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    """When they last signed something in it."""
    acted_at: Mapped[datetime] = mapped_column(UtcInstant)
    """When a person last did something; what a page fetches by itself does not count."""
    ends_at: Mapped[datetime] = mapped_column(UtcInstant)
    locked_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    closed_at: Mapped[datetime | None] = mapped_column(UtcInstant)


class KnownDeviceRow(Base):
    """A browser in which somebody signed in before: it gets in although strangers guess at the account."""

    __tablename__ = "known_device"
    __table_args__ = (UniqueConstraint("account_id", "digest"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    digest: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcInstant)
    last_used_at: Mapped[datetime] = mapped_column(UtcInstant)


class GuessRow(Base):
    """Failed proofs by one key (a name from unknown devices, one known device, one address) since `since`, for a day at most."""

    __tablename__ = "guess"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    key: Mapped[str] = mapped_column(String(300), unique=True)
    failures: Mapped[int]
    since: Mapped[datetime] = mapped_column(UtcInstant)
    last_at: Mapped[datetime] = mapped_column(UtcInstant)


class InvitationRow(Base):
    """A link that makes an account, or lets somebody choose a new password. Its token is kept as a digest and serves once."""

    __tablename__ = "invitation"
    __table_args__ = (CheckConstraint("purpose IN ('join', 'reset')", name="purpose"), Index(None, "account_id"))

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    purpose: Mapped[str] = mapped_column(String(10))
    clears_code: Mapped[bool]
    """Whether the second factor is lost too, and is set up anew with the password."""
    invited_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime] = mapped_column(UtcInstant)
    ends_at: Mapped[datetime] = mapped_column(UtcInstant)
    used_at: Mapped[datetime | None] = mapped_column(UtcInstant)


class ChallengeRow(Base):
    """Something half done: a password given whose code is still owed, a passkey asked for, a sign-in service visited. It serves once."""

    __tablename__ = "challenge"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    detail: Mapped[dict[str, object]] = mapped_column(JSON)
    ends_at: Mapped[datetime] = mapped_column(UtcInstant)
    used_at: Mapped[datetime | None] = mapped_column(UtcInstant)


class BreakGlassRow(Base):
    """An hour in which somebody sees the whole site, for a reason that all who must are told."""

    __tablename__ = "break_glass"
    __table_args__ = (CheckConstraint("ends_at > begins_at", name="ends_after_start"), Index(None, "account_id", "ends_at"))

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    reason: Mapped[str] = mapped_column(Text)
    begins_at: Mapped[datetime] = mapped_column(UtcInstant)
    ends_at: Mapped[datetime] = mapped_column(UtcInstant)
    ended_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    seen_by: Mapped[list[int]] = mapped_column(JSON)
    """Row numbers of those who must know and have seen it."""


class ApprovalRow(Base):
    """A second person's proof for one operation that the first one asked for. It serves once, and soon ends."""

    __tablename__ = "approval"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    asked_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    given_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    operation: Mapped[str] = mapped_column(String(200))
    ends_at: Mapped[datetime] = mapped_column(UtcInstant)
    used_at: Mapped[datetime | None] = mapped_column(UtcInstant)

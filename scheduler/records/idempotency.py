"""The answers that are kept for calls that are repeated."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from rooms.base import Base, RowId, UtcInstant


class IdempotentReplyRow(Base):
    """The answer that was given to a creating call, to be given again when the call is repeated with the same key.

    `scope` is the route; `body_digest` tells a repeated call from another one that reuses the key.
    """

    __tablename__ = "idempotent_reply"
    __table_args__ = (UniqueConstraint("key", "scope"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    key: Mapped[str] = mapped_column(String(200))
    scope: Mapped[str] = mapped_column(String(200))
    body_digest: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcInstant, index=True)

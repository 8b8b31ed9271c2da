"""How far the clock was seen to be from the machine's running seconds."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from rooms.base import Base, RowId, UtcInstant


class ClockDistanceRow(Base):
    """A distance of the clock from the seconds since the machine was started, see `courses.days.pace`. Only ever added to."""

    __tablename__ = "clock_distance"
    __table_args__ = (Index(None, "boot"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    boot: Mapped[str] = mapped_column(String(64))
    distance: Mapped[int] = mapped_column(BigInteger)
    noted_at: Mapped[datetime] = mapped_column(UtcInstant)

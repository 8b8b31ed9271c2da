"""What every table stands on: one metadata, the database session `Db`, and instants that cannot lose their zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import BigInteger, Dialect, Integer, MetaData
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

Db = Session
"""The database session, called `db` everywhere; a session is a treatment session. Only `scheduler.database` commits it."""

NewId = Callable[[str], str]
"""Draws a random public id that begins with a prefix, such as `s_` for a session."""

RowId = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only where the column's type is exactly INTEGER."""


class Base(DeclarativeBase):
    """All tables of the house. Constraints get their names here, since SQLite cannot drop one without a name."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UtcInstant(TypeDecorator[datetime]):
    """An instant: an aware UTC `datetime` in memory, whole seconds since 1970 in the database, the same on both."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002  # the signature is SQLAlchemy's
        """Seconds since 1970. Raises `ValueError` for a time without a zone or with a part of a second."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone")
        if value.microsecond:
            raise ValueError(f"{value.isoformat()} is not a whole second")
        return int(value.timestamp())

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # the signature is SQLAlchemy's
        """The instant, in UTC."""
        return None if value is None else datetime.fromtimestamp(value, UTC)

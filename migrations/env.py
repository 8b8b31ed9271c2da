"""Runs the migrations with the engine of the program itself, so that SQLite rolls back a migration that fails half way."""

from alembic import context

import courses.records  # noqa: F401  # the records fill the metadata by being imported
import rooms.records  # noqa: F401
import scheduler.records  # noqa: F401
from rooms.base import Base
from scheduler.database import make_engine
from scheduler.settings import Settings

MIGRATION_LOCK = 4_217_036
"""PostgreSQL's number for "somebody is migrating": two programs that start together do not do it twice."""


def run() -> None:
    """Migrate the database that the caller named, else that of the settings."""
    engine = make_engine(context.config.attributes.get("url") or Settings().database_url)
    with engine.connect() as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
        context.configure(connection=connection, target_metadata=Base.metadata, transactional_ddl=True, render_as_batch=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()

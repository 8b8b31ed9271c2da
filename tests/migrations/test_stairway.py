"""Every migration goes up, down and up again on both databases, and the database's own refusals are there afterwards."""

from collections.abc import Iterator

import pytest
import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from scheduler.database import alembic_config, migrate

OWN_REFUSALS = {
    "sqlite": sqlalchemy.text("SELECT type || ' ' || name FROM sqlite_master WHERE type = 'trigger'"),
    "postgresql": sqlalchemy.text(
        "SELECT 'exclusion ' || conname FROM pg_constraint WHERE contype = 'x' "
        "UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger WHERE NOT tgisinternal"
    ),
}

ADDED_TO_ONLY = (
    *("alert_seen", "entry", "form_submission", "gate_override", "lot_move", "session_checklist", "signature"),
    *("link_event", "link_key"),
    *("consent", "language_review", "message_attempt", "message_call", "message_template", "patient_contact", "visit_answer"),
)
EXPECTED_REFUSALS = {
    "sqlite": {
        *(f"trigger {table}_{event}_guard" for table in ADDED_TO_ONLY for event in ("delete", "insert", "update") if table != "link_key"),
        *(f"trigger link_key_{event}_guard" for event in ("insert", "update")),
        "trigger audit_checkpoint_delete_guard",
        "trigger audit_checkpoint_insert_guard",
        "trigger audit_checkpoint_update_guard",
        "trigger audit_event_delete_guard",
        "trigger audit_event_insert_guard",
        "trigger audit_event_update_guard",
        "trigger booking_insert_guard",
        "trigger booking_update_guard",
        "trigger checklist_version_delete_guard",
        "trigger checklist_version_update_guard",
        "trigger resource_capacity_guard",
        "trigger resource_exclusive_mark",
        "trigger review_delete_guard",
        "trigger review_insert_guard",
        "trigger review_update_guard",
        "trigger session_insert_guard",
        "trigger session_update_guard",
        "trigger version_delete_guard",
        "trigger version_update_guard",
    },
    "postgresql": {
        *(f"trigger {table}_{event}" for table in ADDED_TO_ONLY for event in ("guard", "truncate_guard")),
        "trigger checklist_version_delete_guard",
        "trigger checklist_version_update_guard",
        "exclusion double_booking",
        "exclusion patient_twice",
        "trigger audit_checkpoint_guard",
        "trigger audit_checkpoint_truncate_guard",
        "trigger audit_event_guard",
        "trigger audit_event_truncate_guard",
        "trigger booking_guard",
        "trigger resource_capacity_guard",
        "trigger resource_exclusive_mark",
        "trigger review_guard",
        "trigger review_truncate_guard",
        "trigger version_guard",
    },
}


@pytest.fixture
def config(unmigrated_database_url: str) -> Config:
    """Alembic's view of the empty database."""
    return alembic_config(unmigrated_database_url)


@pytest.fixture
def engine(unmigrated_database_url: str) -> Iterator[sqlalchemy.Engine]:
    """A connection of our own, so that what is read is what the database holds."""
    engine = sqlalchemy.create_engine(unmigrated_database_url, poolclass=sqlalchemy.NullPool)
    yield engine
    engine.dispose()


def revisions(config: Config) -> list[tuple[str, str]]:
    """Each revision with the one before it, oldest first."""
    found = ScriptDirectory.from_config(config).walk_revisions()
    return [(script.revision, str(script.down_revision or "base")) for script in found][::-1]


def tables(engine: sqlalchemy.Engine) -> set[str]:
    return set(sqlalchemy.inspect(engine).get_table_names()) - {"alembic_version"}


def own_refusals(engine: sqlalchemy.Engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.scalars(OWN_REFUSALS[engine.dialect.name]))


def test_each_step_goes_up_down_and_up(config: Config, engine: sqlalchemy.Engine) -> None:
    for revision, before in revisions(config):
        standing = tables(engine), own_refusals(engine)

        command.upgrade(config, revision)
        raised = tables(engine), own_refusals(engine)
        command.downgrade(config, before)

        assert (tables(engine), own_refusals(engine)) == standing
        command.upgrade(config, revision)
        assert (tables(engine), own_refusals(engine)) == raised


def test_the_database_refuses_by_itself(unmigrated_database_url: str, engine: sqlalchemy.Engine) -> None:
    migrate(unmigrated_database_url)

    assert own_refusals(engine) == EXPECTED_REFUSALS[engine.dialect.name]


def test_records_and_migrations_say_the_same(config: Config) -> None:
    command.upgrade(config, "head")

    command.check(config)


def test_migrating_twice_changes_nothing(unmigrated_database_url: str, engine: sqlalchemy.Engine) -> None:
    migrate(unmigrated_database_url)
    before = tables(engine), own_refusals(engine)

    migrate(unmigrated_database_url)

    assert (tables(engine), own_refusals(engine)) == before

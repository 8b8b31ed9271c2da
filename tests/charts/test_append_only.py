"""What was written down is changed by no statement at all, whoever sends it; the program's own role on PostgreSQL may not even try.

What that role is refused, statement by statement, is in `tests/keeping/test_granting.py`.
"""

from __future__ import annotations

import pytest
import sqlalchemy
from sqlalchemy.exc import IntegrityError

from courses import charting, signing
from courses.checklists.writing import Answered
from scheduler.database import Database
from scheduler.granting import APPEND_ONLY
from tests.charts.ward import Ward

TABLES = ("entry", "signature", "session_checklist", "alert_seen")


@pytest.fixture
def ward(database: Database) -> Ward:
    ward = Ward(database).open()
    with database.transaction() as db:
        charting.record(db, ward.session, [Answered("systolic", 120)], ward.press(5))
        signing.see_alert(db, ward.session, "due:systolic", ward.press(5))
    with database.transaction() as db:
        signing.sign(db, ward.session, "watched", ward.chart().digest("watched"), ward.press(6))
    return ward


def test_nothing_that_was_written_down_is_changed_or_removed(ward: Ward) -> None:
    assert set(TABLES) <= set(APPEND_ONLY)
    for table in TABLES:
        for statement in (f"UPDATE {table} SET session_id = session_id", f"DELETE FROM {table}"):  # noqa: S608  # our own words
            with pytest.raises(IntegrityError, match="chart_is_append_only"), ward.database.transaction() as db:
                db.execute(sqlalchemy.text(statement))
    assert len(ward.chart().entries) == len(ward.chart().signatures) == 1

"""What a look at a chart gives before anything is written down, and how few statements a whole day takes."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy

from courses.errors import Unknown
from courses.queries.charts import chart_of, charts_of_site, charts_with
from scheduler.database import Database
from tests.charts.ward import Ward
from tests.courses.clinic import NOW


def test_a_chart_before_anything_is_written_down(database: Database) -> None:
    ward = Ward(database).open()

    chart = ward.chart()

    assert (chart.patient.name, chart.site.site.name, chart.number, chart.arrived_at) == ("Ana Lopez", "Main", 1, NOW)
    assert [known.checklist.code for known in chart.checklists] == ["watching"]
    assert (chart.is_open, chart.entries, chart.moments.first_dose) == (False, (), None)


def test_a_session_that_is_not_there(database: Database) -> None:
    Ward(database).open()
    with database.reading() as db, pytest.raises(Unknown):
        chart_of(db, "s_nobody")


def test_a_day_takes_as_many_statements_as_one_chart(database: Database) -> None:
    ward = Ward(database).open()
    told: list[str] = []
    sqlalchemy.event.listen(database.engine, "before_cursor_execute", lambda *about: told.append(str(about[2])))
    with database.reading() as db:
        one = chart_of(db, ward.session)
        n_one = len(told)
        both = charts_of_site(db, ward.site_id, on=date(2026, 11, 23))
        n_both = len(told) - n_one
        assert charts_with(db, [ward.other, ward.session]) == both
        assert charts_of_site(db, ward.site_id, on=date(2026, 11, 25)) != both
    assert {each.session for each in both} == {ward.session, ward.other}
    assert one in both
    assert n_both <= n_one + 2

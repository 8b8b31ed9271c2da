"""A database that cannot be written to in time is told as what it is, and nothing was changed."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

import scheduler.database
from scheduler.database import WRITERS, Database
from tests.api.clinic import Clinic


def test_no_turn_to_write_is_busy_and_no_fault(clinic: Clinic, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler.database, "LOCK_WAIT_MS", 50)
    with ExitStack() as writers:
        for _ in range(1 if database.is_sqlite else WRITERS):
            writers.enter_context(database.transaction())
        body = {"given_name": "Ana", "family_name": "Lopez", "born_on": "1980-05-17"}
        answer = clinic.create(f"/sites/{clinic.site}/patients", body)

    assert (answer.status_code, answer.json()["code"]) == (503, "database_busy")
    assert answer.headers["Retry-After"] == "2"

"""A small clinic that is built and used only through the HTTP API."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from httpx2 import Response

from tests.signed_in import SignedIn

on_one_database = pytest.mark.parametrize("database_kind", ["sqlite"])
"""For what no database decides."""

Json = dict[str, Any]

WEEKDAYS = {day: [["08:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


def daily(sessions: int, turnover: int = 5) -> str:
    """A protocol of half-hour sessions, five a week, on one device."""
    return f"""
id: daily
title: Daily sessions
modality: tms
phases: [{{name: acute, sessions: {sessions}, per_week: 5}}]
session_templates:
  visit:
    steps: [{{name: treatment, minutes: 30}}]
    requirements: [{{capability: stimulator, turnover_minutes: {turnover}, continuity: true}}]
session_rules: [{{template: visit}}]
"""


@dataclass
class Clinic:
    """What a client of the API does; `site` is the site's id."""

    client: SignedIn
    site: str = ""
    _keys: count[int] = field(default_factory=lambda: count(1))

    def get(self, path: str, **query: str) -> Response:
        return self.client.get(f"/api/v1{path}", params=query)

    def create(self, path: str, body: Json | None = None, *, key: str | None = None) -> Response:
        return self.client.post(f"/api/v1{path}", json=body, headers={"Idempotency-Key": key or f"key-{next(self._keys)}"})

    def change(self, path: str, body: Json | None, version: int, *, method: str = "POST", key: str | None = None) -> Response:
        headers = {"If-Match": f'"{version}"'} | ({"Idempotency-Key": key} if key else {})
        return self.client.request(method, f"/api/v1{path}", json=body, headers=headers)

    def made(self, path: str, body: Json | None = None) -> Json:
        answer = self.create(path, body)
        assert answer.status_code == 201, answer.text
        made: Json = answer.json()
        return made

    def open_site(self, code: str = "main", timezone: str = "America/New_York") -> Json:
        site = self.made("/sites", {"code": code, "name": "Main Street", "timezone": timezone, "hours": WEEKDAYS})
        self.site = site["id"]
        self.client.staff.join(self.site)
        return site

    def resource(self, code: str, capability: str = "stimulator", kind: str = "device", capacity: int = 1) -> Json:
        body = {"code": code, "kind": kind, "capabilities": [capability], "capacity": capacity}
        return self.made(f"/sites/{self.site}/resources", body)

    def protocol(self, text: str, code: str = "daily") -> Json:
        return self.made(f"/sites/{self.site}/protocols", {"code": code, "text": text})

    def patient(self, given: str = "Ana") -> Json:
        return self.made(f"/sites/{self.site}/patients", {"given_name": given, "family_name": "Lopez", "born_on": "1980-05-17"})

    def wish(self, patient: Json, protocol: str = "daily", start: str = "2026-11-30") -> Json:
        return {"patient": patient["id"], "protocol": protocol, "start_on_or_after": start}

    def plan(self, wish: Json) -> Json:
        answer = self.client.post(f"/api/v1/sites/{self.site}/plans", json=wish)
        assert answer.status_code == 200, answer.text
        plan: Json = answer.json()
        return plan

    def book(self, proposal: Json, *, key: str | None = None) -> Response:
        return self.create(f"/sites/{self.site}/courses", proposal, key=key)

    def booked(self, given: str = "Ana", sessions: str = "daily", start: str = "2026-11-30") -> Json:
        answer = self.book(self.plan(self.wish(self.patient(given), sessions, start)))
        assert answer.status_code == 201, answer.text
        course: Json = answer.json()
        return course

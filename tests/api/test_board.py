"""The day board over HTTP, and how it hears that something changed."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from queue import Empty, Queue
from threading import Thread

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI

from scheduler.clock import SettableClock
from scheduler.database import Database
from tests.api.clinic import Clinic, on_one_database
from tests.audit.trail import events


def test_the_board_shows_who_is_where(clinic: Clinic) -> None:
    course = clinic.booked()
    session = course["sessions"][0]
    clinic.made(f"/sites/{clinic.site}/resources/tms-2/absences", {"starts_at": "2026-11-30T08:00", "ends_at": "2026-11-30T12:00"})

    board = clinic.get(f"/sites/{clinic.site}/board", day="2026-11-30").json()

    (card,) = board["sessions"]
    assert (card["id"], card["patient"]["name"], card["number"], card["of"], card["status"]) == (session["id"], "Ana Lopez", 1, 6, "booked")
    assert card["bookings"] == session["bookings"]
    assert [column["code"] for column in board["resources"]] == ["tms-1", "tms-2"]
    hours = [{"starts_at": "2026-11-30T08:00:00-05:00", "ends_at": "2026-11-30T17:00:00-05:00", "reason": ""}]
    assert [column["open"] for column in board["resources"]] == [hours, hours]
    assert [len(column["away"]) for column in board["resources"]] == [0, 1]
    assert board["bookings"] == []


def test_the_board_opens_today_by_the_clock_of_the_site(clinic: Clinic, clock: SettableClock) -> None:
    """After UTC midnight, tonight's visits are still today's."""
    clock.step(timedelta(hours=13))
    assert clock.now().isoformat() == "2026-11-24T02:00:00+00:00"

    assert clinic.get(f"/sites/{clinic.site}/board").json()["date"] == "2026-11-23"


def test_a_closed_day_says_why(clinic: Clinic) -> None:
    clinic.made(f"/sites/{clinic.site}/closures", {"starts_at": "2026-11-30T00:00", "ends_at": "2026-12-01T00:00", "reason": "snow"})

    board = clinic.get(f"/sites/{clinic.site}/board", day="2026-11-30").json()

    assert [closure["reason"] for closure in board["closures"]] == ["snow"]


@on_one_database
def test_hours_are_real_time_on_the_day_on_which_the_clock_changes(bare: Clinic) -> None:
    bare.made("/sites", {"code": "night", "name": "Night", "timezone": "America/New_York", "hours": {"sun": [["00:00", "24:00"]]}})
    bare.made("/sites/night/resources", {"code": "bed", "kind": "room", "capabilities": []})

    board = bare.get("/sites/night/board", day="2026-11-01").json()

    assert board["resources"][0]["open"] == [
        {"starts_at": "2026-11-01T00:00:00-04:00", "ends_at": "2026-11-02T00:00:00-05:00", "reason": ""}
    ]


def test_a_live_page_hears_of_every_commit(clinic: Clinic, app: FastAPI) -> None:
    with (
        served(app) as address,
        httpx2.stream("GET", f"{address}/api/v1/sites/{clinic.site}/changes", timeout=20, headers=clinic.client.headers) as stream,
    ):
        assert stream.headers["content-type"].startswith("text/event-stream")
        events = news(stream)
        first = next(events)

        clinic.patient()

        assert (first, next(events)) == ({"site": clinic.site}, {"site": clinic.site})


def test_a_look_is_no_news(clinic: Clinic, app: FastAPI) -> None:
    """It is written into the trail; if live pages heard of that, each would look again, and be heard of, without end."""
    who, path = dict(clinic.client.headers), f"/api/v1/sites/{clinic.site}/changes"
    clinic.booked(start="2026-11-23")
    with served(app) as address, httpx2.stream("GET", f"{address}{path}", timeout=20, headers=who) as stream:
        heard: Queue[object] = Queue()
        Thread(target=put_news, args=(stream, heard), daemon=True).start()
        heard.get(timeout=10)

        for _ in range(3):
            assert clinic.get(f"/sites/{clinic.site}/board").status_code == 200
        with pytest.raises(Empty):
            heard.get(timeout=2)

        clinic.patient("Bo")
        assert heard.get(timeout=10) == {"site": clinic.site}


def test_a_board_that_fetches_itself_anew_is_one_look(clinic: Clinic, database: Database) -> None:
    clinic.booked(start="2026-11-23")

    def looks() -> list[list[str]]:
        return [each["patients"] for each in events(database) if each["action"] == "GET /sites/{site}/board"]

    def show(**more: str) -> None:
        assert clinic.client.get(f"/sites/{clinic.site}/board", params={"day": "2026-11-23", **more}).status_code == 200

    show()
    show(fragment="yes")
    show(fragment="yes")
    assert len(looks()) == 1

    clinic.booked("Bo", start="2026-11-23")
    show(fragment="yes")
    show(fragment="yes")
    assert [len(patients) for patients in looks()] == [1, 2]

    show()
    clinic.client.sign_in()
    show(fragment="yes")
    assert [len(patients) for patients in looks()] == [1, 2, 2, 2]


def test_a_live_page_hears_nothing_after_its_sign_in_is_closed(clinic: Clinic, app: FastAPI) -> None:
    who, path = dict(clinic.client.headers), f"/api/v1/sites/{clinic.site}/changes"
    with served(app) as address, httpx2.stream("GET", f"{address}{path}", timeout=20, headers=who) as stream:
        events = news(stream)
        next(events)

        assert clinic.client.post("/api/v1/sign-out").status_code == 204

        assert list(events) == []


def test_no_news_of_a_site_that_is_not_there(clinic: Clinic) -> None:
    answer = clinic.get("/sites/elsewhere/changes")

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown")


def put_news(stream: httpx2.Response, heard: Queue[object]) -> None:
    """Listen until the line is cut."""
    with suppress(httpx2.HTTPError):
        for each in news(stream):
            heard.put(each)


def news(stream: httpx2.Response) -> Iterator[object]:
    """What each event `changed` carries."""
    kind = ""
    for line in stream.iter_lines():
        if line.startswith("event:"):
            kind = line.removeprefix("event:").strip()
        elif line.startswith("data:") and kind == "changed":
            yield json.loads(line.removeprefix("data:"))


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The application on a port of this machine."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off", timeout_graceful_shutdown=1))
    running = threading.Thread(target=server.run)
    running.start()
    try:
        while not server.started:
            time.sleep(0.01)
        with closing(server.servers[0].sockets[0].dup()) as socket:
            yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    finally:
        server.should_exit = True
        running.join()

"""A busy center of the benchmark: a device lost for days, a technician for one, a morning of anesthesia lost, and more at once."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, timedelta
from itertools import count

import pytest

from courses.plans.plan import ClinicPlan, CoursePlan
from courses.plans.repair import Polish, replan
from scheduler.clinic_file import read_disruptions
from tests.plans.checking import Planned
from tests.plans.site_facts import Document
from tests.plans.test_made_clinics import made

STEPS = 12


class Center:
    """A clinic with thirty courses under way, seen on the evening before a busy day."""

    def __init__(self) -> None:
        self.planned = Planned(made("M", 0.8, seed=2))
        starts = Counter(date.fromisoformat(s["start"][:10]) for s in self._sessions())
        busy = [day for day, n in starts.items() if n > 12 and day.weekday() == 2]
        self.day = sorted(busy)[len(busy) // 2]
        self.now = f"{self.day - timedelta(days=1)}T18:00"

    def _sessions(self) -> list[Document]:
        return [session for course in self.planned.written["courses"] for session in course.get("sessions", [])]

    def busiest(self, kind: str, days: int) -> str:
        """The resource of a kind that most of the courses' sessions use from the day on."""
        until = str(self.day + timedelta(days=days))
        seats = [seat for s in self._sessions() if str(self.day) <= s["start"][:10] < until for seat in s["bookings"]]
        found: str = Counter(seat["resource"] for seat in seats if seat["resource"].startswith(kind)).most_common(1)[0][0]
        return found

    def down(self, kind: str, days: int, until: str = "00:00") -> Document:
        """The busiest of a kind cannot be had."""
        last = self.day + timedelta(days=days if until == "00:00" else 0)
        return {"kind": "resource_down", "resource": self.busiest(kind, days), "start": f"{self.day}T00:00", "end": f"{last}T{until}"}

    def missed(self) -> Document:
        """The last session of the first daily course did not take place."""
        protocols = {course["id"]: course["protocol"] for course in self.planned.document["courses"]}
        for course in self.planned.written["courses"]:
            over = [session["number"] for session in course.get("sessions", []) if session["start"] < self.now]
            if protocols[course["id"]].startswith("tms-") and 0 < len(over) < len(course["sessions"]) - 5:
                return {"kind": "missed", "course": course["id"], "session": over[-1]}
        raise AssertionError("no daily course is under way")

    def happened(self, *what: Document) -> Document:
        """What happened, as seen on the evening before."""
        return {"now": self.now, "disruptions": [*what]}

    def replanned(self, happened: Document, polish: Polish | None = None) -> ClinicPlan:
        """The plan after it."""
        read = read_disruptions(json.dumps(happened), self.planned.file)
        return replan(self.planned.clinic, self.planned.file.requests, self.planned.plan, read, polish=polish)


@pytest.fixture(scope="module")
def center() -> Center:
    return Center()


def n_moved(plan: ClinicPlan) -> int:
    return sum(len(each.moved) for each in plan.courses if isinstance(each, CoursePlan))


@pytest.mark.parametrize("case", ["device", "technician", "anesthesia", "snow", "missed", "several"])
def test_first_and_polished_answer_break_nothing(center: Center, case: str) -> None:
    snow = {"kind": "closure", "date": center.day.isoformat(), "reason": "snow"}
    what = {
        "device": [center.down("tms-", 5)],
        "technician": [center.down("operator-", 1)],
        "anesthesia": [center.down("anesthesia-", 1, "12:00")],
        "snow": [snow],
        "missed": [center.missed()],
        "several": [center.down("tms-", 5), center.down("operator-", 1), center.missed()],
    }[case]
    happened, told, steps = center.happened(*what), list[ClinicPlan](), count()

    polished = center.replanned(happened, Polish(lambda: next(steps), STEPS, told.append))

    first, best = (center.planned.write(plan) for plan in (told[0], polished))
    assert center.planned.faults_after(happened, first) == []
    assert center.planned.faults_after(happened, best) == []
    assert polished.proof is not None
    assert polished.proof.at_least <= polished.proof.moves == n_moved(polished)
    assert (n_lost(polished), n_moved(polished)) <= (n_lost(told[0]), n_moved(told[0]))
    if case in {"technician", "anesthesia", "missed"}:
        assert polished.proof.fewest_moves
    assert center.replanned(happened) == told[0]


def n_lost(plan: ClinicPlan) -> int:
    return sum(not isinstance(each, CoursePlan) for each in plan.courses)


def test_nothing_happened_changes_nothing(center: Center) -> None:
    assert center.planned.write(center.replanned(center.happened())) == center.planned.written


def test_the_same_polish_gives_the_same_plan(center: Center) -> None:
    happened = center.happened(center.down("tms-", 5), center.missed())

    def polished() -> Document:
        steps = count()
        return center.planned.write(center.replanned(happened, Polish(lambda: next(steps), STEPS)))

    assert polished() == polished()

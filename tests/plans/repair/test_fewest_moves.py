"""Against brute force on tiny clinics: a polished re-plan loses and moves as little as any could, and its bound is never too high."""

from __future__ import annotations

import json
from itertools import count
from random import Random

import pytest

from courses.plans.plan import ClinicPlan, CoursePlan
from courses.plans.repair import Polish, proof, replan
from courses.protocols.located.faults import FaultyDocument
from scheduler.clinic_file import read_disruptions
from tests.plans.checking import Planned
from tests.plans.judge import compare
from tests.plans.repair.every_pair import MOVE, Outcome, Pair, TooMany
from tests.plans.site_facts import MINUTE, Document, SiteFacts
from tests.plans.tiny_clinics import MONDAYS, tiny_clinic


class NothingPlanned(Exception):
    """The seed drew a clinic that plans no course."""


def aimed(rng: Random, document: Document, plan: Document) -> Document:
    """One to three things that happened, each to a session that is planned."""
    facts = SiteFacts(document)
    sessions = sorted(
        ((s, c["id"]) for c in plan["courses"] for s in c.get("sessions", [])), key=lambda each: facts.instant(each[0]["start"])
    )
    begun = facts.instant(rng.choice(sessions)[0]["start"])
    now = begun + rng.choice([0, 1, 60]) * MINUTE if rng.random() < 0.5 else facts.midnight(facts.local(begun).date())
    ahead = [s for s, _ in sessions if facts.instant(s["start"]) >= now]
    happened: list[Document] = []
    patients = {course["id"]: course["patient"] for course in document["courses"]}
    whose = {id(session): patients[course] for session, course in sessions}
    for session in rng.sample(ahead, min(len(ahead), rng.randint(1, 2))):
        day = facts.local(facts.instant(session["start"])).date()
        if rng.random() < 0.2 or not session["bookings"]:
            happened.append({"kind": "closure", "date": day.isoformat()})
        elif rng.random() < 0.3:
            happened.append({"kind": "patient_unavailable", "patient": whose[id(session)], "date": day.isoformat()})
        else:
            seat = rng.choice(session["bookings"])
            happened.append({"kind": "resource_down", "resource": seat["resource"], "start": seat["start"], "end": seat["end"]})
    over = [(c, s["number"]) for s, c in sessions if facts.instant(s["start"]) < now]
    if over and rng.random() < 0.5:
        happened.append({"kind": "missed", "course": over[-1][0], "session": over[-1][1]})
    return {"now": now.astimezone(facts.zone).isoformat(), "disruptions": happened}


class Struck:
    """A tiny clinic of a seed, planned, struck, and planned again with polish."""

    def __init__(self, seed: int) -> None:
        rng = Random(f"pair {seed}")
        self.planned = Planned(tiny_clinic(rng, sessions=4))
        document = self.planned.document
        if not any(course.get("sessions") for course in self.planned.written["courses"]):
            raise NothingPlanned
        self.first = MONDAYS[document["clinic"]["timezone"]]
        self.happened = aimed(rng, document, self.planned.written)
        steps, told = count(), list[ClinicPlan]()
        polish = Polish(lambda: next(steps), 400, told.append)
        happened = read_disruptions(json.dumps(self.happened), self.planned.file)
        self.plan = replan(self.planned.clinic, self.planned.file.requests, self.planned.plan, happened, polish=polish)
        self.first_answer: Document = self.planned.write(told[0])
        self.after: Document = self.planned.write(self.plan)

    def outcome(self) -> Outcome:
        """What the re-plan lost and changed, without the moves of missed sessions."""
        kept = {each["id"] for each in self.after["courses"] if each["status"] == "planned"}
        was = {each.course for each in self.planned.plan.courses if isinstance(each, CoursePlan)}
        weights = [each.get("priority", 1) for each in self.planned.document["courses"] if each["id"] in was - kept]
        _, moved, reassigned = compare(self.planned.document, self.planned.written, self.after, self.happened)
        return len(weights), sum(weights), MOVE * (moved - self.n_missed(kept)) + reassigned

    def n_missed(self, kept: set[str]) -> int:
        return len([each for each in self.happened["disruptions"] if each["kind"] == "missed" and each["course"] in kept])


def struck(seed: int) -> Struck | None:
    """None where the seed drew what no clinic may write, or not one or two courses that have a plan."""
    try:
        found = Struck(seed)
    except (FaultyDocument, NothingPlanned):
        return None
    return found if 1 <= sum(isinstance(each, CoursePlan) for each in found.planned.plan.courses) <= 2 else None


def compared(seeds: range) -> tuple[int, int, int]:
    """How many clinics could be tried in every way, how many of those were changed, and how many re-plans were not the best."""
    tried = changed = worse = 0
    for seed in seeds:
        tiny = struck(seed)
        if tiny is None:
            continue
        assert tiny.planned.faults_after(tiny.happened, tiny.first_answer) == [], f"seed {seed}, at once"
        try:
            best = Pair(tiny.planned.document, tiny.planned.written, tiny.happened, tiny.first).best()
        except TooMany:
            continue
        assert tiny.planned.faults_after(tiny.happened, tiny.after) == [], f"seed {seed}"
        found, proven = tiny.outcome(), tiny.plan.proof
        assert proven is not None
        assert found >= best, f"seed {seed}: {found} is better than the best, {best}"
        kept = {each["id"] for each in tiny.after["courses"] if each["status"] == "planned"}
        if proven.fewest_lost:
            assert found[0] == best[0], f"seed {seed}: {proven}"
            assert proven.at_least <= best[2] // MOVE + tiny.n_missed(kept) or found[0], f"seed {seed}: {proven} of {best}"
        tried, changed, worse = tried + 1, changed + (best != (0, 0, 0)), worse + (found != best)
    return tried, changed, worse


def test_a_polished_replan_loses_and_moves_as_little_as_any_could() -> None:
    tried, changed, worse = compared(range(120))

    assert tried > 35
    assert changed > 20
    assert worse == 0


@pytest.mark.soak
def test_a_thousand_polished_replans() -> None:
    tried, changed, worse = compared(range(1000, 2000))

    assert tried > 300
    assert changed > 200
    assert worse == 0


def test_without_the_solver_the_answer_is_as_sound_and_the_bound_never_too_high(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "find_spec", lambda _name: None)

    tried, changed, worse = compared(range(120, 200))

    assert not proof.has_solver()
    assert tried > 20
    assert changed > 12
    assert worse == 0

"""An independent judge of plans and re-plans: it knows the clinic file's description and nothing of the planner."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from statistics import median_low

from tests.plans.date_rules import Place, date_faults, places_of, template_name
from tests.plans.ideal_dates import ideal_dates
from tests.plans.site_facts import MINUTE, Document, SiteFacts, Stretch, touches


@dataclass(frozen=True)
class Verdict:
    """What is broken, in sentences that begin with the course; and the costs that the rules give, by course."""

    faults: list[str]
    costs: dict[str, float]
    objective: float


def parts_of(template: Document, start: datetime) -> list[tuple[Document, Stretch]]:
    """Each requirement of a session that starts then, with the time for which it holds, turnover included."""
    begins, at = {}, start
    for step in template["steps"]:
        begins[step["name"]] = (at, at + step["minutes"] * MINUTE)
        at = begins[step["name"]][1]
    found = []
    for requirement in template.get("requirements", []):
        spans = [begins[name] for name in requirement.get("steps", begins)]
        found.append((requirement, (min(a for a, _ in spans), max(b for _, b in spans) + requirement.get("turnover_minutes", 0) * MINUTE)))
    return found


def load_on(requirement: Document, resource: Document) -> int:
    """What a booking takes of a resource's capacity."""
    load = requirement.get("load", 1)
    return int(resource.get("capacity", 1)) if load == "all" else int(load)


def judge(document: Document, plan: Document, happened: Document | None = None) -> Verdict:
    """All that a plan breaks of its clinic file; after a re-plan history is not judged, only what it takes of the future."""
    facts = SiteFacts(document, happened["disruptions"] if happened else ())
    return _Judge(facts, facts.instant(happened["now"]) if happened else None).verdict(plan)


class _Judge:
    def __init__(self, facts: SiteFacts, now: datetime | None) -> None:
        self.facts, self.now = facts, now
        self.loads: dict[str, list[tuple[Stretch, int, str]]] = defaultdict(list)
        self.patients: dict[str, list[tuple[Stretch, str]]] = defaultdict(list)
        self.costs: dict[str, float] = {}

    def verdict(self, plan: Document) -> Verdict:
        faults = [f"clinic: {why}" for why in self._held(plan.get("reseated", []))]
        answers = Counter(answer["id"] for answer in plan["courses"])
        faults += [f"{course}: answered {answers[course]} times" for course in {*answers, *self.facts.courses} if answers[course] != 1]
        for answer in plan["courses"]:
            if answer["id"] in self.facts.courses:
                faults += [f"{answer['id']}: {why}" for why in self._answer(self.facts.courses[answer["id"]], answer)]
        faults += list(self._overloads())
        faults += list(self._meetings())
        objective = sum(cost * self.facts.courses[course].get("priority", 1) for course, cost in self.costs.items())
        if abs(objective - plan.get("objective", objective)) > 1e-6:
            faults.append(f"clinic: objective is stated as {plan['objective']}, it is {objective}")
        return Verdict(faults, self.costs, objective)

    def _held(self, reseated: Sequence[Document]) -> Iterator[str]:
        seats = {each["booking"]: each["resource"] for each in reseated}
        for index, booking in enumerate(self.facts.held):
            stretch, resource = self.facts.stretch(booking), seats.pop(index, booking["resource"])
            if resource != booking["resource"]:
                yield from (f"booking {index}: {why}" for why in self._reseat_faults(booking, resource, stretch))
            self.loads[resource].append((stretch, booking.get("load", 1), f"booking {index}"))
        yield from (f"booking {index}: no such booking" for index in seats)

    def _reseat_faults(self, booking: Document, resource: str, stretch: Stretch) -> Iterator[str]:
        if not booking.get("reseat"):
            yield "may not be given to another"
        if booking.get("capability") not in self.facts.resources[resource]["capabilities"]:
            yield f"{resource} has no {booking.get('capability')}"
        yield from self._absent(resource, stretch)

    def _answer(self, course: Document, answer: Document) -> Iterator[str]:
        if answer["status"] == "unplaceable":
            if answer.get("sessions"):
                yield "unplaceable, and it holds sessions"
            if not (answer.get("reason", {}).get("session") and answer["reason"].get("code") and answer["reason"].get("detail")):
                yield "unplaceable, and no reason"
            return
        protocol = self.facts.protocols[course["protocol"]]
        places, sessions = places_of(protocol), answer["sessions"]
        if [each["number"] for each in sessions] != list(range(1, len(places) + 1)):
            yield f"the sessions are not 1 to {len(places)}"
            return
        starts = [self.facts.instant(each["start"]) for each in sessions]
        days = [self.facts.local(start).date() for start in starts]
        faults = [*date_faults(places, days, date.fromisoformat(course["start_on_or_after"]), self.facts.is_open)]
        faults += self._chain_faults(places, days, sessions)
        faults += self._limit_faults(course, days)
        for i, session in enumerate(sessions):
            faults += [(i, why) for why in self._session_faults(course, protocol, places[i], session)]
        yield from (f"session {i + 1}: {why}" for i, why in faults if self.now is None or starts[i] >= self.now)
        yield from self._cost_faults(course, protocol, places, answer)

    def _chain_faults(self, places: Sequence[Place], days: Sequence[date], sessions: Sequence[Document]) -> Iterator[tuple[int, str]]:
        for i in range(1, len(sessions)):
            over, start = self.facts.instant(sessions[i - 1]["end"]), self.facts.instant(sessions[i]["start"])
            phase = places[i].phase
            minutes = (start - over) / MINUTE
            if minutes < 0:
                yield i, "starts before the session before it ends"
            if places[i].per_day > 1 and days[i] == days[i - 1]:
                least, most = phase.get("min_gap_minutes", 0), phase.get("max_gap_minutes", 24 * 60)
                if not least <= minutes <= most:
                    yield i, f"{minutes:g} minutes after the session before it, {least} to {most} wanted"

    @staticmethod
    def _limit_faults(course: Document, days: Sequence[date]) -> Iterator[tuple[int, str]]:
        if days[0] < date.fromisoformat(course["start_on_or_after"]):
            yield 0, f"starts too early, on {days[0]}"
        if days[0].isoformat() > course.get("start_on_or_before", "9999"):
            yield 0, f"starts too late, on {days[0]}"
        late = [(i, f"too late, on {day}") for i, day in enumerate(days) if day.isoformat() > course.get("finish_on_or_before", "9999")]
        yield from late

    def _session_faults(self, course: Document, protocol: Document, place: Place, session: Document) -> Iterator[str]:
        number, start, end = session["number"], self.facts.instant(session["start"]), self.facts.instant(session["end"])
        name = template_name(protocol, number)
        template = protocol["session_templates"][name]
        if (session["phase"], session["template"]) != (place.name, name):
            yield f"is {session['phase']}/{session['template']}, not {place.name}/{name}"
        if end - start != sum(step["minutes"] for step in template["steps"]) * MINUTE:
            yield f"lasts {end - start}"
        if self.facts.wall(start) % self.facts.grid or start.second or start.microsecond:
            yield f"starts at {self.facts.local(start)}, off the grid"
        if session.get("authorized", True) != _authorized(course, number, self.facts.local(start).date()):
            yield "authorized is wrong"
        yield from self._patient_faults(course["patient"], (start, end), f"{course['id']} session {number}")
        yield from self._seat_faults(template, session, f"{course['id']} session {number}")

    def _patient_faults(self, patient: str, stretch: Stretch, who: str) -> Iterator[str]:
        self.patients[patient].append((stretch, who))
        available = self.facts.patients[patient].get("available")
        if available is not None and not self.facts.within(available, *stretch):
            yield "outside the patient's hours"
        if any(touches(stretch, away) for away in self.facts.away[patient]):
            yield "while the patient is away"

    def _seat_faults(self, template: Document, session: Document, who: str) -> Iterator[str]:
        wanted = parts_of(template, self.facts.instant(session["start"]))
        yield from (f"seat for requirement {s['requirement']}" for s in session["bookings"] if not 0 <= s["requirement"] < len(wanted))
        for index, (requirement, stretch) in enumerate(wanted):
            seats = [seat for seat in session["bookings"] if seat["requirement"] == index]
            names = [seat["resource"] for seat in seats]
            if len(set(names)) != len(names) or len(names) != requirement.get("count", 1):
                yield f"requirement {index} has {names}"
            for seat in seats:
                yield from self._one_seat(requirement, stretch, seat)
                self.loads[seat["resource"]].append((stretch, seat.get("load", 1), who))

    def _one_seat(self, requirement: Document, stretch: Stretch, seat: Document) -> Iterator[str]:
        name = seat["resource"]
        resource = self.facts.resources.get(name)
        if resource is None:
            yield f"no resource {name}"
            return
        if requirement["capability"] not in resource["capabilities"]:
            yield f"{name} has no {requirement['capability']}"
        if (self.facts.instant(seat["start"]), self.facts.instant(seat["end"])) != stretch:
            yield f"{name} is held {seat['start']} to {seat['end']}, not {stretch[0]} to {stretch[1]}"
        if seat.get("load", 1) != load_on(requirement, resource):
            yield f"{name} bears {seat.get('load', 1)}, not {load_on(requirement, resource)}"
        yield from self._absent(name, stretch)
        if any(touches(stretch, closure) for closure in self.facts.closures):
            yield f"{name} is held while the clinic is closed"

    def _absent(self, resource: str, stretch: Stretch) -> Iterator[str]:
        if not self.facts.within(self.facts.hours_of(resource), *stretch):
            yield f"{resource} is outside its hours"
        if any(touches(stretch, down) for down in self.facts.down[resource]):
            yield f"{resource} is unavailable"

    def _cost_faults(self, course: Document, protocol: Document, places: Sequence[Place], answer: Document) -> Iterator[str]:
        cost = cost_of(self.facts, course, protocol, places, answer["sessions"])
        self.costs[course["id"]] = cost["total"]
        stated = answer.get("cost", {})
        yield from (f"states {key} {stated[key]}, it is {cost[key]}" for key in stated if abs(stated[key] - cost[key]) > 1e-6)

    def _overloads(self) -> Iterator[str]:
        for name, loads in self.loads.items():
            capacity = self.facts.resources.get(name, {}).get("capacity", 1)
            turns: dict[datetime, int] = defaultdict(int)
            for (start, end), load, _ in loads:
                turns[start] += load
                turns[end] -= load
            total, moments = 0, sorted(turns)
            for moment, until in pairwise(moments):
                total += turns[moment]
                if total > capacity and (self.now is None or until > self.now):
                    who = [by for stretch, load, by in loads if load and stretch[0] <= moment < stretch[1]]
                    yield f"{name}: load {total} of {capacity} at {moment} by {', '.join(who)}"

    def _meetings(self) -> Iterator[str]:
        for patient, sessions in self.patients.items():
            for (one, by), (other, and_by) in pairwise(sorted(sessions)):
                if touches(one, other) and (self.now is None or other[0] >= self.now):
                    yield f"{patient}: in {by} and {and_by} at once"


def _authorized(course: Document, number: int, on: date) -> bool:
    permit = course.get("authorization")
    return permit is None or (number <= permit["sessions"] and permit["valid_from"] <= on.isoformat() <= permit["valid_until"])


def cost_of(
    facts: SiteFacts, course: Document, protocol: Document, places: Sequence[Place], sessions: Sequence[Document]
) -> dict[str, float]:
    """The soft goals of one course, and their weighted sum."""
    locals_ = [facts.local(facts.instant(each["start"])) for each in sessions]
    clocks = [local.hour * 60 + local.minute for local in locals_]
    days = [local.date() for local in locals_]
    ideal = ideal_dates(places, date.fromisoformat(course["start_on_or_after"]), facts.is_open)
    window = course.get("prefer", {}).get("window")
    firsts = [c for i, c in enumerate(clocks) if i == 0 or places[i].per_day == 1 or days[i] != days[i - 1]]
    middle = median_low(firsts)
    cost: dict[str, float] = {
        "delay": sum((day - wish).days for day, wish in zip(days, ideal, strict=True)) if ideal else 0,
        "outside": sum(not window[0] <= f"{c // 60:02d}:{c % 60:02d}" <= window[1] for c in clocks) if window else 0,
        "spread": sum(abs(c - middle) for c in firsts) // facts.grid,
        "changes": _changes(protocol, sessions),
    }
    weighed = zip(("delay_day", "outside_window", "spread_step", "change"), cost.values(), strict=True)
    return cost | {"total": sum(facts.weights[weight] * value for weight, value in weighed)}


def _changes(protocol: Document, sessions: Iterable[Document]) -> int:
    """How often a capability with continuity is met by others than in the last session that asked for it."""
    met: dict[str, list[set[str]]] = defaultdict(list)
    for session in sessions:
        wanted = protocol["session_templates"][session["template"]].get("requirements", [])
        who: dict[str, set[str]] = defaultdict(set)
        for seat in session["bookings"]:
            if wanted[seat["requirement"]].get("continuity"):
                who[wanted[seat["requirement"]]["capability"]].add(seat["resource"])
        for capability, names in who.items():
            met[capability].append(names)
    return sum(one != other for names in met.values() for one, other in pairwise(names))


def compare(document: Document, before: Document, after: Document, happened: Document) -> tuple[list[str], int, int]:
    """What a re-plan did with history and with what it says that it moved; and how many sessions moved or were reassigned."""
    facts = SiteFacts(document)
    now = facts.instant(happened["now"])
    missed = {(each["course"], each["session"]) for each in happened["disruptions"] if each["kind"] == "missed"}
    stated = {(course["id"], number) for course in after["courses"] for number in course.get("moved", [])}
    was, is_now = _by_number(before), _by_number(after)
    faults, moved, reassigned = [], set(), 0
    placed = {course["id"] for course in after["courses"] if course["status"] == "planned"}
    for key, old in was.items():
        if key not in is_now:
            if key[0] in placed:
                faults.append(f"{key}: lost")
            continue
        old_start, new_start = facts.instant(old["start"]), facts.instant(is_now[key]["start"])
        if old_start != new_start:
            moved.add(key)
            if old_start < now and key not in missed:
                faults.append(f"{key}: history moved")
        elif _seats(old) != _seats(is_now[key]):
            reassigned += 1
            if old_start < now:
                faults.append(f"{key}: history was given to others")
        if new_start < now and (key in missed or key in moved):
            faults.append(f"{key}: put into the past")
    if stated != moved:
        faults.append(f"moved is stated as {sorted(stated)}, it is {sorted(moved)}")
    return faults, len(moved), reassigned


def _by_number(plan: Document) -> dict[tuple[str, int], Document]:
    return {(course["id"], each["number"]): each for course in plan["courses"] for each in course.get("sessions", [])}


def _seats(session: Document) -> set[tuple[int, str]]:
    return {(seat["requirement"], seat["resource"]) for seat in session["bookings"]}

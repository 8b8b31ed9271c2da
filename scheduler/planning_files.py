"""Planning on files alone: a clinic file in, a plan out, with no database anywhere near."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from courses.plans.batch import Clinic, Limit, Progress, Watch, no_progress, no_watch, plan_clinic, plan_together
from courses.plans.plan import ClinicPlan, CoursePlan, Reseat, Unplaceable
from courses.plans.repair import Polish, replan
from courses.plans.repair.difference import NO_DIFFERENCE, Difference, difference
from courses.plans.request import CourseRequest, PatientHours
from courses.plans.reseating import reseat_clinic
from courses.protocols.located.document import read_document
from courses.protocols.located.faults import Fault, FaultyDocument
from courses.protocols.located.faults import Path as FieldPath
from scheduler.clinic_file import ClinicFile, open_clinic, open_disruptions, open_plan
from scheduler.clinic_file.reading import content_of


@dataclass(frozen=True)
class PlannedFile:
    """A clinic file with its plan. `left_out` are courses of the file that the plan before a re-plan does not speak of."""

    clinic: ClinicFile
    plan: ClinicPlan
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Together:
    """How to plan the courses of a file together: until when, with which chance, told to whom, in how many processes."""

    limit: Limit
    seed: int = 0
    watch: Watch = no_watch
    processes: int = 1


def plan_file(
    file: Path, progress: Progress = no_progress, *, anyway: bool = False, together: Together | None = None, reseat: bool = True
) -> PlannedFile:
    """A plan for every course that a clinic file asks for. With `reseat`, bookings that may be given to like resources make room.

    Raises `FaultyDocument`, also where a course's protocol could not even be placed in the empty clinic: somebody wrote it wrongly.
    With `anyway` such a course is unplaceable like any other.
    """
    clinic = open_clinic(file)
    plan = _plan(clinic, progress, together)
    if reseat:
        plan = reseat_clinic(clinic.as_planned_against(), clinic.requests, plan)
    unplaceable = {answer.course for answer in plan.courses if isinstance(answer, Unplaceable)}
    if not anyway:
        refuse_hopeless(file, clinic, unplaceable)
    return PlannedFile(clinic, _proven(clinic, plan))


def _proven(clinic: ClinicFile, plan: ClinicPlan) -> ClinicPlan:
    """The plan that says of each course without a place whether it has one by itself."""
    asked = {request.id: request for request in clinic.requests}

    def proven(answer: CoursePlan | Unplaceable) -> CoursePlan | Unplaceable:
        if isinstance(answer, CoursePlan):
            return answer
        (by_itself,) = plan_clinic(clinic.as_planned_against(), [asked[answer.course]]).courses
        return replace(answer, alone=isinstance(by_itself, Unplaceable))

    return replace(plan, courses=tuple(proven(answer) for answer in plan.courses))


def _plan(clinic: ClinicFile, progress: Progress, together: Together | None) -> ClinicPlan:
    against = clinic.as_planned_against()
    if together is None:
        return plan_clinic(against, clinic.requests, progress)
    limit, seed, watch, processes = together.limit, together.seed, together.watch, together.processes
    return plan_together(against, clinic.requests, limit=limit, seed=seed, progress=watch, processes=processes)


@dataclass(frozen=True)
class ReplannedFile(PlannedFile):
    """A clinic file with its plan after what happened, and what that changes."""

    difference: Difference = NO_DIFFERENCE


def replan_file(
    file: Path, plan_before: Path, disruptions: Path, progress: Progress = no_progress, *, polish: Polish | None = None
) -> ReplannedFile:
    """The plan after what happened: the instant answer, or with `polish` the best that is found in its time. Raises `FaultyDocument`."""
    clinic = open_clinic(file)
    happened = open_disruptions(disruptions, clinic)
    before = open_plan(plan_before, clinic, now=happened.now)
    planned = {answer.course for answer in before.courses}
    asked = [request for request in clinic.requests if request.id in planned]
    against = clinic.as_planned_against(before.reseated)
    after = replan(against, asked, before, happened, progress, polish=polish)
    left_out = tuple(request.id for request in clinic.requests if request.id not in planned)
    changed = difference(asked, before, after, happened, against.held)
    return ReplannedFile(clinic, replace(_as_proven(after), reseated=_all_reseated(clinic, before, after)), left_out, changed)


def _as_proven(after: ClinicPlan) -> ClinicPlan:
    """A re-plan that says so of each lost course that is proven to have no place even by itself."""
    hopeless = after.proof.hopeless if after.proof else ()

    def told(answer: CoursePlan | Unplaceable) -> CoursePlan | Unplaceable:
        return replace(answer, alone=True) if isinstance(answer, Unplaceable) and answer.course in hopeless else answer

    return replace(after, courses=tuple(told(answer) for answer in after.courses))


def _all_reseated(clinic: ClinicFile, before: ClinicPlan, after: ClinicPlan) -> tuple[Reseat, ...]:
    """The bookings that are not where the file has them, after two plans."""
    seats = {each.booking: each.resource for each in (*before.reseated, *after.reseated)}
    return tuple(Reseat(index, unit) for index, unit in sorted(seats.items()) if clinic.bookings[index].resource != unit)


def located(file: Path, found: Iterable[tuple[FieldPath, str]]) -> tuple[Fault, ...]:
    """Faults of a file's entries at their lines."""
    return read_document(content_of(file), str(file)).located(found)


def never_placed(clinic: Clinic, request: CourseRequest) -> Unplaceable | None:
    """Why a course's protocol has no place even where nothing is booked, every patient can always come and no deadline presses."""
    site = replace(clinic.site, closures=())
    resources = [replace(resource, absences=()) for resource in clinic.resources]
    patients = {request.patient: PatientHours(request.patient)}
    free = replace(request, start_on_or_before=None, finish_on_or_before=None)
    (answer,) = plan_clinic(Clinic(site, resources, (), patients, clinic.weights), [free]).courses
    return answer if isinstance(answer, Unplaceable) else None


def refuse_hopeless(file: Path, clinic: ClinicFile, courses: Collection[str]) -> None:
    """Raises `FaultyDocument` if one of these courses' protocols can never be placed, with what the clinic lacks for it."""
    found: dict[str, tuple[FieldPath, str]] = {}
    whole = clinic.as_planned_against()
    asked = {request.protocol.id: (index, request) for index, request in reversed([*enumerate(clinic.requests)]) if request.id in courses}
    for protocol, (index, request) in asked.items():
        if reason := never_placed(whole, request):
            said = f"a course of {protocol} can never be placed here: session {reason.session} has no place, {reason.detail}"
            found[protocol] = (("courses", index, "protocol"), said)
    if found:
        begins = tuple(f"protocols[{index}]." for index, protocol in enumerate(clinic.protocols) if protocol in found)
        missing = [fault for fault in clinic.warnings if fault.field.startswith(begins)]
        raise FaultyDocument((*missing, *located(file, found.values())))

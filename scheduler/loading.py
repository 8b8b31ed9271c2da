"""A clinic file put into a database: what is new is added, what is there and the same is left, what is there and differs is refused.

So the same file may be loaded twice, and one with more in it again; a person's later changes are never overwritten by a file.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from courses import enrolling, publishing, queries, registering
from courses.errors import DomainError
from courses.library import library
from courses.patients.patient import PatientAbsence
from courses.plans.batch import Progress, no_progress
from courses.plans.ongoing.course import CourseWish
from courses.plans.plan import Unplaceable
from courses.plans.request import CourseRequest, PatientHours
from courses.protocols.located.faults import Path as FieldPath
from courses.protocols.written import write_protocol
from courses.queries import KnownPatient
from rooms import equipping, reserving, rostering
from rooms import queries as rooms_queries
from rooms.base import Db, NewId
from rooms.bookings.booking import Claim
from rooms.bookings.conflict import BookingRefused
from rooms.queries import KnownResource
from rooms.resources.resource import Resource
from scheduler.clinic_file import ClinicFile, HeldBooking, Person

BY = "clinic file"
"""Who did it, in the history."""


class NotLoaded(DomainError):
    """Entries of a clinic file that the database cannot take. `found` has the path of each and a sentence. Nothing was changed."""

    code = "not_loaded"

    def __init__(self, found: Iterable[tuple[FieldPath, str]]) -> None:
        self.found = tuple(found)
        super().__init__("\n".join(sentence for _, sentence in self.found))


@dataclass(frozen=True)
class Loaded:
    """What a file brought that was not there: how many of each kind. `unplaceable` are courses that were to be booked and have no place."""

    site: str
    new: Counter[str] = field(default_factory=Counter)
    unplaceable: tuple[Unplaceable, ...] = ()


def load_clinic(db: Db, clinic: ClinicFile, *, now: datetime, new_id: NewId) -> Loaded:
    """Put a clinic's site, resources, protocols, patients and bookings into the database. Raises `NotLoaded`.

    A new site takes over the library's checklists.
    """
    return _Loading(db, clinic, now, new_id).load()


def book_courses(
    db: Db, clinic: ClinicFile, *, now: datetime, new_id: NewId, anyway: bool = False, progress: Progress = no_progress
) -> Loaded:
    """Plan and book the file's courses that the site does not have yet: the weightier first, then the earlier.

    Raises `NotLoaded` where one cannot be placed; with `anyway` it is left out. The clinic must be loaded.
    """
    site = rooms_queries.site(db, clinic.site.id)
    have = {line.code for line in queries.courses(db, site.id, now=now)}
    wanted = [(index, request) for index, request in enumerate(clinic.requests) if request.id not in have]
    wanted.sort(key=lambda each: (-each[1].priority, each[1].start_on_or_after))
    refused: list[tuple[FieldPath, str]] = []
    unplaceable: list[Unplaceable] = []
    for done, (index, request) in enumerate(wanted, 1):
        try:
            answer = _book(db, wish_of(request, site.site.id), now=now, new_id=new_id)
        except DomainError as refusal:
            refused.append((("courses", index), refusal.message))
        else:
            unplaceable += [answer] if answer else []
            if answer and not anyway:
                refused.append((("courses", index), f"it cannot be placed: session {answer.session}, {answer.detail}"))
        progress(done, len(wanted))
    if refused:
        raise NotLoaded(refused)
    return Loaded(site.site.id, Counter({"course": len(wanted) - len(unplaceable)}), tuple(unplaceable))


def wish_of(request: CourseRequest, site: str) -> CourseWish:
    """What a clinic file asks for, in the desk's words."""
    return CourseWish(
        site,
        request.patient,
        request.protocol.id,
        request.start_on_or_after,
        start_on_or_before=request.start_on_or_before,
        finish_on_or_before=request.finish_on_or_before,
        priority=request.priority,
        window=request.window,
        authorization=request.authorization,
        code=request.id,
    )


def _book(db: Db, wish: CourseWish, *, now: datetime, new_id: NewId) -> Unplaceable | None:
    plan = enrolling.propose(db, wish, now=now)
    if isinstance(plan, Unplaceable):
        return Unplaceable(wish.code or "", plan.session, plan.code, plan.detail)
    enrolling.enrol(db, wish, plan, by=BY, now=now, new_id=new_id)
    return None


class _Loading:
    """One clinic on its way into one database."""

    def __init__(self, db: Db, clinic: ClinicFile, now: datetime, new_id: NewId) -> None:
        self.db, self.clinic, self.now, self.new_id = db, clinic, now, new_id
        self.new: Counter[str] = Counter()
        self.differ: list[tuple[FieldPath, str]] = []

    def load(self) -> Loaded:
        self._site()
        self.site_id = rooms_queries.site(self.db, self.clinic.site.id).id
        for part in (self._closures, self._resources, self._protocols, self._patients, self._bookings):
            part()
            if self.differ:
                raise NotLoaded(self.differ)
        if self.new["site"]:
            publishing.adopt_checklists(self.db, self.clinic.site.id, library(), by=BY, now=self.now, new_id=self.new_id)
        return Loaded(self.clinic.site.id, self.new)

    def _refuse(self, path: FieldPath, sentence: str) -> None:
        self.differ.append((path, sentence))

    def _site(self) -> None:
        wanted = self.clinic.site
        there = {known.site.id: known.site for known in rooms_queries.sites(self.db)}.get(wanted.id)
        if there is None:
            equipping.add_site(self.db, wanted, new_id=self.new_id, now=self.now)
            self.new["site"] += 1
            return
        for key in ("timezone", "granularity_minutes", "hours"):
            if getattr(there, key) != getattr(wanted, key):
                raise NotLoaded([(("clinic", key), _differs(f"the site {wanted.id!r}", key))])

    def _closures(self) -> None:
        there = {known.closure for known in rooms_queries.closures(self.db, self.site_id)}
        for closure in self.clinic.site.closures:
            if closure not in there:
                self.new["closure"] += 1
                rostering.close_site(self.db, self.site_id, closure, by=BY, new_id=self.new_id, now=self.now)

    def _resources(self) -> None:
        there = {known.resource.id: known for known in rooms_queries.resources(self.db, self.site_id, retired=True)}
        for index, resource in enumerate(self.clinic.resources):
            known = there.get(resource.id)
            if known is None:
                equipping.add_resource(self.db, self.site_id, resource, new_id=self.new_id, now=self.now)
                self.new["resource"] += 1
            else:
                self._compare_resource(index, resource, known)
            away = known.resource.absences if known else ()
            for absence in resource.absences:
                if absence not in away:
                    rostering.add_absence(self.db, self.site_id, resource.id, absence, new_id=self.new_id, now=self.now)
                    self.new["absence"] += 1

    def _compare_resource(self, index: int, wanted: Resource, known: KnownResource) -> None:
        if known.retired_at:
            self._refuse(("resources", index), f"{wanted.id} was retired in the database; give the new one another id")
        for key in ("kind", "capabilities", "capacity", "hours"):
            if getattr(known.resource, key) != getattr(wanted, key):
                self._refuse(("resources", index, key), _differs(wanted.id, key))

    def _protocols(self) -> None:
        for code, document in self.clinic.protocols.items():
            there = queries.versions_of(self.db, code, site_id=self.site_id)
            if not there or there[-1].version.document != document:
                text = write_protocol(document)
                publishing.publish_protocol(self.db, self.clinic.site.id, code, text, by=BY, now=self.now, new_id=self.new_id)
                self.new["protocol version"] += 1

    def _patients(self) -> None:
        there = {known.patient.code: known for known in queries.patients(self.db, self.site_id)}
        for index, hours in enumerate(self.clinic.patients):
            known, person = there.get(hours.patient), self.clinic.people.get(hours.patient)
            if known is None:
                self._take_in(index, hours, person)
                self.new["patient"] += 1
            else:
                self._compare_patient(index, hours, person, known)

    def _take_in(self, index: int, hours: PatientHours, person: Person | None) -> None:
        try:
            key = self._register(hours, person)
        except DomainError as refusal:
            self._refuse(("patients", index), refusal.message)
            return
        for interval in hours.unavailable:
            registering.note_absence(self.db, key, PatientAbsence(interval))

    def _register(self, hours: PatientHours, person: Person | None) -> str:
        if person is None:
            return registering.take_in_unnamed(self.db, self.clinic.site.id, hours.patient, hours.available, new_id=self.new_id).id
        if person.born_on is None:
            raise NotLoaded([((), "a patient who has a name has a birth date, too; add born_on, or leave the names out")])
        new = registering.NewPatient(person.given_name, person.family_name, person.born_on, hours.available, hours.patient)
        return registering.register_patient(self.db, self.clinic.site.id, new, now=self.now, new_id=self.new_id, despite_duplicate=True).id

    def _compare_patient(self, index: int, wanted: PatientHours, person: Person | None, known: KnownPatient) -> None:
        there = known.patient
        if there.available != wanted.available:
            self._refuse(("patients", index, "available"), _differs(wanted.patient, "week"))
        if person and person != Person(there.given_name, there.family_name, there.born_on):
            self._refuse(("patients", index), f"in the database {wanted.patient} is somebody else; give this patient another id")
        away = {absence.interval for absence in there.absences}
        for interval in wanted.unavailable:
            if interval not in away:
                registering.note_absence(self.db, there.id, PatientAbsence(interval))
                self.new["absence"] += 1

    def _bookings(self) -> None:
        purposes = _purposes(self.clinic.bookings)
        there = rooms_queries.bookings_of(self.db, purposes)
        new = {purpose: booking for purpose, booking in purposes.items() if purpose not in there}
        claims = [_claim(booking, purpose) for purpose, booking in new.items()]
        try:
            reserving.reserve(self.db, self.site_id, claims, new_id=self.new_id, now=self.now)
        except BookingRefused as refused:
            for conflict in refused.conflicts:
                self._refuse(("bookings", new[conflict.claim.purpose].index), conflict.sentence)
        self.new["booking"] += len(claims)


def _differs(what: str, key: str) -> str:
    return f"{what} is in the database already with another {key}; change it there, or give the new one another id"


def _claim(booking: HeldBooking, purpose: str) -> Claim:
    return Claim(booking.resource, booking.interval, booking.load, purpose, 0, booking.capability, booking.reseat)


def _purposes(bookings: Sequence[HeldBooking]) -> dict[str, HeldBooking]:
    """Each booking by a name that it has again when the file is loaded again, wherever in the file it then stands."""
    seen: Counter[str] = Counter()
    found: dict[str, HeldBooking] = {}
    for booking in bookings:
        said = (booking.resource, booking.interval.starts_at, booking.interval.ends_at, booking.load, booking.course, booking.session)
        digest = hashlib.sha256(repr(said).encode()).hexdigest()[:24]
        seen[digest] += 1
        found[f"file:{digest}.{seen[digest]}"] = booking
    return found

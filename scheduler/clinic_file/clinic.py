"""What a clinic file says, as values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from courses.plans.batch import Clinic
from courses.plans.plan import Reseat
from courses.plans.request import CourseRequest, PatientHours, Weights
from courses.protocols.located.faults import Fault
from courses.protocols.provenance import ProtocolDocument
from rooms.availability.interval import Interval
from rooms.resources.resource import Resource
from rooms.resources.site import Site


@dataclass(frozen=True, slots=True)
class HeldBooking:
    """A booking that is there already. `index` is its place in the file's bookings, by which a plan speaks of it.

    With `reseat` it may be given to another resource with its `capability`, at the same time and load.
    """

    index: int
    resource: str
    interval: Interval
    load: int = 1
    capability: str = ""
    reseat: bool = False
    course: str = ""
    session: int | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Who a patient is, where the file says so."""

    given_name: str = ""
    family_name: str = ""
    born_on: date | None = None


@dataclass(frozen=True)
class ClinicFile:
    """A clinic, its protocols and the courses wanted from it. `people` has the patients whom the file names.

    `warnings` are what can be read and cannot work, such as a capability that no resource has: such a course is unplaceable.
    """

    site: Site
    resources: tuple[Resource, ...] = ()
    protocols: Mapping[str, ProtocolDocument] = field(default_factory=dict)
    patients: tuple[PatientHours, ...] = ()
    requests: tuple[CourseRequest, ...] = ()
    bookings: tuple[HeldBooking, ...] = ()
    weights: Weights = field(default_factory=Weights)
    people: Mapping[str, Person] = field(default_factory=dict)
    warnings: tuple[Fault, ...] = field(default=(), compare=False)

    def as_planned_against(self, reseated: Iterable[Reseat] = ()) -> Clinic:
        """The clinic as planning wants it, with the bookings that a plan before gave to other resources on those."""
        seats = {each.booking: each.resource for each in reseated}
        held = tuple((seats.get(each.index, each.resource), each.interval, each.load) for each in self.bookings)
        patients = {hours.patient: hours for hours in self.patients}
        reserving = [document.protocol for document in self.protocols.values() if document.protocol.reserve]
        return Clinic(self.site, self.resources, held, patients, self.weights, self._movable(), reserving)

    def _movable(self) -> dict[int, str]:
        """The bookings that may be given to others, but for those of a session that holds several of a kind at once: they stay apart."""
        at_once = Counter((each.course, each.session, each.capability, each.interval) for each in self.bookings if each.course)
        return {
            index: each.capability
            for index, each in enumerate(self.bookings)
            if each.reseat and at_once[each.course, each.session, each.capability, each.interval] < 2
        }

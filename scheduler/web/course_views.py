"""A course and its sessions as the pages show them: times on the site's clock, resources by name, and what happened in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from courses.plans.ongoing.course import Course
from courses.protocols.words import phase_words, plain
from courses.queries import Happening
from courses.sessions.session import TreatmentSession
from courses.sessions.status import CourseStatus, SessionStatus
from rooms.availability.hours import SiteTime
from rooms.queries import KnownResource
from scheduler.access.clinical import sees_values
from scheduler.web.rendering import counted, day, day_with_year

_S = SessionStatus
RESEATING = {"made_room", "reseated"}
STEPS_OF_A_VISIT = {"arrived", "in_treatment", "in_observation"}


@dataclass(frozen=True, slots=True)
class Booked:
    """One resource of a session; times are the site's, turnover included."""

    resource: str
    kind: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session; its times are None while it has no place."""

    id: str
    number: int
    n_sessions: int
    phase: str
    starts_at: datetime | None
    ends_at: datetime | None
    minutes: int
    state: str
    note: str
    resources: str
    bookings: tuple[Booked, ...]
    missed_wish: str
    reason: str
    is_authorized: bool
    can_move: bool
    can_cancel: bool
    can_miss: bool

    @property
    def href(self) -> str:
        """The session's page."""
        return f"/sessions/{self.id}"


@dataclass(frozen=True, slots=True)
class PhaseView:
    """The sessions of one phase."""

    name: str
    sentence: str
    sessions: tuple[SessionView, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """Something that happened, in words."""

    at: datetime
    what: str
    why: str
    by: str


@dataclass(frozen=True, slots=True)
class MoveView:
    """What becomes of one session when something is done."""

    number: int
    from_at: datetime | None
    to_at: datetime | None
    resources: str
    is_subject: bool
    note: str


@dataclass(frozen=True)
class CourseView:
    """Makes what the pages show of a course. `resources` are the site's, those retired too."""

    course: Course
    time: SiteTime
    resources: Sequence[KnownResource]
    now: datetime

    @property
    def href(self) -> str:
        """The course's page."""
        return f"/courses/{self.course.id}"

    @property
    def title(self) -> str:
        """What is given."""
        return self.course.version_of.protocol.title

    @property
    def n_done(self) -> int:
        """How many sessions took place."""
        return sum(session.status is _S.DISCHARGED for session in self.course.sessions)

    @property
    def authorization(self) -> str:
        """What the payer agreed to, in a sentence; nothing where no permit is known."""
        permit = self.course.request.authorization
        if permit is None:
            return ""
        until = f"from {day_with_year(permit.valid_from)} until {day_with_year(permit.valid_until)}"
        devices = "" if permit.devices is None else f" with {counted(permit.devices, 'device')} in all"
        return f"Authorized: {counted(permit.sessions, 'session')}{devices}, {until}. {max(0, permit.sessions - self.n_done)} left."

    @property
    def next(self) -> SessionView | None:
        """The next session that has a place."""
        ahead = sorted((session for session in self.course.ahead(self.now) if session.interval), key=_by_time)
        return self.session(ahead[0]) if ahead else None

    @property
    def phases(self) -> list[PhaseView]:
        """The sessions, those missed and cancelled too, under their phases in order of time."""
        phases = {phase.name: phase for phase in self.course.request.protocol.phases}
        order = {name: place for place, name in enumerate(phases)}
        found = sorted(self.course.sessions, key=lambda each: (order.get(each.phase, len(order)), *_by_time(each)))
        return [
            PhaseView(plain(name), phase_words(phases[name]) if name in phases else "", tuple(map(self.session, some)))
            for name, some in groupby(found, key=lambda session: session.phase)
        ]

    def session(self, session: TreatmentSession) -> SessionView:
        """One of its sessions."""
        starts_at, ends_at = (self._local(moment) for moment in _ends(session))
        begun, active = session.is_history(self.now), self.course.status is CourseStatus.ACTIVE
        over = session.interval is not None and session.interval.ends_at <= self.now
        return SessionView(
            id=session.id,
            number=session.number,
            n_sessions=self.course.agreed_sessions,
            phase=plain(session.phase),
            starts_at=starts_at,
            ends_at=ends_at,
            minutes=int(session.interval.length.total_seconds() // 60) if session.interval else 0,
            state=session.status,
            note="",
            resources=self.names(booking.claim.resource for booking in session.bookings),
            bookings=tuple(self._booked(session)),
            missed_wish=session.missed_wish or "",
            reason=(session.reason or "") if sees_values() else "",
            is_authorized=session.authorized or not session.is_live,
            can_move=active and not begun and session.status in {_S.PLANNED, _S.BOOKED},
            can_cancel=active and not over and session.status in {_S.PLANNED, _S.BOOKED, _S.ARRIVED},
            can_miss=active and begun and session.status is _S.BOOKED,
        )

    def history(self, happenings: Iterable[Happening]) -> list[Told]:
        """What happened, the newest first; what was done at once is told at once. Of a visit that took place only its end is told."""
        numbers = {session.id: session.number for session in self.course.sessions}
        found = []
        told = [each for each in happenings if each.kind not in STEPS_OF_A_VISIT]
        for (at, by, reason), some in groupby(told, key=lambda each: (each.at, each.by, each.reason)):
            parts = list(some)
            done = [each for each in parts if each.kind not in RESEATING]
            said = [self._told(done, numbers)] if done else []
            said += [self._made_way(each, numbers) for each in parts if each.kind in RESEATING]
            found.append(Told(self.time.local(at), " ".join(said), (reason or "") if sees_values() else "", by))
        return found[::-1]

    def _told(self, happenings: list[Happening], numbers: Mapping[str, int]) -> str:
        whole = next((each for each in happenings if each.session is None), None)
        if whole is not None:
            return _WHOLE.get(whole.kind, f"Course {whole.kind}.")
        fell = next((each for each in happenings if each.kind in {"missed", "cancelled"}), None)
        if fell is not None:
            return f"Session {_number(fell, numbers)} {fell.kind}. {fell.detail.get('then', '')}".strip()
        moved = next((each for each in happenings if each.kind == "moved"), None)
        if moved is not None and _place(moved, "to"):
            return f"Session {_number(moved, numbers)} moved{self._from_to(moved)}."
        if len(happenings) == 1:
            return f"Session {_number(happenings[0], numbers)} {_KINDS.get(happenings[0].kind, happenings[0].kind)}."
        kinds = Counter(each.kind for each in happenings)
        said = ", ".join(f"{counted(n, 'session')} {_KINDS.get(kind, kind)}" for kind, n in kinds.items())
        return f"{said}."

    def _made_way(self, happening: Happening, numbers: Mapping[str, int]) -> str:
        if happening.kind == "made_room":
            bookings = happening.detail.get("bookings")
            n = len(bookings) if isinstance(bookings, list) else 0
            return f"{counted(n, 'visit')} of others went to like resources for it, at the same time."
        new, gone = (self.names([str(happening.detail.get(which, ""))]) for which in ("to", "from"))
        return f"Session {_number(happening, numbers)} has {new} instead of {gone}, at the same time, to make room for another visit."

    def _from_to(self, moved: Happening) -> str:
        begun, now_is = _place(moved, "from"), _place(moved, "to")
        return f"{f' from {self._day_and_time(begun)}' if begun else ''} to {self._day_and_time(now_is)}" if now_is else ""

    def _day_and_time(self, at: datetime) -> str:
        local = self.time.local(at)
        return f"{day(local)}, {local:%H:%M}"

    def changes_from(self, before: Course, subject: str = "") -> list[MoveView]:
        """What became of each session that is not where it was, in order of time."""
        known = {session.id: session for session in before.sessions}
        changed = [session for session in self.course.sessions if _differs(known.get(session.id), session)]
        return [self._change(known.get(each.id), each, is_subject=each.id == subject) for each in sorted(changed, key=_by_time)]

    def _change(self, was: TreatmentSession | None, session: TreatmentSession, *, is_subject: bool) -> MoveView:
        gone = not session.is_live
        from_at = self._local(was.interval.starts_at) if was and was.interval else None
        to_at = None if gone or session.interval is None else self._local(session.interval.starts_at)
        note = session.status if gone else "new" if was is None else "owed, no place yet" if session.interval is None else ""
        names = "" if gone else self.names(booking.claim.resource for booking in session.bookings)
        return MoveView(session.number, from_at, to_at, names, is_subject, note)

    def _booked(self, session: TreatmentSession) -> Iterator[Booked]:
        """Each resource once, from its first step to its last."""
        known = {each.resource.id: each.resource for each in self.resources}
        for code in dict.fromkeys(session.resources):
            resource, held = known.get(code), [each.claim.interval for each in session.bookings if each.claim.resource == code]
            title, kind = (resource.title, resource.kind) if resource else (code, "resource")
            starts_at, ends_at = min(each.starts_at for each in held), max(each.ends_at for each in held)
            yield Booked(title, kind, self.time.local(starts_at), self.time.local(ends_at))

    def names(self, codes: Iterable[str]) -> str:
        """Resources by what people call them."""
        titles = {known.resource.id: known.resource.title for known in self.resources}
        return ", ".join(titles.get(code, code) for code in dict.fromkeys(codes))

    def _local(self, moment: datetime | None) -> datetime | None:
        return None if moment is None else self.time.local(moment)


_WHOLE = {
    "held": "Course put on hold. Its sessions to come gave their places back.",
    "resumed": "Course resumed.",
    "extended": "Course extended.",
    "stopped": "Course stopped. Its sessions to come were cancelled.",
}
_KINDS = {
    "booked": "booked",
    "moved": "moved",
    "reassigned": "given other resources",
    "placed": "given a place",
    "renumbered": "numbered anew",
    "owed": "owed",
    "discharged": "done",
    "held": "put on hold",
}


def _ends(session: TreatmentSession) -> tuple[datetime | None, datetime | None]:
    return (session.interval.starts_at, session.interval.ends_at) if session.interval else (None, None)


def _by_time(session: TreatmentSession) -> tuple[bool, float, int]:
    starts_at, _ = _ends(session)
    return starts_at is None, starts_at.timestamp() if starts_at else 0, session.number


def _differs(was: TreatmentSession | None, session: TreatmentSession) -> bool:
    return was is None or (was.interval, was.resources, was.is_live) != (session.interval, session.resources, session.is_live)


def _number(happening: Happening, numbers: Mapping[str, int]) -> object:
    for place in ("to", "from"):
        told = happening.detail.get(place)
        if isinstance(told, dict) and "number" in told:
            return told["number"]
    return happening.detail.get("number") or numbers.get(happening.session or "", "")


def _place(happening: Happening, which: str) -> datetime | None:
    told = happening.detail.get(which)
    at = told.get("at") if isinstance(told, dict) else None
    return datetime.fromisoformat(at[0]) if isinstance(at, list) and at else None

"""Looks at how patients are reached, and at courses as they are told to their patients."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import ScalarSelect, String, cast, func, literal, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from courses.openings.offer import By, Offer, OfferStatus
from courses.openings.wish import Aim, OpeningWish
from courses.patients.contact import Channel, Consent, Contact, Opted
from courses.queries import versions
from courses.queries.openings import OPEN, offers_of_courses, shut_out_of, wishes_of_courses
from courses.records import (
    ConsentRow,
    CourseRow,
    MonitoringFormRow,
    OpeningOfferRow,
    OpeningWishRow,
    PatientContactRow,
    PatientRow,
    ProtocolVersionRow,
    SessionEventRow,
    SessionRow,
    VisitAnswerRow,
)
from courses.sessions.happened import CourseHistory, OfferedPlace, OwedForm, Place, PlaceChange, Visit
from courses.sessions.status import LIVE, SessionStatus
from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from rooms.base import Db

PLACES = {"booked": Place.GIVEN, "placed": Place.GIVEN, "moved": Place.MOVED}
PLACES |= dict.fromkeys(("cancelled", "held", "owed"), Place.TAKEN)
"""What an event of a session does to its place."""
COMES = "confirmed"
WHETHER = (COMES, "asked", "cancelled")
"""The answers that say whether they come: the last of them counts."""
OFFERED = timedelta(days=2)
"""How long ago a place was offered at most, so that there is still something to say of it."""
RowNumber = InstrumentedAttribute[int] | InstrumentedAttribute[int | None]
STILL_TOLD = timedelta(days=7)
"""How long ago a change may be, to be told."""


def contact(db: Db, patient_id: int) -> Contact | None:
    """How a patient is reached, if anybody has written it down."""
    return contacts(db, [patient_id]).get(patient_id)


def contacts(db: Db, patient_ids: Collection[int]) -> dict[int, Contact]:
    """The newest contact of each patient, by row number."""
    row = PatientContactRow
    found = db.scalars(select(row).where(row.patient_id.in_(patient_ids)).order_by(row.patient_id, row.number))
    return {each.patient_id: _contact(each) for each in found}


def _contact(row: PatientContactRow) -> Contact:
    return Contact(row.phone, row.mail, row.language, row.zone, Channel(row.channel), row.late_reminder, row.number, row.at)


def consents(db: Db, addresses: Collection[str]) -> tuple[Consent, ...]:
    """Every entry of the ledger about some addresses, the oldest first, whosever they are."""
    row = ConsentRow
    found = db.scalars(select(row).where(row.address.in_(addresses)).order_by(row.id))
    return tuple(Consent(Channel(each.channel), each.address, Opted(each.opted), each.evidence, each.by, each.at) for each in found)


def patients_at(db: Db, channel: Channel, address: str) -> tuple[tuple[int, int], ...]:
    """Whose an address is now: row numbers of patients and their sites."""
    row = PatientContactRow
    column = row.phone if channel is Channel.SMS else row.mail
    had = set(db.scalars(select(row.patient_id).where(column == address)))
    whose = [patient_id for patient_id, known in contacts(db, had).items() if known.address(channel) == address]
    asked = select(PatientRow.id, PatientRow.site_id).where(PatientRow.id.in_(whose)).order_by(PatientRow.id)
    return tuple((patient_id, site_id) for patient_id, site_id in db.execute(asked))


def contact_versions(db: Db, patient_ids: Collection[int], *, since: int) -> dict[int, list[Contact]]:
    """How patients (by row number) were reached from a version on, by patient, the oldest first."""
    row, found = PatientContactRow, defaultdict[int, list[Contact]](list)
    asked = select(row).where(row.patient_id.in_(patient_ids), row.number >= since).order_by(row.patient_id, row.number)
    for each in db.scalars(asked):
        found[each.patient_id].append(_contact(each))
    return found


def last_start(*, session: RowNumber | None = None, course: RowNumber | None = None) -> ScalarSelect[datetime | None]:
    """When a session, or the last one of a course (by columns with row numbers), begins: to be asked within another look."""
    row = SessionRow
    which = row.id == session if course is None else row.course_id == course
    return select(func.max(row.starts_at)).where(which).scalar_subquery()


def next_visit(db: Db, patient_ids: Collection[int], *, now: datetime) -> tuple[int, datetime] | None:
    """The row number and start of the next visit of these patients."""
    row = SessionRow
    ahead = (row.patient_id.in_(patient_ids), row.status == SessionStatus.BOOKED, row.starts_at > now)
    found = db.execute(select(row.id, row.starts_at).where(*ahead).order_by(row.starts_at, row.id).limit(1)).one_or_none()
    return None if found is None or found[1] is None else (found[0], found[1])


def next_visits(db: Db, patient_ids: Collection[int], *, now: datetime) -> dict[int, tuple[str, datetime]]:
    """The next visit of each patient, by row number: its public id and when it begins; nothing for those who have none."""
    row = SessionRow
    ahead = (row.patient_id.in_(patient_ids), row.status == SessionStatus.BOOKED, row.starts_at > now)
    found = db.execute(select(row.patient_id, row.public_id, row.starts_at).where(*ahead).order_by(row.starts_at.desc(), row.id.desc()))
    return {patient_id: (key, at) for patient_id, key, at in found if at is not None}


def course_of_patient_now(db: Db, patient_id: int) -> int | None:
    """The row number of a patient's newest course."""
    return db.scalar(select(CourseRow.id).where(CourseRow.patient_id == patient_id).order_by(CourseRow.id.desc()).limit(1))


def courses_to_tell_of(db: Db, *, now: datetime, ahead: timedelta) -> tuple[int, ...]:
    """Row numbers of the courses with visits soon, changes lately, forms that are owed, or wishes for other times."""
    row, event = SessionRow, SessionEventRow
    offer = OpeningOfferRow
    offered = select(row.course_id).join(offer, offer.session_id == row.id).where(offer.made_at > now - OFFERED)
    soon = select(row.course_id).where(row.status == SessionStatus.BOOKED, row.starts_at > now, row.starts_at < now + ahead)
    lately = select(event.course_id).where(event.at > now - STILL_TOLD, event.kind.in_(PLACES))
    owed = select(row.course_id).join(MonitoringFormRow, MonitoringFormRow.session_id == row.id).where(MonitoringFormRow.status == "owed")
    wished = select(OpeningWishRow.course_id).where(OPEN)
    found = {course_id for asked in (soon, lately, owed, offered, wished) for course_id in db.scalars(asked.distinct())}
    return tuple(sorted(found))


def free_patients(db: Db, ids: Iterable[int]) -> frozenset[int]:
    """Hold everybody else off these patients until the transaction ends; only those off whom nobody is held already."""
    asked = select(PatientRow.id).where(PatientRow.id.in_(sorted(ids))).order_by(PatientRow.id)
    return frozenset(db.scalars(asked.with_for_update(skip_locked=True)))


Written = Mapping[tuple[str, str], int]
"""How many lines there are about each address, patient and course."""


def written(db: Db, addresses: Collection[str], patient_ids: Collection[int], course_ids: Collection[int]) -> Written:
    """How much was ever written down of what decides on messages: opt-ins of addresses, contacts of patients, events, answers of courses.

    It all is only ever added to: another count is a change.
    """
    consent, who, event, answer, lines = ConsentRow, PatientContactRow, SessionEventRow, VisitAnswerRow, func.count()
    whose, patient = cast(SessionRow.course_id, String), cast(who.patient_id, String)
    counts = (
        select(literal("address"), consent.address, lines).where(consent.address.in_(addresses)).group_by(consent.address),
        select(literal("patient"), patient, lines).where(who.patient_id.in_(patient_ids)).group_by(who.patient_id),
        select(literal("course"), cast(event.course_id, String), lines).where(event.course_id.in_(course_ids)).group_by(event.course_id),
        select(literal("answers"), whose, lines)
        .join(answer, answer.session_id == SessionRow.id)
        .where(SessionRow.course_id.in_(course_ids))
        .group_by(SessionRow.course_id),
    )
    return {(kind, key): count for kind, key, count in db.execute(union_all(*counts))}


def histories(db: Db, course_ids: Collection[int], *, now: datetime) -> dict[int, CourseHistory]:
    """Courses as they are told to their patients, by row number."""
    asked = select(CourseRow.id, CourseRow.public_id, CourseRow.protocol_version_id, PatientRow)
    asked = asked.join(PatientRow, PatientRow.id == CourseRow.patient_id).where(CourseRow.id.in_(course_ids))
    found = db.execute(asked).all()
    by_version = {known.id: known.version.protocol.modality for known in versions(db, ProtocolVersionRow.id.in_({e[2] for e in found}))}
    offers, wishes = offers_of_courses(db, course_ids, since=now - OFFERED), wishes_of_courses(db, course_ids)
    shut_out = shut_out_of(db, [wish for each in wishes.values() for wish in each], now=now)
    sites = {wish.site_id for each in wishes.values() for wish in each}
    times = {site_id: SiteTime(rooms_queries.site(db, site_id).site.timezone) for site_id in sorted(sites)}
    events, answers, forms = _events(db, course_ids), _answers(db, course_ids), _forms(db, course_ids)
    visits: dict[int, list[Visit]] = defaultdict(list)
    changes: dict[int, list[PlaceChange]] = defaultdict(list)
    for row in _sessions(db, course_ids):
        happened = events.get(row.id, [])
        visits[row.course_id].append(_visit(row, happened, answers.get(row.id, ())))
        changes[row.course_id] += [_change(row, event) for event in happened if event.at > now - STILL_TOLD]
    return {
        course_id: CourseHistory(
            key,
            course_id,
            who.site_id,
            who.id,
            who.given_name,
            by_version[version_id],
            tuple(visits[course_id]),
            tuple(changes[course_id]),
            tuple(forms.get(course_id, ())),
            tuple(_offered(each) for each in offers.get(course_id, ())),
            tuple(shut_out[wish.id] for wish in wishes.get(course_id, ()) if wish.id in shut_out),
            _unsuited(visits[course_id], wishes.get(course_id, ()), times),
        )
        for course_id, key, version_id, who in found
    }


def _sessions(db: Db, course_ids: Collection[int]) -> Iterable[SessionRow]:
    row = SessionRow
    return db.scalars(select(row).where(row.course_id.in_(course_ids)).order_by(row.id).execution_options(populate_existing=True))


def _events(db: Db, course_ids: Collection[int]) -> dict[int, list[SessionEventRow]]:
    row, found = SessionEventRow, defaultdict[int, list[SessionEventRow]](list)
    asked = select(row).where(row.course_id.in_(course_ids), row.kind.in_(PLACES), row.session_id.is_not(None))
    for each in db.scalars(asked.order_by(row.id)):
        if each.session_id is not None:
            found[each.session_id].append(each)
    return found


def _answers(db: Db, course_ids: Collection[int]) -> dict[int, list[VisitAnswerRow]]:
    row, found = VisitAnswerRow, defaultdict[int, list[VisitAnswerRow]](list)
    asked = select(row).join(SessionRow, SessionRow.id == row.session_id).where(SessionRow.course_id.in_(course_ids))
    for each in db.scalars(asked.order_by(row.id)):
        found[each.session_id].append(each)
    return found


def _forms(db: Db, course_ids: Collection[int]) -> dict[int, list[OwedForm]]:
    row, found = MonitoringFormRow, defaultdict[int, list[OwedForm]](list)
    asked = select(row.public_id, row.due_at, SessionRow.public_id, SessionRow.course_id)
    asked = asked.join(SessionRow, SessionRow.id == row.session_id).where(SessionRow.course_id.in_(course_ids), row.status == "owed")
    for form, due_at, session, course_id in db.execute(asked.order_by(row.id)):
        found[course_id].append(OwedForm(form, session, due_at))
    return found


def _visit(row: SessionRow, happened: Collection[SessionEventRow], answers: Collection[VisitAnswerRow]) -> Visit:
    placed = [event.at for event in happened if PLACES[event.kind] is not Place.TAKEN]
    of_this = [each for each in answers if each.visit_at == row.starts_at]
    given = frozenset(each.answer for each in of_this)
    last = next((each for each in reversed(of_this) if each.answer in WHETHER), None)
    asked_at = last.at if last is not None and last.answer != COMES else None
    status = SessionStatus(row.status)
    edition, placed_at, changed_at = max(1, len(placed)), max(placed, default=None), max((event.at for event in happened), default=None)
    changes = max(1, len(happened))
    return Visit(
        row.public_id, row.number, status, row.starts_at, edition, placed_at, given, row.ends_at, changes, changed_at, row.id, asked_at
    )


def _unsuited(visits: Iterable[Visit], wishes: Collection[OpeningWish], times: Mapping[int, SiteTime]) -> frozenset[str]:
    """The sessions that are not at the times that somebody wishes for them."""
    found = set[str]()
    for wish in wishes:
        about = [each for each in visits if wish.aim is Aim.OTHER_TIMES and wish.session in {None, each.session}]
        found |= {each.session for each in about if each.place is not None and wish.is_away(each.place, times[wish.site_id])}
    return frozenset(found)


def _change(row: SessionRow, event: SessionEventRow) -> PlaceChange:
    what = PLACES[event.kind]
    was = _was_at(event.detail) or (row.starts_at if row.status not in LIVE else None)
    return PlaceChange(event.at, row.public_id, what, was if what is Place.TAKEN else None)


def _offered(offer: Offer) -> OfferedPlace:
    return OfferedPlace(
        offer.id,
        offer.session,
        offer.place.starts_at,
        offer.begins_at,
        offer.hold_until,
        offer.by is By.MESSAGE,
        offer.status is OfferStatus.OFFERED,
        offer.status is OfferStatus.WITHDRAWN,
        offer.ended_at,
    )


def _was_at(detail: dict[str, object]) -> datetime | None:
    """The start that an event says a session had."""
    before = detail.get("from")
    at = before.get("at") if isinstance(before, dict) else None
    return datetime.fromisoformat(str(at[0])) if isinstance(at, list) and at else None

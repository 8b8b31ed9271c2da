"""What is written down at a session: answers, amendments, what is taken back, signatures, gates that are gone past. Nothing is changed."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from courses import charting, signing
from courses.charting import Saved
from courses.checklists.entry import Person
from courses.checklists.writing import Amended, Press, TakenBack, Writer
from courses.queries.charts import SessionChart, chart_of
from rooms.base import Db
from scheduler import queries
from scheduler.access.actor import Actor
from scheduler.access.chart_rights import READS_WHAT_WAS_TAKEN_BACK, rights_by
from scheduler.access.refusals import SignInNeeded, SomebodyElse
from scheduler.api.chart_requests import AlertIn, AmendIn, AnswersIn, OverrideIn, RetractIn, SignIn, kept
from scheduler.api.chart_shapes import OverrideShown, SavedShown, SignatureShown, entries_shown
from scheduler.api.chart_shown import ChartShown, HistoryShown
from scheduler.api.fields import Key, instant_of
from scheduler.api.problems import changes, problems
from scheduler.dependencies import AtDesk, Change, Creating, Desk, office_of, shown
from scheduler.persons import Typed, note_own_signature, vouched
from scheduler.proving import Means

router = APIRouter(prefix="/sessions/{session}", tags=["charts"])


@router.get("/chart", response_model=ChartShown, responses=problems(404), summary="What stands in a session's chart")
def show_chart(session: Key, desk: AtDesk) -> Response:
    """What was written down as it stands now, what is due, what may be signed, and when the patient may go."""
    with desk.reading() as db:
        known = chart_of(db, session)
    return shown(ChartShown.of(known, now=desk.now))


@router.get("/chart/history", response_model=HistoryShown, responses=problems(404), summary="Everything that was written down")
def show_history(session: Key, desk: AtDesk) -> Response:
    """Originals, late entries, amendments and what was taken back, with who, when and why; signatures; gates that were gone past."""
    with desk.reading() as db:
        known = chart_of(db, session)
    return shown(HistoryShown.of(known, sees_hidden=_sees_hidden(desk, known)))


@router.post("/entries", status_code=201, response_model=SavedShown, responses=changes(404), summary="Write down what one press saves")
def record(session: Key, answers: AnswersIn, request: Request, change: Creating) -> Response:
    """All answers or none. What comes late owes a reason; a dose stands behind its gates. Sent again with its key, it is saved once."""
    return _record(session, answers, request, change, from_paper=False)


@router.post(
    "/entries/paper", status_code=201, response_model=SavedShown, responses=changes(404), summary="Enter from paper what was written down"
)
def record_from_paper(session: Key, answers: AnswersIn, request: Request, change: Creating) -> Response:
    """What was written on paper while nothing worked: always late, with the time that the paper tells."""
    return _record(session, answers, request, change, from_paper=True)


@router.post(
    "/entries/{entry}/amend", status_code=201, response_model=SavedShown, responses=changes(404), summary="Let something else stand instead"
)
def amend(session: Key, entry: Key, to: AmendIn, request: Request, change: Creating) -> Response:
    """The entry stays to be read. One's own, or another's as a physician."""

    def work(db: Db) -> SavedShown:
        at = None if to.observed_at is None else instant_of(to.observed_at, chart_of(db, session).time)
        reason = to.reason or _reason(change)
        amended = Amended(kept(to.value), to.reason_code, reason, at, to.typed_twice, to.action)
        return _saved(db, session, charting.amend(db, session, entry, amended, _press(request, change)), change.desk)

    return change.answer(to, work, status=201)


@router.post(
    "/entries/{entry}/retract", status_code=201, response_model=SavedShown, responses=changes(404), summary="Take an entry back, by two"
)
def retract(session: Key, entry: Key, why: RetractIn, request: Request, change: Creating) -> Response:
    """What it said stays on record. What was the wrong patient's is hidden from most, and may be written down at the right session."""

    def work(db: Db) -> SavedShown:
        told = TakenBack(why.reason_code, why.reason or _reason(change), _second(db, change.desk), why.belongs_to)
        return _saved(db, session, charting.retract(db, session, entry, told, _press(request, change)), change.desk)

    return change.answer(why, work, status=201)


@router.post("/signatures", status_code=201, response_model=SignatureShown, responses=changes(404, 412, 429), summary="Sign what was shown")
def sign(session: Key, given: SignIn, request: Request, change: Creating) -> Response:
    """Refused with what came since where the record is not what was shown. A second person proves here who they are, and signs."""
    writer = _beside(request, change.desk, given, session) if given.second_handle else writer_of(request, change.desk)

    def work(db: Db) -> SignatureShown:
        signature = signing.sign(db, session, given.meaning, given.digest, _press(request, change, writer))
        note_own_signature(db, change.desk, writer.id)
        return SignatureShown.of(signature, chart_of(db, session))

    return change.answer(given.model_copy(update={"second_password": "", "second_code": ""}), work, status=201)


@router.post("/overrides", status_code=201, response_model=OverrideShown, responses=changes(404), summary="Go past a clinical gate")
def override(session: Key, given: OverrideIn, request: Request, change: Creating) -> Response:
    """As somebody whom the gate names, with a reason. Nobody goes past a regulatory stop."""

    def work(db: Db) -> OverrideShown:
        made = signing.override(db, session, given.gate, given.verb, given.reason, _press(request, change))
        return OverrideShown.of(made, chart_of(db, session).time)

    return change.answer(given, work, status=201)


@router.post("/alerts/seen", status_code=204, responses=changes(404), summary="Silence an alert on one device")
def see_alert(session: Key, given: AlertIn, request: Request, change: Creating) -> Response:
    """The alert stands until its cause has gone; that it was seen, by whom and when, is kept."""

    def work(db: Db) -> None:
        signing.see_alert(db, session, given.alert, _press(request, change))

    return change.answer(given, work)


def writer_of(request: Request, desk: Desk) -> Writer:
    """Whoever sent the request, as somebody who writes."""
    actor, table = _actor(desk), office_of(request).table
    return Writer(actor.public_id, actor.name, rights_by(table, actor.roles), actor.strength.value, actor.login)


def _record(session: str, answers: AnswersIn, request: Request, change: Change, *, from_paper: bool) -> Response:
    def work(db: Db) -> SavedShown:
        time = chart_of(db, session).time
        given = [each.answered(time) for each in answers.entries]
        return _saved(db, session, charting.record(db, session, given, _press(request, change), from_paper=from_paper), change.desk)

    return change.answer(answers, work, status=201)


def _saved(db: Db, session: str, saved: Saved, desk: Desk) -> SavedShown:
    known = chart_of(db, session)
    warnings = [*(stop.sentence for stop in saved.warnings), *(caution.sentence for caution in saved.cautions)]
    entries = entries_shown(known, saved.entries, sees_hidden=_sees_hidden(desk, known))
    return SavedShown(session=session, entries=entries, warnings=warnings)


def _press(request: Request, change: Change, writer: Writer | None = None) -> Press:
    """Raises `SomebodyElse` where the page that sends it was opened by another person."""
    actor, wrote = _actor(change.desk), request.headers.get("chairtime-writer", "")
    if wrote and wrote != actor.public_id:
        raise SomebodyElse(actor.name)
    return Press(writer or writer_of(request, change.desk), change.now, change.new_id, change.key or change.new_id("k_"))


def _beside(request: Request, desk: Desk, given: SignIn, session: str) -> Writer:
    """The second person, who stands beside the one who is signed in and proves who they are. Raises `NotProven`, `TryLater`."""
    typed = Typed(given.second_handle, given.second_password, given.second_code)
    return vouched(desk, office_of(request), _means(request), typed, session)


def _second(db: Db, desk: Desk) -> Person:
    """The second person whose approval was taken for this request."""
    account = queries.account(db, desk.visit.author.about["second"] if desk.visit else "")
    return Person(account.public_id, account.name, "")


def _reason(change: Change) -> str:
    return change.desk.visit.author.reason if change.desk.visit else ""


def _sees_hidden(desk: Desk, known: SessionChart) -> bool:
    return bool(READS_WHAT_WAS_TAKEN_BACK & _actor(desk).roles.get(known.site.id, frozenset()))


def _actor(desk: Desk) -> Actor:
    if desk.actor is None:
        raise SignInNeeded
    return desk.actor


def _means(request: Request) -> Means:
    means: Means = request.app.state.means
    return means

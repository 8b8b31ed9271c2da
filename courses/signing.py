"""Signing a record, going past a gate, silencing an alert: what somebody answers for by name, added to what was written down."""

from __future__ import annotations

from courses import pinning, queries
from courses.checklists.changes import RecordChanged, changed_since
from courses.checklists.checklist import Meaning
from courses.checklists.item import GateClass, Verb
from courses.checklists.marks import AlertSeen, Signature
from courses.checklists.signing import Override, cover, digest_of
from courses.checklists.writing import CannotPass, MayNot, NotInTheWay, NotOpen, Press, SamePerson, checked_words
from courses.errors import Unknown
from courses.queries import charts
from courses.queries.charts import SessionChart
from courses.queries.stops import stops_before
from courses.records import AlertSeenRow, GateOverrideRow, SignatureRow
from rooms import faults
from rooms.base import Db


def sign(db: Db, session: str, meaning: str, shown: str, press: Press) -> Signature:
    """Sign what was shown; `shown` is its digest. The record is locked, so that nothing comes between the look and the signature.

    Who signed it as it stands already is given their signature. Raises `RecordChanged` with what came since where the record is another
    one by now, `MayNot`, `SamePerson` for a second signature by whoever gave the first, `NotOpen`, `Unknown`.
    """
    known = _locked(db, session)
    said = next((each for each in known.meanings if each.code == meaning), None)
    if said is None:
        raise Unknown("meaning", meaning)
    role = _signing_role(known, said, press)
    if not known.entries:
        raise NotOpen(known.number, "has nothing written down yet that could be signed.")
    versions = [each.digest for each in known.checklists]
    covered = cover(versions, known.chart, known.overrides, meaning)
    digest, writer = digest_of(covered), press.writer
    if digest != shown:
        raise RecordChanged(changed_since(shown, versions, known.entries, known.overrides, meaning))
    before = next((each for each in known.signatures if (each.meaning, each.by.id, each.digest) == (meaning, writer.id, digest)), None)
    if before:
        return before
    faults.point("F20")
    signature = Signature(press.new_id("sg_"), meaning, press.now, writer.by(role), writer.strength, digest)
    db.add(_signature_row(known, signature, covered))
    db.flush()
    return signature


def override(db: Db, session: str, gate: str, verb: Verb, reason: str, press: Press) -> Override:
    """Go past a clinical gate that stands in the way of a move now, as somebody whom it names, with a reason.

    Raises `NotInTheWay`, `CannotPass` for a gate that nobody may go past, `MayNot`, `Faulty` for no reason, `Unknown` for the session.
    """
    known = _locked(db, session)
    stop = next((each for each in stops_before(db, known, verb, now=press.now) if each.gate == gate), None)
    if stop is None:
        raise NotInTheWay(gate, verb)
    if stop.kind is not GateClass.CLINICAL:
        raise CannotPass(stop.sentence)
    roles = [role for role in press.writer.at(known.site.id).override if role in stop.overridden_by]
    if not roles:
        raise MayNot("go past this gate", stop.overridden_by)
    words = checked_words(reason)
    pinning.pin(db, known, now=press.now)
    made = Override(press.new_id("go_"), gate, verb, press.now, press.writer.by(roles[0]), words)
    db.add(
        GateOverrideRow(
            public_id=made.id,
            session_id=known.id,
            gate=gate,
            verb=verb,
            at=made.at,
            by=made.by.id,
            by_name=made.by.name,
            by_role=made.by.role,
            reason=words,
        )
    )
    db.flush()
    return made


def see_alert(db: Db, session: str, alert: str, press: Press) -> AlertSeen:
    """Silence an alert for a while on one device; the alert stands until its cause has gone. Raises `MayNot`, `Unknown`."""
    known = charts.chart_of(db, session)
    if not press.writer.at(known.site.id).write:
        raise MayNot("silence an alert", ())
    seen = AlertSeen(alert, press.now, press.writer.id, press.writer.device)
    db.add(AlertSeenRow(session_id=known.id, alert=alert, at=seen.at, by=seen.by, device=seen.device))
    db.flush()
    return seen


def _locked(db: Db, session: str) -> SessionChart:
    queries.lock_patients_of(db, [session])
    return charts.chart_of(db, session)


def _signing_role(known: SessionChart, said: Meaning, press: Press) -> str:
    """The role by which somebody signs. A second signature is another person's: neither may be the one who gave the other."""
    rights = press.writer.at(known.site.id)
    roles = [role for role in (rights.co_sign if said.another else rights.sign) if role in said.roles]
    if not roles:
        raise MayNot(f"sign {said.words!r}", said.roles)
    seconds = {each.code for each in known.meanings if each.another}
    own = {each.meaning for each in known.signatures if each.by.id == press.writer.id} - {said.code}
    if own and (said.another or own & seconds):
        raise SamePerson(said.words)
    return roles[0]


def _signature_row(known: SessionChart, signature: Signature, covered: str) -> SignatureRow:
    return SignatureRow(
        public_id=signature.id,
        session_id=known.id,
        meaning=signature.meaning,
        at=signature.at,
        by=signature.by.id,
        by_name=signature.by.name,
        by_role=signature.by.role,
        strength=signature.strength,
        digest=signature.digest,
        covers=covered,
    )

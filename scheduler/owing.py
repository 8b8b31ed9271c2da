"""What a cell of the permission table asks for besides the role - a fresh proof, a second person, a reason - and how it is given.

Programs give it by headers. On pages it is asked for where it is missing: the form that was sent comes back with the fields for it, and is
sent again whole, so that nothing has to be typed twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rooms.base import Db
from scheduler import guarding, knocking, queries, signing_in
from scheduler.access.actor import Actor
from scheduler.access.author import Author
from scheduler.access.grant import Grant
from scheduler.access.refusals import ReasonNeeded, SecondNeeded, SecondRefused
from scheduler.clock import Clock
from scheduler.database import Database
from scheduler.knocking import Knock
from scheduler.proving import Means
from scheduler.signing_in import NewSecret

OWN_PROOF, REASON = "own_proof", "reason"
SECOND_HANDLE, SECOND_PASSWORD, SECOND_CODE = "second_handle", "second_password", "second_code"
PAID_BY = (OWN_PROOF, SECOND_HANDLE, SECOND_PASSWORD, SECOND_CODE)
"""Fields of a form that are for this alone: no page that they are sent to sees them."""


@dataclass(frozen=True, slots=True)
class Given:
    """What came with a request. `approval` is the token of one that was given before."""

    reason: str = ""
    own_proof: str = ""
    second_handle: str = ""
    second_password: str = ""
    second_code: str = ""
    approval: str = ""

    @classmethod
    def of(cls, fields: Mapping[str, str], reason: str, approval: str) -> Given:
        """From the fields of a form or a body, and from headers."""
        named = {name: fields.get(name, "") for name in PAID_BY}
        return cls(reason=reason or fields.get(REASON, ""), approval=approval, **named)


REASON_COOKIE, REASON_KIND = "chairtime-reason", "reason"
REASON_LASTS = timedelta(minutes=15)
"""How long a reason that was typed for one page holds for the next ones."""


def keep_reason(db: Db, actor: Actor, reason: str, *, now: datetime, new_secret: NewSecret) -> str:
    """Keep why somebody looks, for the pages that they look at in the next minutes; the token for it. Raises `ReasonNeeded`."""
    if len(reason.strip()) < guarding.LEAST_REASON:
        raise ReasonNeeded
    return signing_in.owe(
        db, REASON_KIND, actor.account_id, detail={"reason": reason.strip()}, ends_at=now + REASON_LASTS, new_secret=new_secret
    )


def kept_reason(db: Db, actor: Actor, token: str, *, now: datetime) -> str:
    """The reason that was kept, if it was this person's and still holds."""
    kept = queries.challenge(db, token, REASON_KIND, now=now) if token else None
    return str(kept.detail["reason"]) if kept is not None and kept.account_id == actor.account_id else ""


@dataclass(frozen=True, slots=True)
class Cashier:
    """Takes what is owed."""

    database: Database
    means: Means
    clock: Clock

    def take(self, grant: Grant, given: Given, knock: Knock) -> Author:
        """Take everything that a grant owes; for whom the doings are then written down.

        Raises `ProofNeeded`, `SecondNeeded`, `SecondRefused`, `ReasonNeeded`, and what a wrong proof raises.
        """
        author = replace(knock.author, reason=given.reason.strip())
        if grant.owes_proof and given.own_proof:
            knocking.prove(self.database, self.means, grant.actor, given.own_proof, author, unlocking=False)
            grant = replace(grant, actor=replace(grant.actor, proven_at=self.clock.now()))
        guarding.refuse_unproven(grant, given.reason, now=self.clock.now())
        if not grant.owes_second:
            return author
        approval = given.approval or self._approved(grant, given, knock)
        second = guarding.second_person(self.database, grant, approval, now=self.clock.now())
        return replace(author, about={**author.about, "second": second})

    def reason_of(self, actor: Actor, token: str) -> str:
        """The reason that somebody typed a while ago."""
        with self.database.reading() as db:
            return kept_reason(db, actor, token, now=self.clock.now())

    def _approved(self, grant: Grant, given: Given, knock: Knock) -> str:
        """The approval of a second person who proves here who they are."""
        if not given.second_handle:
            raise SecondNeeded(guarding.who_may(grant.row))
        second = knocking.vouch(self.database, self.means, given.second_handle, given.second_password, given.second_code, knock)
        with self.database.reading() as db:
            held = queries.roles_of(db, [second.id])[second.id]
        if not guarding.may_approve(grant, second.id, held):
            raise SecondRefused
        now, asked_by, new_secret = self.clock.now(), grant.actor.account_id, self.clock.new_secret
        return self.database.run(lambda db: guarding.approve(db, asked_by, second.id, grant.operation, now=now, new_secret=new_secret))

"""Judging what is on a week's list, and signing the week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import insert

from rooms.base import Db
from rooms.errors import DomainError, Faulty, Unknown
from scheduler import auditing
from scheduler.access.author import Author
from scheduler.records.audit import ReviewRow
from scheduler.reviewing.listing import Review, weekly_review

VERDICTS = ("accepted", "escalated")
LEAST_NOTE = 5
LONGEST_NOTE = 1000


class OwnAccess(DomainError):
    """Nobody judges what they did themselves."""

    code = "own_access"

    def __init__(self) -> None:
        super().__init__("This list has something that you did yourself; another auditor has to judge it and sign the week.")


class NotOver(DomainError):
    """A week is signed when it is over."""

    code = "week_not_over"

    def __init__(self) -> None:
        super().__init__("This week is not over; sign it from Monday on.")


class Unjudged(DomainError):
    """A week is signed when everything on its list is judged."""

    code = "unjudged"

    def __init__(self, number: int) -> None:
        super().__init__(f"{number} on this list {'is' if number == 1 else 'are'} not judged yet; accept or escalate each of them first.")
        self.number = number


@dataclass(frozen=True, slots=True)
class Verdict:
    """What somebody says of one thing on the list: `accepted` or `escalated`, and why."""

    flag: str
    verdict: str
    note: str


def judge(db: Db, author: Author, site_id: int, week_on: date, said: Verdict, *, now: datetime) -> None:
    """Accept or escalate one thing on a week's list. Raises `Faulty`, `OwnAccess`, and `Unknown` for what is not on it."""
    note = said.note.strip()
    if said.verdict not in VERDICTS:
        raise Faulty("verdict", "accept it or escalate it")
    if not LEAST_NOTE <= len(note) <= LONGEST_NOTE:
        raise Faulty("note", f"say in {LEAST_NOTE} to {LONGEST_NOTE} letters why")
    review = weekly_review(db, site_id, week_on, now=now)
    found = next((each for each in review.judged if each.id == said.flag), None)
    if found is None:
        raise Unknown("thing on this list", said.flag)
    if found.flag.actor == author.id:
        raise OwnAccess
    _keep(db, author, review, now, flag=said.flag, verdict=said.verdict, note=note)


def sign(db: Db, author: Author, site_id: int, week_on: date, *, now: datetime) -> Review:
    """Sign a week whose list is judged. Raises `NotOver`, `Unjudged`, `OwnAccess` for somebody who is on the list."""
    review = weekly_review(db, site_id, week_on, now=now)
    if not review.is_over:
        raise NotOver
    if any(each.flag.actor == author.id for each in review.judged):
        raise OwnAccess
    if review.open:
        raise Unjudged(len(review.open))
    _keep(db, author, review, now, flag="", verdict="signed", note="")
    return weekly_review(db, site_id, week_on, now=now)


def _keep(db: Db, author: Author, review: Review, now: datetime, **said: str) -> None:
    digest = review.digest if said["verdict"] == "signed" else ""
    row = {"site_id": review.site_id, "week_on": review.week_on, "by": author.id, "at": now, "digest": digest}
    db.execute(insert(ReviewRow), [row | said])
    told = {"week": review.week_on.isoformat(), "verdict": said["verdict"]}
    objects = [("review_flag", said["flag"])] if said["flag"] else []
    auditing.append(db, author, action="audit.review", now=now, category="trail", objects=objects, diff=told)

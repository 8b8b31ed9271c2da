"""Giving links: one to each visit and address of a patient, with a new key for each message, since only a key's digest is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert

from courses.patients.contact import Channel
from courses.queries import reaching
from rooms.base import Db
from scheduler.access.link_token import LENGTH, LETTERS
from scheduler.access.token import digest_of
from scheduler.clock import Clock
from scheduler.linking import queries
from scheduler.linking.known import KnownLink
from scheduler.records.links import LinkEventRow, LinkKeyRow, VisitLinkRow

PATH = "/v/"
Key = tuple[int | None, str, str]
"""A session by row, a channel and an address."""


@dataclass(frozen=True, slots=True)
class LinkWanted:
    """For whose visit a link is, and to which of their addresses it goes. No session: to all visits of the course, for a calendar."""

    site_id: int
    patient_id: int
    course_id: int
    session_id: int | None
    visit_at: datetime
    channel: str
    address: str
    contact_number: int

    @property
    def kind(self) -> str:
        """What the link is to."""
        return "course" if self.session_id is None else "visit"

    @property
    def key(self) -> Key:
        """What tells it from other links."""
        return self.session_id, self.channel, self.address


class Links:
    """Gives links that begin with an address of ours, such as https://chairtime.clinic.example."""

    def __init__(self, address: str, clock: Clock) -> None:
        self._address = address
        self._clock = clock

    def give(self, db: Db, wanted: LinkWanted, *, by: str) -> str:
        """The whole address of a link, in this transaction; it can be told once."""
        return self.give_all(db, [wanted], by=by)[0]

    def give_all(self, db: Db, wanted: Sequence[LinkWanted], *, by: str) -> list[str]:
        """The same for many, in statements whose number does not grow with them. Two to one visit and address are the same link."""
        ids = self._there(db, wanted)
        new = {each.key: each for each in wanted if each.key not in ids}
        ids |= self._made(db, list(new.values()), by)
        return [f"{self._address}{PATH}{key}" for key in self.new_keys(db, [ids[each.key] for each in wanted])]

    def new_keys(self, db: Db, link_ids: Sequence[int], *, proof_until: datetime | None = None) -> list[str]:
        """One more key of each link, or the proof that somebody knew the birth date."""
        now, kind = self._clock.now(), "proof" if proof_until else "link"
        keys = ["".join(self._clock.chosen(LETTERS, LENGTH)) for _ in link_ids]
        rows = [
            {"link_id": link_id, "kind": kind, "digest": digest_of(key), "at": now, "ends_at": proof_until}
            for link_id, key in zip(link_ids, keys, strict=True)
        ]
        db.execute(insert(LinkKeyRow), rows)
        return keys

    def _there(self, db: Db, wanted: Sequence[LinkWanted]) -> dict[Key, int]:
        """The links that are alive already; a calendar's is always made anew."""
        known = queries.given_for(db, {each.session_id for each in wanted if each.session_id is not None})
        dead = elsewhere(db, list(known.values()))
        return {key: link.id for key, link in known.items() if link.id not in dead}

    def _made(self, db: Db, wanted: Sequence[LinkWanted], by: str) -> dict[Key, int]:
        now = self._clock.now()
        rows = [
            VisitLinkRow(
                public_id=self._clock.new_id("vl_"),
                kind=each.kind,
                site_id=each.site_id,
                patient_id=each.patient_id,
                course_id=each.course_id,
                session_id=each.session_id,
                channel=each.channel,
                address=each.address,
                contact_number=each.contact_number,
                visit_at=each.visit_at,
                created_at=now,
                revoked_at=None,
            )
            for each in wanted
        ]
        db.add_all(rows)
        db.flush()
        if rows:
            db.execute(insert(LinkEventRow), [{"link_id": row.id, "at": now, "what": "given", "by": by} for row in rows])
        return {each.key: row.id for each, row in zip(wanted, rows, strict=True)}


def elsewhere(db: Db, links: Sequence[KnownLink]) -> frozenset[int]:
    """Which links (by row) went to an address that the patient has not had all the time since: somebody else may have it now."""
    if not links:
        return frozenset()
    since = min(link.contact_number for link in links)
    versions = reaching.contact_versions(db, {link.patient_id for link in links}, since=since)
    return frozenset(
        link.id
        for link in links
        for contact in versions.get(link.patient_id, ())
        if contact.number >= link.contact_number and contact.address(Channel(link.channel)) != link.address
    )

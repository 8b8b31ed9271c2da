"""The clinic's protocols: published as numbered versions that never change, each number with its source."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field, StringConstraints

from courses import publishing, queries
from courses.errors import CodeTaken, Unknown
from courses.protocols.provenance import Fact, needs_sign_off
from courses.protocols.version import ProtocolVersion, VersionStatus
from rooms import queries as rooms_queries
from rooms.base import Db
from scheduler.api.fields import Code, Key, Shape
from scheduler.api.gate import DOCUMENT_LIMIT
from scheduler.api.problems import changes, problems
from scheduler.dependencies import AtDesk, Creating, shown

router = APIRouter(prefix="/sites/{site}/protocols", tags=["protocols"])

Text = Annotated[str, StringConstraints(max_length=DOCUMENT_LIMIT, pattern=r"^[^\x00]*$")]


class NewProtocol(Shape):
    """A protocol that the site does not have yet."""

    code: Code
    text: Text = Field(description="YAML or JSON.")


class NewVersion(Shape):
    """A protocol's document in the clinic file's notation."""

    text: Text = Field(description="YAML or JSON.")


class Copy(Shape):
    """A protocol of the clinic's own, to be edited."""

    code: Code


class FactShown(Shape):
    """One number of a protocol with its source."""

    of: str
    value: bool | int | float | str
    source: str
    status: str
    note: str
    needs_sign_off: bool = Field(description="Whether the medical director must sign it off before it is used.")

    @classmethod
    def of_fact(cls, fact: Fact) -> FactShown:
        """A fact as it is shown."""
        return cls(
            of=fact.of, value=fact.value, source=fact.source, status=fact.status, note=fact.note, needs_sign_off=needs_sign_off(fact)
        )


class ProtocolLine(Shape):
    """A protocol by its newest version."""

    id: str
    code: str
    title: str
    modality: str
    number: int = Field(description="The version's number.")
    status: VersionStatus
    sessions: int
    needs_sign_off: int = Field(description="How many of its numbers the medical director must sign off.")


class Protocols(Shape):
    """The protocols of a site by code."""

    protocols: list[ProtocolLine]


class VersionLine(Shape):
    """A version in a list."""

    number: int
    status: VersionStatus
    published_at: datetime | None
    published_by: str | None


class Versions(Shape):
    """All versions of a protocol, the oldest first."""

    versions: list[VersionLine]


class VersionShown(VersionLine):
    """One version with its document."""

    id: str = Field(description="The protocol's id.")
    code: str
    title: str
    modality: str
    origin: str | None = Field(description="The library's protocol that it came from.")
    text: str
    facts: list[FactShown]

    @classmethod
    def of(cls, version: ProtocolVersion) -> VersionShown:
        """A version as it is shown."""
        return cls(
            **_line(version).model_dump(),
            id=version.protocol_id,
            code=version.code,
            title=version.protocol.title,
            modality=version.protocol.modality,
            origin=version.origin,
            text=version.text,
            facts=[FactShown.of_fact(fact) for fact in version.document.facts],
        )


@router.get("", response_model=Protocols, responses=problems(404), summary="The protocols of a site")
def list_protocols(site: Key, desk: AtDesk) -> Response:
    """Each by its newest version."""
    with desk.reading() as db:
        found = queries.protocols(db, rooms_queries.site(db, site).id)
        return shown(Protocols(protocols=[_protocol_line(known.version) for known in found]))


@router.post(
    "",
    status_code=201,
    response_model=VersionShown,
    responses=changes(404),
    summary="Publish a new protocol",
    max_body_size=DOCUMENT_LIMIT,
)
def add_protocol(site: Key, new: NewProtocol, change: Creating) -> Response:
    """Its first version. Every fault of the document is named at its line."""

    def work(db: Db) -> VersionShown:
        if queries.versions_of(db, new.code, site_id=rooms_queries.site(db, site).id):
            raise CodeTaken("protocol", new.code)
        made = publishing.publish_protocol(db, site, new.code, new.text, by=change.by, now=change.now, new_id=change.new_id)
        return VersionShown.of(made)

    return change.answer(new, work, status=201)


@router.get("/{protocol}", response_model=VersionShown, responses=problems(404), summary="A protocol")
def get_protocol(site: Key, protocol: Key, desk: AtDesk) -> Response:
    """Its newest version."""
    with desk.reading() as db:
        return shown(VersionShown.of(_versions(db, site, protocol)[-1]))


@router.get("/{protocol}/versions", response_model=Versions, responses=problems(404), summary="All versions of a protocol")
def list_versions(site: Key, protocol: Key, desk: AtDesk) -> Response:
    """The oldest first."""
    with desk.reading() as db:
        return shown(Versions(versions=[_line(version) for version in _versions(db, site, protocol)]))


@router.get("/{protocol}/versions/{number}", response_model=VersionShown, responses=problems(404), summary="One version")
def get_version(site: Key, protocol: Key, number: Annotated[int, Field(ge=1, le=10_000)], desk: AtDesk) -> Response:
    """A version by its number."""
    with desk.reading() as db:
        known = queries.protocol_version(db, protocol, number, site_id=rooms_queries.site(db, site).id)
        return shown(VersionShown.of(known.version))


@router.post(
    "/{protocol}/versions",
    status_code=201,
    response_model=VersionShown,
    responses=changes(404),
    summary="Publish a version",
    max_body_size=DOCUMENT_LIMIT,
)
def publish_version(site: Key, protocol: Key, new: NewVersion, change: Creating) -> Response:
    """Every fault of the document is named at its line. Running courses keep the version that they began with."""

    def work(db: Db) -> VersionShown:
        code = _versions(db, site, protocol)[-1].code
        made = publishing.publish_protocol(db, site, code, new.text, by=change.by, now=change.now, new_id=change.new_id)
        return VersionShown.of(made)

    return change.answer(new, work, status=201)


@router.post("/{protocol}/copy", status_code=201, response_model=VersionShown, responses=changes(404), summary="Copy a protocol")
def copy_protocol(site: Key, protocol: Key, copy: Copy, change: Creating) -> Response:
    """A protocol of the clinic's own, by another code, to be edited and published anew."""

    def work(db: Db) -> VersionShown:
        code = _versions(db, site, protocol)[-1].code
        made = publishing.copy_protocol(db, site, code, copy.code, by=change.by, now=change.now, new_id=change.new_id)
        return VersionShown.of(made)

    return change.answer(copy, work, status=201)


@router.post("/{protocol}/retire", response_model=Versions, responses=changes(404), summary="Begin no course by it any more")
def retire_protocol(site: Key, protocol: Key, change: Creating) -> Response:
    """Running courses go on."""

    def work(db: Db) -> Versions:
        code = _versions(db, site, protocol)[-1].code
        return Versions(versions=[_line(version) for version in publishing.retire(db, site, code)])

    return change.answer(None, work)


def _versions(db: Db, site: str, protocol: str) -> list[ProtocolVersion]:
    found = queries.versions_of(db, protocol, site_id=rooms_queries.site(db, site).id)
    if not found:
        raise Unknown("protocol", protocol)
    return [known.version for known in found]


def _line(version: ProtocolVersion) -> VersionLine:
    return VersionLine(number=version.number, status=version.status, published_at=version.published_at, published_by=version.published_by)


def _protocol_line(version: ProtocolVersion) -> ProtocolLine:
    return ProtocolLine(
        id=version.protocol_id,
        code=version.code,
        title=version.protocol.title,
        modality=version.protocol.modality,
        number=version.number,
        status=version.status,
        sessions=version.protocol.n_sessions,
        needs_sign_off=len(version.document.unsigned),
    )

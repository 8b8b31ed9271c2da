"""The clinic's checklists: published as numbered versions that never change, each in force from a day on."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field, StringConstraints

from courses import publishing
from courses.checklists.notation import read_checklist
from courses.checklists.version import ChecklistVersion
from courses.errors import CodeTaken, Unknown
from courses.library import library
from courses.protocols.version import VersionStatus
from courses.queries import checklists as queries
from rooms import queries as rooms_queries
from rooms.base import Db
from scheduler.api.fields import Key, Shape
from scheduler.api.problems import changes, problems
from scheduler.dependencies import AtDesk, Creating, shown

router = APIRouter(prefix="/sites/{site}/checklists", tags=["checklists"])

Text = Annotated[str, StringConstraints(max_length=500_000, pattern=r"^[^\x00]*$")]


class NewChecklist(Shape):
    """A checklist's document in its notation."""

    text: Text = Field(description="YAML or JSON; its `id` is the checklist's code.")
    from_on: date | None = Field(
        None, description="The first day, local to the site, on which sessions are opened with it; today if left out."
    )


class ChecklistLine(Shape):
    """A checklist by its newest version."""

    id: str
    code: str
    title: str
    number: int = Field(description="The version's number.")
    status: VersionStatus
    from_on: date
    items: int
    needs_sign_off: int = Field(description="How many of its items the medical director must sign off.")


class Checklists(Shape):
    """The checklists of a site by code."""

    checklists: list[ChecklistLine]


class ChecklistVersionLine(Shape):
    """A version in a list."""

    number: int
    status: VersionStatus
    from_on: date
    published_at: datetime | None
    published_by: str | None


class ChecklistVersions(Shape):
    """All versions of a checklist, the oldest first."""

    versions: list[ChecklistVersionLine]


class ChecklistShown(ChecklistVersionLine):
    """One version with its document."""

    id: str = Field(description="The checklist's id.")
    code: str
    title: str
    origin: str | None = Field(description="The library's checklist that it came from.")
    text: str
    digest: str = Field(description="The SHA-256 of the text, which signatures cover.")
    needs_sign_off: list[str] = Field(description="The codes of the items that the medical director must sign off.")

    @classmethod
    def of(cls, version: ChecklistVersion) -> ChecklistShown:
        """A version as it is shown."""
        return cls(
            **_line(version).model_dump(),
            id=version.checklist_id,
            code=version.code,
            title=version.checklist.title,
            origin=version.origin,
            text=version.text,
            digest=version.digest,
            needs_sign_off=[item.code for item in version.checklist.unsigned],
        )


@router.get("", response_model=Checklists, responses=problems(404), summary="The checklists of a site")
def list_checklists(site: Key, desk: AtDesk) -> Response:
    """Each by its newest version."""
    with desk.reading() as db:
        found = queries.checklists(db, rooms_queries.site(db, site).id)
        return shown(Checklists(checklists=[_checklist_line(known.version) for known in found]))


@router.post("", status_code=201, response_model=ChecklistShown, responses=changes(404), summary="Publish a new checklist")
def add_checklist(site: Key, new: NewChecklist, change: Creating) -> Response:
    """Its first version. Every fault of the document is named at its line."""

    def work(db: Db) -> ChecklistShown:
        site_id, code = rooms_queries.site(db, site).id, read_checklist(new.text).code
        if queries.versions_of_checklist(db, code, site_id=site_id):
            raise CodeTaken("checklist", code)
        return _published(db, site, code, new, change)

    return change.answer(new, work, status=201)


@router.post("/adopt", response_model=Checklists, responses=changes(404), summary="Take over the library's checklists")
def adopt_checklists(site: Key, change: Creating) -> Response:
    """Those that the site does not have; what it has stays as it is."""

    def work(db: Db) -> Checklists:
        publishing.adopt_checklists(db, site, library(), by=change.by, now=change.now, new_id=change.new_id)
        found = queries.checklists(db, rooms_queries.site(db, site).id)
        return Checklists(checklists=[_checklist_line(known.version) for known in found])

    return change.answer(None, work)


@router.get("/{checklist}", response_model=ChecklistShown, responses=problems(404), summary="A checklist")
def get_checklist(site: Key, checklist: Key, desk: AtDesk) -> Response:
    """Its newest version."""
    with desk.reading() as db:
        return shown(ChecklistShown.of(_versions(db, site, checklist)[-1]))


@router.get("/{checklist}/versions", response_model=ChecklistVersions, responses=problems(404), summary="All versions of a checklist")
def list_checklist_versions(site: Key, checklist: Key, desk: AtDesk) -> Response:
    """The oldest first."""
    with desk.reading() as db:
        return shown(ChecklistVersions(versions=[_line(version) for version in _versions(db, site, checklist)]))


@router.get("/{checklist}/versions/{number}", response_model=ChecklistShown, responses=problems(404), summary="One version of a checklist")
def get_checklist_version(site: Key, checklist: Key, number: Annotated[int, Field(ge=1, le=10_000)], desk: AtDesk) -> Response:
    """A version by its number."""
    with desk.reading() as db:
        known = queries.checklist_version(db, checklist, number, site_id=rooms_queries.site(db, site).id)
        return shown(ChecklistShown.of(known.version))


@router.post(
    "/{checklist}/versions",
    status_code=201,
    response_model=ChecklistShown,
    responses=changes(404),
    summary="Publish a version of a checklist",
)
def publish_checklist_version(site: Key, checklist: Key, new: NewChecklist, change: Creating) -> Response:
    """Every fault of the document is named at its line. Sessions that were opened keep the version that they were opened with."""

    def work(db: Db) -> ChecklistShown:
        return _published(db, site, _versions(db, site, checklist)[-1].code, new, change)

    return change.answer(new, work, status=201)


@router.post("/{checklist}/retire", response_model=ChecklistVersions, responses=changes(404), summary="Open no session with it any more")
def retire_checklist(site: Key, checklist: Key, change: Creating) -> Response:
    """Sessions that were opened with it keep it."""

    def work(db: Db) -> ChecklistVersions:
        code = _versions(db, site, checklist)[-1].code
        return ChecklistVersions(versions=[_line(version) for version in publishing.retire_checklist(db, site, code)])

    return change.answer(None, work)


def _published(db: Db, site: str, code: str, new: NewChecklist, change: Creating) -> ChecklistShown:
    made = publishing.publish_checklist(db, site, code, new.text, by=change.by, now=change.now, new_id=change.new_id, from_on=new.from_on)
    return ChecklistShown.of(made)


def _versions(db: Db, site: str, checklist: str) -> list[ChecklistVersion]:
    found = queries.versions_of_checklist(db, checklist, site_id=rooms_queries.site(db, site).id)
    if not found:
        raise Unknown("checklist", checklist)
    return [known.version for known in found]


def _line(version: ChecklistVersion) -> ChecklistVersionLine:
    return ChecklistVersionLine(
        number=version.number,
        status=version.status,
        from_on=version.from_on,
        published_at=version.published_at,
        published_by=version.published_by,
    )


def _checklist_line(version: ChecklistVersion) -> ChecklistLine:
    return ChecklistLine(
        id=version.checklist_id,
        code=version.code,
        title=version.checklist.title,
        number=version.number,
        status=version.status,
        from_on=version.from_on,
        items=len(version.checklist.items),
        needs_sign_off=len(version.checklist.unsigned),
    )

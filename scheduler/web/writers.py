"""Who writes and signs on a page: their rights by the permission table, and the second person, who proves who they are beside them."""

from __future__ import annotations

from fastapi import Request

from courses.checklists.entry import Person
from courses.checklists.writing import Writer
from courses.queries.charts import SessionChart
from rooms.base import Db
from scheduler.access.chart_rights import READS_WHAT_WAS_TAKEN_BACK, rights_by
from scheduler.access.refusals import SecondRefused
from scheduler.access.role import Role
from scheduler.dependencies import Desk
from scheduler.owing import SECOND_CODE, SECOND_HANDLE, SECOND_PASSWORD
from scheduler.persons import Typed, second_at
from scheduler.web.visitor import present_visitor


def writer_of(desk: Desk) -> Writer:
    """Whoever sent the request, as somebody who writes."""
    visitor = present_visitor()
    if visitor is None or desk.actor is None:
        return Writer("", "")
    actor = desk.actor
    return Writer(actor.public_id, actor.name, rights_by(visitor.table, actor.roles), actor.strength.value, actor.login)


def second_of(db: Db, desk: Desk) -> Person:
    """The second person whose proof was taken for this request. Raises `SecondRefused` where the table asks for none."""
    second = second_at(db, desk)
    if second is None:
        raise SecondRefused
    return second


async def beside(request: Request) -> Typed:
    """What a second person typed in a form."""
    form = await request.form()
    typed = [form.get(name, "") for name in (SECOND_HANDLE, SECOND_PASSWORD, SECOND_CODE)]
    return Typed(*(value if isinstance(value, str) else "" for value in typed))


def sees_hidden(desk: Desk, chart: SessionChart) -> bool:
    """Whether the reader may see what was taken back as the wrong patient's."""
    return desk.actor is not None and bool(READS_WHAT_WAS_TAKEN_BACK & desk.actor.roles.get(chart.site.id, frozenset()))


def role_words(role: str) -> str:
    """A role as it reads."""
    return Role(role).words if role in set(Role) else role

"""Every operation, every role, in every situation: exactly the status that the permission table says, and where refused nothing changed.

The cells are read here from their text alone; how the product reads them is not used.
"""

from __future__ import annotations

import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from scheduler.access.role import Role
from scheduler.app import create_app
from scheduler.settings import Settings
from tests.access.two_sites import DISCIPLINES, TABLE, TwoSites

CELLS = {(operation, role): row.cell(role).text for row in TABLE.rows for operation in row.operations for role in Role}
OPERATIONS = sorted({operation for operation, _ in CELLS})
STREAMS = {"GET /api/v1/sites/{site}/changes"}
"""Never end for those who may hear them."""
VERBS = ("hold", "resume", "extend", "stop")
PREPARING = {
    *("POST /protocols/new", "POST /protocols/{protocol}/edit", "POST /protocols/{protocol}/copy"),
    *("POST /checklists/new", "POST /checklists/{checklist}/edit", "POST /sites/{site}/templates"),
}
"""Check what was written as long as nobody presses Publish, which these requests do not."""
HARMLESS = {"POST /closures/{closure}/remove", "POST /resources/{resource}/absences/{absence}/remove"}
"""What is to be taken back and is not there is answered as if it had been taken back; nothing changes."""
ELSE = {
    "POST /account/passkeys/{passkey}/name": 404,  # there is none
    "POST /account/passkeys/{passkey}/remove": 404,
    "POST /account/service": 404,
    "POST /prove/service": 404,
    "POST /prove": 422,  # nothing was typed
    "POST /glass": 404,  # no site was named
    "POST /api/v1/sites/{site}/joint-plans": 404,  # nobody there was named
    "GET /sessions/{session}/sheet/override": 404,  # no gate was named
    "POST /sessions/{session}/sheet/override": 404,
    "POST /sessions/{session}/sheet/sign": 404,  # no meaning was named
}
"""What is answered to whoever is let in, where it is another thing: a form without a field asks for nothing that is there."""
BY_BODY = [
    ("POST /api/v1/sites/{site}/plans", "patient"),
    ("POST /api/v1/sites/{site}/plans", "protocol"),
    ("POST /api/v1/sites/{site}/waiting-list", "patient"),
    ("POST /api/v1/sites/{site}/waiting-list", "protocol"),
    ("POST /api/v1/sites/{site}/courses", "proposal"),
]
"""Name in their body what may be another site's."""
OF_PATIENTS = ("{session}", "{course}", "{patient}")
OF_SITES = (
    *OF_PATIENTS,
    "{person}",
    "{glass}",
    "{screen}",
    "{message}",
    "{reply}",
    "{wish}",
    "{offer}",
    "{site}",
    "{resource}",
    "{absence}",
    "{closure}",
    "{protocol}",
    "{checklist}",
    "{waiting}",
    "{joint_plan}",
    "{joint}",
    "{key}",
    "{form}",
    "{certification}",
    "{enrollment}",
    "{lot}",
    "{adverse_event}",
)
DONE = {200, 201, 204, 303, 400, 409, 412, 422, 428}
"""What somebody is answered who is let in; the requests carry no body to speak of."""


def routes() -> set[str]:
    """Every operation of the program; a verb in the address stands as itself."""
    app = create_app(Settings(database_url="sqlite:///never-opened.db"))
    contexts = [context for context in iter_route_contexts(app.routes) if isinstance(context.original_route, APIRoute)]
    found = {f"{method} {context.path_format}" for context in contexts for method in context.methods or ()}
    verbs = {operation for operation in found if "{verb}" in operation}
    return (found - verbs) | {operation.replace("{verb}", verb) for operation in verbs for verb in VERBS}


def test_every_route_has_a_row() -> None:
    assert {operation for operation in routes() if not TABLE.row_of(operation) and not TABLE.is_public(*operation.split(" "))} == set()


def test_every_operation_of_the_table_is_a_route() -> None:
    assert set(OPERATIONS) - routes() == {"GET /api/v1/openapi.json"}


def is_in(status: int) -> bool:
    return status in DONE


def of_patient(operation: str) -> bool:
    return any(name in operation for name in OF_PATIENTS)


def of_site(operation: str) -> bool:
    return any(name in operation for name in OF_SITES)


def is_refused(operation: str, text: str) -> bool:
    """Whether a role has no right at all, or only the right to propose what this makes stand."""
    return not text or (text == "propose" and operation not in PREPARING)


def cases() -> list[tuple[str, Role]]:
    return [(operation, role) for operation in OPERATIONS for role in Role]


@pytest.mark.parametrize("role", Role)
def test_what_a_role_may_do(world: TwoSites, role: Role) -> None:
    """At one's own site, for a patient of one's own."""
    ids, wrong = world.ids["main", DISCIPLINES.get(role, "tms")], []
    for operation in OPERATIONS:
        text = CELLS[operation, role]
        if operation in STREAMS and not is_refused(operation, text):
            continue
        token = world.sign_in(role)  # some of them end it
        before = world.rows()
        approval = world.approved(role, operation) if "2" in text else ""
        status, code = world.send(operation, ids, token, approval=approval)
        if is_refused(operation, text):
            changed = world.rows() != before
            wrong += [(operation, text, status, f"{code}, changed: {changed}")] if (status, changed) != (403, False) else []
        elif not is_in(status) and ELSE.get(operation) != status:
            wrong.append((operation, text, status, code))
        elif operation.startswith("GET ") and world.rows() != before:
            wrong.append((operation, text, status, "a look changed something"))
    assert wrong == []


@pytest.mark.parametrize("role", Role)
def test_nothing_of_another_site_is_there(world: TwoSites, role: Role) -> None:
    """The same answer as for what nowhere is; and where the role does not give it, that."""
    token, ids = world.sign_in(role), world.ids["east", DISCIPLINES.get(role, "tms")]
    before, wrong = world.rows(), []
    for operation in filter(of_site, OPERATIONS):
        text = CELLS[operation, role]
        approval = world.approved(role, operation) if "2" in text else ""
        before = world.rows() if approval else before
        status, code = world.send(operation, ids, token, approval=approval)
        if is_refused(operation, text):
            wrong += [(operation, text, status, code, (0, "not asked"))] if status != 403 else []
            continue
        nowhere = world.send(
            operation,
            {name: ids[name] for name in ("number", "proposal", "day")},
            token,
            approval=world.approved(role, operation) if approval else "",
        )
        found = 303 if operation in HARMLESS else 404
        wrong += [(operation, text, status, code, nowhere)] if (status, nowhere[0]) != (found, found) else []
    assert wrong == []
    assert {**world.rows(), "approval": []} == {**before, "approval": []}


@pytest.mark.parametrize(("operation", "name"), BY_BODY)
def test_a_body_names_nothing_of_another_site(world: TwoSites, operation: str, name: str) -> None:
    """The address is of one's own site, the body of another: it is not there, and nothing changes."""
    token, own, other = world.sign_in(Role.FRONT_DESK), world.ids["main", "tms"], world.ids["east", "tms"]
    made_up = own["proposal"].replace(own["proposal"].split('"')[5], "x_nobody") if name == "proposal" else "x_nobody"
    before = world.rows()

    bent = world.send(operation, {**own, name: other[name]}, token)
    guessed = world.send(operation, {**own, name: made_up}, token)
    unchanged = world.rows() == before

    assert (bent[0], guessed[0], unchanged) == (404, 404, True)
    assert is_in(world.send(operation, own, token)[0])


def test_nobody_of_another_sites_waiting_list_is_planned(world: TwoSites) -> None:
    token, ids, operation = world.sign_in(Role.FRONT_DESK), world.ids["main", "tms"], "POST /api/v1/sites/{site}/joint-plans"
    before = world.rows()

    bent = world.send(operation, {**ids, "named": world.ids["east", "tms"]["waiting"]}, token)

    assert (bent, world.rows() == before) == (world.send(operation, ids, token), True)
    assert bent[0] == 404


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("glass", [False, True], ids=["whole glass", "broken glass"])
def test_another_patient_of_the_site(world: TwoSites, role: Role, glass: bool) -> None:
    """Where a role gives only one's own patients, another is not there; broken glass shows them, and gives nothing else."""
    token, ids = world.sign_in(role), world.ids["main", "ect" if DISCIPLINES.get(role, "tms") == "tms" else "tms"]
    if glass:
        world.break_glass(role)
    wrong = []
    for operation in filter(of_patient, OPERATIONS):
        text = CELLS[operation, role]
        approval = world.approved(role, operation) if "2" in text else ""
        before = world.rows()
        status, code = world.send(operation, ids, token, approval=approval)
        if is_refused(operation, text) or (text.startswith("A") and not glass):
            expected = 403 if is_refused(operation, text) else 404
            wrong += [(operation, text, status, code)] if (status, world.rows() == before) != (expected, True) else []
        elif not is_in(status) and ELSE.get(operation) != status:
            wrong.append((operation, text, status, code))
    assert wrong == []


@pytest.mark.parametrize("who", ["nobody", "expired", "closed", "disabled", "a guess"])
def test_who_is_not_signed_in_gets_nowhere(world: TwoSites, who: str) -> None:
    token = world.token_of(who)
    before, wrong = world.rows(), []
    for operation in OPERATIONS:
        status, code = world.send(operation, world.ids["main", "tms"], token)
        expected = (401, "sign_in_needed") if "/api/" in operation else (303, "")
        wrong += [(operation, status, code)] if (status, code) != expected else []
    assert wrong == []
    assert world.rows() == before


@pytest.mark.parametrize(("operation", "role"), [(o, r) for o, r in cases() if set(CELLS[o, r]) & set("UR2") and o not in PREPARING])
def test_what_a_cell_asks_for_is_owed(world: TwoSites, operation: str, role: Role) -> None:
    """A fresh proof, a reason, a second person: without any one of them it is refused, and says which."""
    text, ids = CELLS[operation, role], world.ids["main", DISCIPLINES.get(role, "tms")]
    before = world.rows()
    if "U" in text:
        assert world.send(operation, ids, world.sign_in(role, proven=False)) == (403, "proof_needed" if "/api/" in operation else "")
    token = world.sign_in(role)
    if "R" in text:
        assert world.send(operation, ids, token, reason="") == (403, "reason_needed" if "/api/" in operation else "")
    if "2" in text:
        assert world.send(operation, ids, token)[0] == 403
        used = world.approved(role, operation)
        assert is_in(world.send(operation, ids, token, approval=used)[0])
        for bad in (used, "guessed", world.approved(role, "POST /api/v1/other"), world.approved(role, operation, by_oneself=True)):
            assert world.send(operation, ids, token, approval=bad)[0] == 403
    if "2" not in text:
        after = world.rows()
        assert {table for table in after if after[table] != before[table]} <= {"login", "idempotent_reply"}

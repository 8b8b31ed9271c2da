"""What the program may do to each table on PostgreSQL: no more than it needs, and never to bend what was written down.

The tables belong to the role that migrates. The program runs as another, which is given its rights here.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import text

from rooms.base import Base, Db
from rooms.errors import DomainError, Unknown

APPEND_ONLY = (
    *("acknowledgement", "audit_checkpoint", "audit_event", "backup", "review", "session_event", "waiting_event"),
    *("alert_seen", "entry", "form_submission", "gate_override", "lot_move", "session_checklist", "signature"),
    "link_event",
    *("consent", "language_review", "message_attempt", "message_call", "message_template", "patient_contact", "visit_answer"),
)
"""What was written down once stays as it was."""
NEVER_REMOVED = (
    "account",
    "adverse_event",
    "approval",
    "booking",
    "break_glass",
    "certification",
    "checklist",
    "checklist_version",
    "course",
    "enrollment",
    "invitation",
    "login",
    "lot",
    "message",
    "message_reply",
    "messaging",
    "monitoring_form",
    "opening_offer",
    "opening_setting",
    "opening_wish",
    "patient",
    "protocol",
    "protocol_version",
    "resource",
    "session",
    "site",
    "visit_link",
    "waiting_course",
    "wall_screen",
)
"""What changes its state, and never goes away."""
NEVER_CHANGED = ("link_key",)
"""What stays as it is until it is removed."""
ONLY_READ = ("alembic_version", "restoration")
"""What only the role that migrates and restores writes."""

LOOK, ADD, CHANGE, EVERYTHING = "SELECT", "SELECT, INSERT", "SELECT, INSERT, UPDATE", "SELECT, INSERT, UPDATE, DELETE"
ADD_AND_REMOVE = "SELECT, INSERT, DELETE"

ROLE = "SELECT rolsuper, pg_has_role(rolname, current_user, 'MEMBER') FROM pg_roles WHERE rolname = :role"
BENDS = "SELECT has_table_privilege('audit_event', 'UPDATE, DELETE, TRUNCATE, TRIGGER')"


class NotOnSqlite(DomainError):
    """SQLite has no roles."""

    code = "not_on_sqlite"

    def __init__(self) -> None:
        super().__init__("SQLite has no roles: whoever may write the file may write all of it. Give the file mode 0600, or use PostgreSQL.")


class RoleTooStrong(DomainError):
    """The role could take every right by itself."""

    code = "role_too_strong"

    def __init__(self, role: str) -> None:
        super().__init__(
            f"--role: {role} is a superuser, or owns the tables, and so could change the audit trail whatever it is given. "
            "Make another one for the program: CREATE ROLE name LOGIN PASSWORD '...'"
        )
        self.role = role


def rights_to(table: str) -> str:
    """What the program may do to a table."""
    if table in ONLY_READ:
        return LOOK
    if table in APPEND_ONLY:
        return ADD
    if table in NEVER_CHANGED:
        return ADD_AND_REMOVE
    return CHANGE if table in NEVER_REMOVED else EVERYTHING


def grant(db: Db, role: str) -> dict[str, str]:
    """Give the role what the program needs, and take away all else; it is in force with the commit. Its rights to each table.

    Raises `NotOnSqlite`, `Unknown`, `RoleTooStrong`.
    """
    if db.get_bind().dialect.name != "postgresql":
        raise NotOnSqlite
    known = db.execute(text(ROLE), {"role": role}).one_or_none()
    if known is None:
        raise Unknown("role", role)
    if any(known):
        raise RoleTooStrong(role)
    rights = {table: rights_to(table) for table in sorted([*Base.metadata.tables, "alembic_version"])}
    quote = db.get_bind().dialect.identifier_preparer.quote
    for statement in _statements(quote(role), {quote(table): right for table, right in rights.items()}):
        db.execute(text(statement))
    return rights


def may_bend_the_trail(db: Db) -> bool:
    """Whether this role could change or remove what the audit trail holds. On SQLite everybody who writes can."""
    if db.get_bind().dialect.name != "postgresql":
        return True
    return bool(db.scalar(text(BENDS)))


def _statements(role: str, rights: dict[str, str]) -> Iterator[str]:
    yield "REVOKE CREATE ON SCHEMA public FROM PUBLIC"
    yield f"REVOKE ALL ON SCHEMA public FROM {role}"
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}"
    yield f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {role}"
    yield f"GRANT USAGE ON SCHEMA public TO {role}"
    yield f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}"
    for table, right in rights.items():
        yield f"GRANT {right} ON {table} TO {role}"

"""What the database itself refuses about the audit trail: nothing of it is ever changed or removed. The word is `audit_is_append_only`.

Whoever owns the database can take these triggers away; the checkpoints in other places are for that.
"""

from sqlalchemy import Connection

from migrations.append_only import AppendOnly

TRAIL = AppendOnly(
    {"audit_event": "seq", "audit_checkpoint": "id", "review": "id"},
    "audit_is_append_only",
    "refuse_to_change_the_trail",
)


def create_guards(connection: Connection) -> None:
    """Put every refusal in place."""
    TRAIL.create(connection)


def drop_guards(connection: Connection) -> None:
    """Take every refusal away, so that the tables can go."""
    TRAIL.drop(connection)

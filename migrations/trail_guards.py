"""What the database itself refuses about the audit trail, whatever program writes to it: nothing of it is ever changed or removed.

The word is `audit_is_append_only`: SQLSTATE 23001 on PostgreSQL, even for the owner of the tables; the message on SQLite. SQLite would
remove a row without asking anybody where another is put in its place (`INSERT OR REPLACE`), so that is refused as well.
Whoever owns the database can take these triggers away; the checkpoints in other places are for that.
"""

from sqlalchemy import Connection

REFUSAL = "audit_is_append_only"
KEYS = {"audit_event": "seq", "audit_checkpoint": "id", "review": "id"}


def _sqlite() -> dict[str, str]:
    made = {}
    for table, key in KEYS.items():
        for event in ("update", "delete"):
            made[f"{table}_{event}_guard"] = f"BEFORE {event.upper()} ON {table} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        taken = f"SELECT RAISE(ABORT, '{REFUSAL}') WHERE EXISTS (SELECT 1 FROM {table} WHERE {key} = new.{key});"  # noqa: S608
        made[f"{table}_insert_guard"] = f"BEFORE INSERT ON {table} BEGIN {taken} END"
    return made


REFUSE = f"""CREATE FUNCTION refuse_to_change_the_trail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = '23001', CONSTRAINT = '{REFUSAL}';
END $$"""


def create_guards(connection: Connection) -> None:
    """Put every refusal in place."""
    if connection.dialect.name == "sqlite":
        for name, body in _sqlite().items():
            connection.exec_driver_sql(f"CREATE TRIGGER {name} {body}")
        return
    connection.exec_driver_sql(REFUSE)
    for table in KEYS:
        for name, event in ((f"{table}_guard", "UPDATE OR DELETE"), (f"{table}_truncate_guard", "TRUNCATE")):
            each = "ROW" if event != "TRUNCATE" else "STATEMENT"
            connection.exec_driver_sql(
                f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH {each} EXECUTE FUNCTION refuse_to_change_the_trail()"
            )


def drop_guards(connection: Connection) -> None:
    """Take every refusal away, so that the tables can go."""
    if connection.dialect.name == "sqlite":
        for name in _sqlite():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        return
    connection.exec_driver_sql("DROP FUNCTION refuse_to_change_the_trail() CASCADE")

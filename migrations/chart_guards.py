"""What the database itself refuses about charts, whatever program writes to it.

`chart_is_append_only`: something that was written down is changed or removed. `published_checklist`: a published version of a checklist
changes. Said as in `migrations.append_only`.
"""

from sqlalchemy import Connection

from migrations.append_only import AppendOnly

CHART = AppendOnly(
    dict.fromkeys(("session_checklist", "entry", "signature", "gate_override", "alert_seen", "form_submission", "lot_move"), "id"),
    "chart_is_append_only",
    "refuse_to_change_the_chart",
)
WORD = "published_checklist"
CHANGED = """old.status <> 'draft' AND (new.status = 'draft' OR new.checklist_id IS {other} old.checklist_id
  OR new.number IS {other} old.number OR new.document IS {other} old.document
  OR new.digest IS {other} old.digest OR new.from_on IS {other} old.from_on)"""
SQLITE = (
    f"""CREATE TRIGGER checklist_version_update_guard BEFORE UPDATE ON checklist_version
WHEN {CHANGED.format(other="NOT")} BEGIN SELECT RAISE(ABORT, '{WORD}'); END""",
    f"""CREATE TRIGGER checklist_version_delete_guard BEFORE DELETE ON checklist_version
WHEN old.status <> 'draft' BEGIN SELECT RAISE(ABORT, '{WORD}'); END""",
)
POSTGRESQL = (
    f"""CREATE FUNCTION refuse_to_change_a_checklist() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '{WORD}' USING ERRCODE = '23001', CONSTRAINT = '{WORD}';
END $$""",
    f"""CREATE TRIGGER checklist_version_update_guard BEFORE UPDATE ON checklist_version FOR EACH ROW
WHEN ({CHANGED.format(other="DISTINCT FROM")}) EXECUTE FUNCTION refuse_to_change_a_checklist()""",
    """CREATE TRIGGER checklist_version_delete_guard BEFORE DELETE ON checklist_version FOR EACH ROW
WHEN (old.status <> 'draft') EXECUTE FUNCTION refuse_to_change_a_checklist()""",
)


def create_guards(connection: Connection) -> None:
    """Put every refusal in place."""
    CHART.create(connection)
    for statement in SQLITE if connection.dialect.name == "sqlite" else POSTGRESQL:
        connection.exec_driver_sql(statement)


def drop_guards(connection: Connection) -> None:
    """Take every refusal away, so that the tables can go."""
    CHART.drop(connection)
    if connection.dialect.name == "sqlite":
        for event in ("update", "delete"):
            connection.exec_driver_sql(f"DROP TRIGGER checklist_version_{event}_guard")
        return
    connection.exec_driver_sql("DROP FUNCTION refuse_to_change_a_checklist() CASCADE")

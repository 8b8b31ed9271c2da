"""Tables that are only ever added to: nothing in them is changed or removed, whatever program writes to them.

The word is said as SQLSTATE 23001 on PostgreSQL, even to the owner of the tables; as the message on SQLite. SQLite would remove a row
without asking anybody where another is put in its place (`INSERT OR REPLACE`), so that is refused as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class AppendOnly:
    """Some tables by name, with the column that tells their rows apart; the word that is said; the PostgreSQL function that says it."""

    tables: Mapping[str, str]
    word: str
    function: str

    def create(self, connection: Connection) -> None:
        """Put every refusal in place."""
        for statement in self._for_sqlite() if connection.dialect.name == "sqlite" else self._for_postgresql():
            connection.exec_driver_sql(statement)

    def drop(self, connection: Connection) -> None:
        """Take every refusal away, so that the tables can go."""
        if connection.dialect.name == "sqlite":
            for table in self.tables:
                for event in ("update", "delete", "insert"):
                    connection.exec_driver_sql(f"DROP TRIGGER {table}_{event}_guard")
            return
        connection.exec_driver_sql(f"DROP FUNCTION {self.function}() CASCADE")

    def _for_sqlite(self) -> list[str]:
        made = []
        for table, key in self.tables.items():
            for event in ("update", "delete"):
                made.append(
                    f"CREATE TRIGGER {table}_{event}_guard BEFORE {event.upper()} ON {table} BEGIN SELECT RAISE(ABORT, '{self.word}'); END"
                )
            taken = f"SELECT RAISE(ABORT, '{self.word}') WHERE EXISTS (SELECT 1 FROM {table} WHERE {key} = new.{key});"  # noqa: S608
            made.append(f"CREATE TRIGGER {table}_insert_guard BEFORE INSERT ON {table} BEGIN {taken} END")
        return made

    def _for_postgresql(self) -> list[str]:
        made = [
            f"""CREATE FUNCTION {self.function}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '{self.word}' USING ERRCODE = '23001', CONSTRAINT = '{self.word}';
END $$"""
        ]
        for table in self.tables:
            for name, event, each in (("guard", "UPDATE OR DELETE", "ROW"), ("truncate_guard", "TRUNCATE", "STATEMENT")):
                made.append(f"CREATE TRIGGER {table}_{name} BEFORE {event} ON {table} FOR EACH {each} EXECUTE FUNCTION {self.function}()")
        return made

"""What the database itself refuses, whatever program writes to it.

`double_booking`, `over_capacity`: two bookings overfill a resource. `capacity_below_bookings`: a capacity is lowered under what is
booked from then on. `patient_twice`: a patient is in two sessions at once. `published_version`: a published protocol changes.

PostgreSQL says so with SQLSTATE 23P01 (23001 for the last) and the word as the constraint's name, SQLite with the word as the message.
On PostgreSQL an exclusion constraint stands behind the trigger: it sees what others have not committed yet.
Whoever changes one of these tables with `batch_alter_table` must drop and create the guards around it: SQLite drops a table's
triggers with it.
"""

from sqlalchemy import Connection

ACTIVE_SESSION = "('booked', 'arrived', 'in_treatment', 'in_observation', 'discharged')"

TAKEN_ALREADY = """
    SELECT 1 FROM booking b WHERE b.resource_id = new.resource_id AND b.status <> 'released' AND b.load > 0
      AND b.starts_at < new.ends_at AND b.ends_at > new.starts_at AND b.starts_at > new.starts_at - 86400 AND {other}"""

# The load at every instant of a booking is greatest where it begins or where another begins during it.
BOOKED_BEYOND_CAPACITY = """
    SELECT 1 FROM (
      SELECT new.starts_at AS at
      UNION SELECT b.starts_at FROM booking b WHERE b.resource_id = new.resource_id AND b.status <> 'released' AND b.load > 0
        AND b.starts_at > new.starts_at AND b.starts_at < new.ends_at
    ) instant
    WHERE new.load + (
      SELECT coalesce(sum(b.load), 0) FROM booking b WHERE b.resource_id = new.resource_id AND b.status <> 'released'
        AND b.starts_at <= instant.at AND b.ends_at > instant.at AND b.starts_at > instant.at - 86400 AND {other}
    ) > (SELECT capacity FROM resource WHERE id = new.resource_id)"""

STANDS_THEN = "(b.status = 'booked' OR b.status = 'held' AND b.hold_until > new.capacity_since)"

BOOKINGS_ABOVE_NEW_CAPACITY = f"""
    SELECT 1 FROM (
      SELECT CASE WHEN b.starts_at < new.capacity_since THEN new.capacity_since ELSE b.starts_at END AS at
      FROM booking b WHERE b.resource_id = new.id AND {STANDS_THEN} AND b.load > 0 AND b.ends_at > new.capacity_since
    ) instant
    WHERE (
      SELECT coalesce(sum(b.load), 0) FROM booking b WHERE b.resource_id = new.id AND {STANDS_THEN}
        AND b.starts_at <= instant.at AND b.ends_at > instant.at AND b.starts_at > instant.at - 86400
    ) > new.capacity"""  # noqa: S608  # no word of it comes from outside

MARK_EXCLUSIVE = """UPDATE booking SET exclusive = (new.capacity = 1 AND load > 0)
      WHERE resource_id = new.id AND ends_at > new.capacity_since
        AND (status = 'booked' OR status = 'held' AND hold_until > new.capacity_since)"""


def _sqlite_trigger(name: str, event: str, when: str, refusals: dict[str, str]) -> str:
    body = "\n".join(f"  SELECT RAISE(ABORT, '{word}') WHERE {condition};" for word, condition in refusals.items())
    return f"CREATE TRIGGER {name} BEFORE {event} WHEN {when} BEGIN\n{body}\nEND"


def _sqlite() -> dict[str, str]:
    booking = {
        "exclusive_flag": "new.exclusive IS NOT (new.load > 0 AND (SELECT capacity FROM resource WHERE id = new.resource_id) = 1)",
        "double_booking": f"new.exclusive AND EXISTS ({TAKEN_ALREADY.format(other='b.id IS NOT new.id')})",
        "over_capacity": f"new.load > 0 AND EXISTS ({BOOKED_BEYOND_CAPACITY.format(other='b.id IS NOT new.id')})",
    }
    patient = {
        "patient_twice": f"""EXISTS (SELECT 1 FROM session s
    WHERE s.patient_id = new.patient_id AND s.status IN {ACTIVE_SESSION}
      AND s.starts_at < new.ends_at AND s.ends_at > new.starts_at AND s.starts_at > new.starts_at - 86400 AND s.id IS NOT new.id)"""  # noqa: S608  # no word of it comes from outside
    }
    published = """old.status <> 'draft' AND (new.status = 'draft' OR new.protocol_id IS NOT old.protocol_id
    OR new.number IS NOT old.number OR new.document IS NOT old.document OR new.digest IS NOT old.digest)"""
    is_booked, is_active = "new.status <> 'released'", f"new.status IN {ACTIVE_SESSION}"
    moved_booking = "UPDATE OF resource_id, starts_at, ends_at, load, status ON booking"
    moved_session = "UPDATE OF patient_id, starts_at, ends_at, status ON session"
    capacity = "UPDATE OF capacity, capacity_since ON resource"
    lowered = {"capacity_below_bookings": f"EXISTS ({BOOKINGS_ABOVE_NEW_CAPACITY})"}
    never = {"published_version": "true"}
    return {
        "booking_insert_guard": _sqlite_trigger("booking_insert_guard", "INSERT ON booking", is_booked, booking),
        "booking_update_guard": _sqlite_trigger("booking_update_guard", moved_booking, is_booked, booking),
        "resource_capacity_guard": _sqlite_trigger("resource_capacity_guard", capacity, "new.capacity < old.capacity", lowered),
        "resource_exclusive_mark": f"""CREATE TRIGGER resource_exclusive_mark AFTER UPDATE OF capacity ON resource
BEGIN {MARK_EXCLUSIVE}; END""",
        "session_insert_guard": _sqlite_trigger("session_insert_guard", "INSERT ON session", is_active, patient),
        "session_update_guard": _sqlite_trigger("session_update_guard", moved_session, is_active, patient),
        "version_update_guard": _sqlite_trigger("version_update_guard", "UPDATE ON protocol_version", published, never),
        "version_delete_guard": _sqlite_trigger("version_delete_guard", "DELETE ON protocol_version", "old.status <> 'draft'", never),
    }


def _postgresql_function(name: str, body: str) -> str:
    return f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n{body}\nEND $$"


def _refuse(word: str, state: str = "23P01") -> str:
    return f"RAISE EXCEPTION '{word}' USING ERRCODE = '{state}', CONSTRAINT = '{word}';"


BOOKING_GUARD = f"""
  IF NEW.status = 'released' THEN RETURN NEW; END IF;
  NEW.exclusive := NEW.load > 0 AND (SELECT capacity FROM resource WHERE id = NEW.resource_id FOR UPDATE) = 1;
  IF NEW.exclusive AND EXISTS ({TAKEN_ALREADY.format(other="b.id <> new.id")}) THEN {_refuse("double_booking")} END IF;
  IF NEW.load > 0 AND EXISTS ({BOOKED_BEYOND_CAPACITY.format(other="b.id <> new.id")}) THEN {_refuse("over_capacity")} END IF;
  RETURN NEW;"""  # noqa: S608  # no word of it comes from outside

CAPACITY_GUARD = f"""
  IF EXISTS ({BOOKINGS_ABOVE_NEW_CAPACITY}) THEN {_refuse("capacity_below_bookings")} END IF;
  RETURN NEW;"""

VERSION_GUARD = f"""
  IF TG_OP = 'UPDATE' AND (NEW.status, NEW.protocol_id, NEW.number, NEW.document, NEW.digest)
    IS NOT DISTINCT FROM (nullif(NEW.status, 'draft'), OLD.protocol_id, OLD.number, OLD.document, OLD.digest)
  THEN RETURN NEW; END IF;
  {_refuse("published_version", "23001")}"""


def _postgresql() -> list[str]:
    return [
        """ALTER TABLE booking ADD CONSTRAINT double_booking EXCLUDE USING gist
  (int8range(starts_at, ends_at) WITH &&, int8range(resource_id, resource_id, '[]') WITH &&) WHERE (exclusive AND status <> 'released')""",
        f"""ALTER TABLE session ADD CONSTRAINT patient_twice EXCLUDE USING gist
  (int8range(starts_at, ends_at) WITH &&, int8range(patient_id, patient_id, '[]') WITH &&) WHERE (status IN {ACTIVE_SESSION})""",
        _postgresql_function("guard_booking", BOOKING_GUARD),
        """CREATE TRIGGER booking_guard BEFORE INSERT OR UPDATE OF resource_id, starts_at, ends_at, load, status ON booking
  FOR EACH ROW EXECUTE FUNCTION guard_booking()""",
        _postgresql_function("guard_capacity", CAPACITY_GUARD),
        """CREATE TRIGGER resource_capacity_guard BEFORE UPDATE OF capacity, capacity_since ON resource
  FOR EACH ROW WHEN (NEW.capacity < OLD.capacity) EXECUTE FUNCTION guard_capacity()""",
        _postgresql_function("mark_exclusive", f"  {MARK_EXCLUSIVE};\n  RETURN NULL;"),
        """CREATE TRIGGER resource_exclusive_mark AFTER UPDATE OF capacity ON resource
  FOR EACH ROW WHEN (NEW.capacity <> OLD.capacity) EXECUTE FUNCTION mark_exclusive()""",
        _postgresql_function("guard_version", VERSION_GUARD),
        """CREATE TRIGGER version_guard BEFORE UPDATE OR DELETE ON protocol_version
  FOR EACH ROW WHEN (OLD.status <> 'draft') EXECUTE FUNCTION guard_version()""",
    ]


def create_guards(connection: Connection) -> None:
    """Put every refusal in place."""
    statements = list(_sqlite().values()) if connection.dialect.name == "sqlite" else _postgresql()
    for statement in statements:
        connection.exec_driver_sql(statement)


def drop_guards(connection: Connection) -> None:
    """Take every refusal away, so that tables can be changed."""
    if connection.dialect.name == "sqlite":
        for name in _sqlite():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        return
    for function in ("guard_booking", "guard_capacity", "mark_exclusive", "guard_version"):
        connection.exec_driver_sql(f"DROP FUNCTION {function}() CASCADE")
    connection.exec_driver_sql("ALTER TABLE booking DROP CONSTRAINT double_booking")
    connection.exec_driver_sql("ALTER TABLE session DROP CONSTRAINT patient_twice")

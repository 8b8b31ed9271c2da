"""From the rows that a transaction touched to what the trail tells of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Table

from rooms.base import Base, Db
from scheduler.access.audit_event import Category
from scheduler.access.canonical import Value
from scheduler.auditing import queries

COUNTED = {"booking"}
"""There are so many of them that they are told by the sessions which they are for."""
UNTOLD_FIELDS = {"login": {"acted_at", "signed_at"}}
HARMLESS = {
    *("status", "starts_at", "ends_at", "number", "capacity", "role", "position", "granularity_minutes", "agreed_sessions", "authorized"),
    *("item", "observed_at", "recorded_at", "reason_code", "meaning", "gate", "verb", "due_at", "outcome"),
    *(
        "accepted_at",
        "removed_at",
        "retired_at",
        "disabled_at",
        "locked_at",
        "closed_at",
        "begins_at",
        "ended_at",
        "revoked_at",
        "device",
        "strength",
    ),
}
"""Fields whose values are told."""
HARMLESS_OF = {
    "entry": {"kind", "source"},
    "adverse_event": {"is_serious"},
    "message": {"kind", "state", "why", "channel", "edition", "visit_at"},
    "message_reply": {"meaning", "channel"},
    "opening_offer": {"asked_by", "hold_until", "why"},
    "opening_wish": {"aim", "since"},
    "visit_link": {"kind", "channel", "visit_at", "revoked_at"},
}
"""Fields whose values are told of these tables only."""
CATEGORIES = {
    Category.CHECKLIST: {
        *("session_checklist", "entry", "signature", "gate_override", "alert_seen", "monitoring_form", "form_submission"),
        *("adverse_event", "enrollment", "lot_move"),
    },
    Category.MESSAGE: {
        *("message", "message_attempt", "message_call", "message_reply", "consent", "visit_answer"),
        *("visit_link", "link_key", "link_event"),
    },
    Category.SCHEDULE: {
        *("session", "course", "booking", "session_event", "waiting_course", "waiting_event", "joint_plan", "joint_answer"),
        *("opening_wish", "opening_offer"),
    },
    Category.DEMOGRAPHICS: {"patient", "patient_absence", "patient_contact"},
    Category.ACCESS: {"account", "membership", "passkey", "recovery_code", "login", "invitation", "break_glass", "approval", "wall_screen"},
}
OF_A_PATIENT = ("course", "session", "visit_link", "waiting_course")
UNKNOWN = object()
"""What stood in a field that nobody had looked at."""


@dataclass(frozen=True, slots=True)
class Touched:
    """A row that was `made`, `changed` or `removed`, and what stood in it before (or stands in it, if it was made)."""

    table: Table
    how: str
    values: Mapping[str, object]


@dataclass(slots=True)
class Story:
    """What is told: the records, by table and public id; the patients concerned; what changed, by table; and the site, if it is one."""

    category: Category = Category.SETTINGS
    objects: list[tuple[str, str]] = field(default_factory=list)
    patients: list[str] = field(default_factory=list)
    diff: dict[str, Value] = field(default_factory=dict)
    site_id: int | None = None


def story_of(db: Db, touched: Sequence[Touched]) -> Story:
    """What these touches come to in the end: a row that was changed and changed back is not told."""
    known, counted = _Known(), _Counted()
    for each in touched:
        (known if _is_known(each.table) else counted).take(each)
    story, owners = Story(), _Owners(db)
    known.tell(db, story, owners)
    counted.tell(story, owners)
    story.objects = list(dict.fromkeys([*story.objects, *owners.objects()]))
    story.patients = owners.patients()
    story.site_id = owners.site()
    story.category = next((category for category, tables in CATEGORIES.items() if tables & story.diff.keys()), Category.SETTINGS)
    return story


def _is_known(table: Table) -> bool:
    return "public_id" in table.c and table.name not in COUNTED


@dataclass(slots=True)
class _Changed:
    how: str
    before: dict[str, object]


class _Known:
    """Rows that people know by a public id: told one by one."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[str, _Changed]] = defaultdict(dict)

    def take(self, touched: Touched) -> None:
        key, rows = str(touched.values["public_id"]), self._rows[touched.table.name]
        first = rows.get(key)
        if first is None:
            rows[key] = _Changed(touched.how, dict(touched.values))
        elif touched.how == "removed" and first.how == "made":
            del rows[key]
        else:
            first.before = {**touched.values, **first.before}
            first.how = "removed" if touched.how == "removed" else first.how

    def tell(self, db: Db, story: Story, owners: _Owners) -> None:
        for name in sorted(self._rows):
            table, rows = Base.metadata.tables[name], self._rows[name]
            after = {str(row["public_id"]): row for row in queries.rows_by(db, table.c.public_id, rows)}
            entries: dict[str, Value] = {}
            for key in sorted(rows):
                entry = _entry(name, rows[key], after.get(key, {}))
                if entry:
                    entries[key] = entry
                    story.objects.append((name, key))
                    owners.add(table, after.get(key, rows[key].before), told=False)
            if entries:
                story.diff[name] = entries


class _Counted:
    """Rows without a name of their own: counted, and told by the rows that they belong to."""

    def __init__(self) -> None:
        self._touched: list[Touched] = []

    def take(self, touched: Touched) -> None:
        self._touched.append(touched)

    def tell(self, story: Story, owners: _Owners) -> None:
        counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for each in self._touched:
            counts[each.table.name][each.how] += 1
            owners.add(each.table, each.values, told=each.table.name not in COUNTED)
        story.diff |= {name: dict(counts[name]) for name in sorted(counts)}


def _entry(table: str, changed: _Changed, after: Mapping[str, object]) -> dict[str, Value]:
    """What is told of one row; nothing if it is as it was before."""
    entry: dict[str, Value] = {"how": changed.how}
    harmless = HARMLESS | HARMLESS_OF.get(table, set())
    if isinstance(version := after.get("version", changed.before.get("version")), int):
        entry["version"] = version
    if changed.how == "made":
        return entry | {name: _shown(after[name]) for name in sorted(harmless & after.keys())}
    if changed.how == "removed":
        return entry
    fields = [name for name in after if name in changed.before and changed.before[name] != after[name]]
    if set(fields) <= UNTOLD_FIELDS.get(table, set()):
        return {}
    entry["fields"] = sorted(set(fields) - harmless - {"version"})
    return entry | {name: [_shown(changed.before[name]), _shown(after[name])] for name in fields if name in harmless}


def _shown(value: object) -> Value:
    if value is UNKNOWN:
        return None
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int) else str(value)


class _Owners:
    """Whom the touched rows belong to."""

    def __init__(self, db: Db) -> None:
        self._db = db
        self._rows: dict[str, set[object]] = defaultdict(set)
        self._told: dict[str, set[object]] = defaultdict(set)
        self._sessions: set[object] = set()

    def add(self, table: Table, values: Mapping[str, object], *, told: bool) -> None:
        """Take note of the rows that one row names. They are told in its place if it has no name of its own."""
        if table.name in {"patient", "site"}:
            self._rows[table.name].add(values.get("id"))
        for column in table.columns:
            for key in column.foreign_keys:
                owner = key.column.table.name
                self._rows[owner].add(values.get(column.key))
                if told:
                    self._told[owner].add(values.get(column.key))
        if table.name == "booking":
            self._sessions.add(values.get("purpose"))

    def objects(self) -> list[tuple[str, str]]:
        """The rows to be told, by table and public id."""
        found = []
        for name in sorted(self._told):
            table = Base.metadata.tables[name]
            if _is_known(table):
                ids = queries.values_by(self._db, table.c.id, table.c.public_id, _there(self._told[name]))
                found += [(name, str(key)) for key in sorted(ids.values(), key=str)]
        return found + [("session", str(key)) for key in sorted(self._patients_of_sessions(), key=str)]

    def site(self) -> int | None:
        """The site, if all that is known of the rows is of one."""
        there = _there(self._rows["site"]) | set(_sites_of(self._db, self._patient_ids()).values())
        return one if len(there) == 1 and isinstance(one := next(iter(there)), int) else None

    def patients(self) -> list[str]:
        """The public ids of the patients."""
        table = Base.metadata.tables["patient"]
        return sorted(str(key) for key in queries.values_by(self._db, table.c.id, table.c.public_id, self._patient_ids()).values())

    def _patient_ids(self) -> set[object]:
        ids = _there(self._rows["patient"]) | set(self._patients_of_sessions().values())
        for name in OF_A_PATIENT:
            table = Base.metadata.tables[name]
            ids |= set(queries.values_by(self._db, table.c.id, table.c.patient_id, _there(self._rows[name])).values())
        return ids

    def _patients_of_sessions(self) -> dict[object, object]:
        table = Base.metadata.tables["session"]
        return queries.values_by(self._db, table.c.public_id, table.c.patient_id, _there(self._sessions))


def _sites_of(db: Db, patient_ids: Iterable[object]) -> dict[object, object]:
    table = Base.metadata.tables["patient"]
    return queries.values_by(db, table.c.id, table.c.site_id, patient_ids)


def _there(keys: Iterable[object]) -> set[object]:
    return {key for key in keys if key is not None}

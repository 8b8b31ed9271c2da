"""What is shown is the fold of what was written down, whatever was written, amended and taken back in whatever order.

What is to be shown is worked out here once more, from what was done, by walking up from each original.
"""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from courses import charting
from courses.checklists.entry import Entry, Person
from courses.checklists.writing import Amended, Answered, Press, Retracted, TakenBack
from courses.queries.charts import chart_of
from rooms.base import Db
from scheduler.api.chart_shown import ChartShown, HistoryShown
from scheduler.database import Database
from tests.charts.ward import PHYSICIAN, Ward, at
from tests.courses.clinic import NOW

ITEMS = ("systolic", "diastolic", "saturation", "note")
SECOND = Person("a_second", "Second", "")


@dataclass
class Step:
    """An entry as it was written: what stands above it, and whether it was taken back."""

    entry: Entry
    above: list[Step] = field(default_factory=list)
    gone: bool = False

    def tops(self) -> list[Step]:
        """What stands of this and all above it that nothing that stands is above of."""
        higher = [top for step in self.above for top in step.tops()]
        return higher or ([] if self.gone else [self])


@dataclass
class Record:
    """All that was written down, by original, and in its order."""

    roots: list[Step] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def add(self, entry: Entry, onto: Step | None = None) -> None:
        step = Step(entry)
        self.steps.append(step)
        (self.roots if onto is None else onto.above).append(step)

    def shown(self) -> set[tuple[str, str, object, datetime]]:
        """Entry, item, value and time of everything that is to be shown."""
        standing = [max(root.tops(), key=lambda step: (step.entry.recorded_at, step.entry.id)) for root in self.roots if not root.gone]
        return {(step.entry.id, step.entry.item, step.entry.value, step.entry.observed_at) for step in standing}


def press(ward: Ward, chance: random.Random) -> Press:
    """By the nurse or the physician, at a time that may lie before that of the last one: the server's clock was set back."""
    now = NOW + timedelta(seconds=chance.randrange(20 * 60, 40 * 60))
    writer = ward.writer("reed", PHYSICIAN)
    return Press(writer, now, lambda prefix: f"{prefix}{chance.getrandbits(64):016x}", f"k{chance.getrandbits(64):x}")


def value(item: str, chance: random.Random) -> float | str:
    if item == "note":
        return chance.choice(["calm", "restless", "awake"])
    low, high = {"systolic": (100, 139), "diastolic": (50, 90), "saturation": (90, 99)}[item]
    return chance.randint(low, high) + chance.choice([0, 0.5])


def write(db: Db, ward: Ward, record: Record, chance: random.Random) -> None:
    """One thing more is written down: something new, in time or late, or about something that was written before."""
    by, doing = press(ward, chance), chance.random()
    if not record.steps or doing < 0.4:
        item = chance.choice(ITEMS)
        when = by.now - timedelta(seconds=chance.randrange(0, 15 * 60))
        answer = Answered(item, value(item, chance), when, reason_code="busy", reason="with another patient")
        record.add(charting.record(db, ward.session, [answer], by).entries[0])
        return
    step = chance.choice(record.steps)
    try:
        if doing < 0.75:
            moved = by.now - timedelta(minutes=chance.randrange(15)) if chance.random() < 0.3 else None
            to = Amended(value(step.entry.item, chance), "misread", "looked again", moved)
            record.add(charting.amend(db, ward.session, step.entry.id, to, by).entries[0], step)
        else:
            (taken,) = charting.retract(db, ward.session, step.entry.id, TakenBack("other", "did not happen", SECOND), by).entries
            step.gone = True
            record.steps.append(Step(taken, gone=True))
    except Retracted:
        assert step.gone or is_gone(record, step)


def is_gone(record: Record, step: Step) -> bool:
    """Whether a step is no entry that can be changed: a retraction, or of an original that was taken back."""

    def within(root: Step) -> bool:
        return root is step or any(within(each) for each in root.above)

    return not any(within(root) and not root.gone for root in record.roots)


def sequence(db: Db, ward: Ward, seed: int) -> None:
    chance, record = random.Random(seed), Record()
    for _ in range(chance.randint(1, 9)):
        write(db, ward, record, chance)
    known = chart_of(db, ward.session)

    chart = ChartShown.model_validate_json(ChartShown.of(known, now=at(60)).model_dump_json())
    history = HistoryShown.model_validate_json(HistoryShown.of(known, sees_hidden=False).model_dump_json())

    shown = {(each.entry, each.item, each.value, each.observed_at) for each in chart.readings}
    assert shown == record.shown(), f"seed {seed}"
    assert len(chart.readings) == len(shown)
    assert [each.id for each in history.entries] == [step.entry.id for step in record.steps], f"seed {seed}"
    assert {each.id for each in history.entries if each.stands} == {entry for entry, *_ in shown}
    assert [each.value for each in history.entries] == [step.entry.value for step in record.steps], f"seed {seed}"


class Enough(Exception):
    """Takes back what a sequence wrote, so that the next one begins with nothing."""


def looked_at(database: Database, seeds: range) -> None:
    ward = Ward(database).open()
    for seed in seeds:
        with suppress(Enough), database.transaction() as db:
            sequence(db, ward, seed)
            raise Enough
    assert ward.chart().entries == ()


def test_fold_is_what_is_shown(database: Database) -> None:
    looked_at(database, range(50))


@pytest.mark.soak
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_fold_is_what_is_shown_five_thousand_times(database: Database) -> None:
    looked_at(database, range(1000, 6000))

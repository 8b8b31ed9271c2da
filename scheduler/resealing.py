"""Everything that is sealed with the installation's keys, in one list, and sealing it anew when a key is replaced."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import update

from rooms import faults
from rooms.base import Db
from scheduler import queries
from scheduler.keys import Keys, sealed_by
from scheduler.records.accounts import AccountRow

SEALED = (AccountRow.code_seed,)
"""Each column whose values `Keys.seal` gave. What is not in this list is lost when a key is thrown away."""


def reseal(db: Db, keys: Keys) -> int:
    """Seal everything with the first key that another one sealed. How much it was. Raises `SealedByAnother`, and changes nothing then."""
    done = 0
    for column in SEALED:
        for number, sealed in queries.sealed_values(db, column):
            if sealed_by(sealed) != keys.ids[0]:
                row = column.class_
                db.execute(update(row).where(row.id == number).values({column: keys.seal(keys.unseal(sealed))}))
                faults.point("F26")
                done += 1
    return done


def sealed_by_each(db: Db) -> Counter[str]:
    """How much each key has sealed, by its id."""
    return Counter(sealed_by(sealed) for column in SEALED for _, sealed in queries.sealed_values(db, column))

"""The made-up people of the demo: one for each role, each with a passphrase that is drawn anew for each demo database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from zxcvbn.frequency_lists import FREQUENCY_LISTS

from rooms import queries as rooms_queries
from rooms.base import Db
from scheduler import admitting, proving, queries
from scheduler.access.role import Role
from scheduler.clock import Clock
from scheduler.demo.making import SITE
from scheduler.demo.suite import SUITE
from scheduler.proving import Hasher

WORDS = sorted(word for word in FREQUENCY_LISTS["english_wikipedia"][300:4000] if word.isalpha() and 4 <= len(word) <= 7)
WORDS_OF_A_PASSPHRASE = 4


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody of the demo. `resource` is who they are on its rota, if they are."""

    handle: str
    given_name: str
    family_name: str
    role: Role
    resource: str = ""


PEOPLE = (
    DemoPerson("robin", "Robin", "Hale", Role.FRONT_DESK),
    DemoPerson("ruth", "Ruth", "Avery", Role.NURSE, "ruth"),
    DemoPerson("maya", "Maya", "Torres", Role.TECHNICIAN, "maya"),
    DemoPerson("alvarez", "Elena", "Alvarez", Role.PHYSICIAN, "dr-alvarez"),
    DemoPerson("okafor", "Chidi", "Okafor", Role.ANESTHESIA, "dr-okafor"),
    DemoPerson("adele", "Adele", "Stone", Role.ADMIN),
    DemoPerson("aubrey", "Aubrey", "Quill", Role.AUDITOR),
)


def add_people(db: Db, known: Mapping[str, str], hasher: Hasher, clock: Clock) -> dict[str, str]:
    """Give everybody of the demo an account and a passphrase; gives all passphrases by handle. `known` are those drawn before."""
    passphrases = {}
    for person in PEOPLE:
        secrets = queries.secrets(db, person.handle)
        if secrets is not None and person.handle in known:
            passphrases[person.handle] = known[person.handle]
            continue
        passphrase = passphrases[person.handle] = " ".join(clock.chosen(WORDS, WORDS_OF_A_PASSPHRASE))
        if secrets is None:
            _add(db, person, passphrase, hasher, clock)
        else:
            proving.keep_password(db, secrets.account.id, hasher.hash(passphrase))
    return passphrases


def _add(db: Db, person: DemoPerson, passphrase: str, hasher: Hasher, clock: Clock) -> None:
    site = rooms_queries.site(db, SITE)
    admitting.add_account(
        db,
        handle=person.handle,
        given_name=person.given_name,
        family_name=person.family_name,
        roles={site: {person.role} for site in (SITE, SUITE)},
        password=passphrase,
        hasher=hasher,
        now=clock.now(),
        new_id=clock.new_id,
        resource_id=rooms_queries.resource(db, site.id, person.resource).id if person.resource else None,
    )

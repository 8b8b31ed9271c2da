"""One-time codes as a page offers them: the picture for the telephone, and the seed that comes back with the form."""

from __future__ import annotations

from dataclasses import dataclass

import segno
from markupsafe import Markup

from rooms import queries as rooms_queries
from rooms.base import Db
from rooms.errors import Faulty
from scheduler.access.code import address_of
from scheduler.proving import Means
from scheduler.web.forms import Typed

OFFER = b"offered:"
"""What tells a seed that a page offers from everything else that is sealed."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A seed for one-time codes that is offered and not kept yet: the picture for the telephone, its letters, and itself, sealed."""

    picture: Markup
    letters: str
    sealed: str


def offered(means: Means, handle: str, seed: str = "") -> Offered:
    """A seed to offer, the same one again after a mistake."""
    chosen = seed or means.new_seed()
    drawn = segno.make(address_of(chosen, handle), error="m").svg_inline(scale=4, border=2, dark="#000", light="#fff", omitsize=True)
    letters = " ".join(chosen[at : at + 4] for at in range(0, len(chosen), 4))
    return Offered(Markup(drawn), letters, means.keys.seal(OFFER + chosen.encode()).decode())  # noqa: S704  # drawn by us, of letters and digits


def seed_typed(means: Means, form: Typed) -> str:
    """The seed that a page offered. Raises `Faulty` for anything else that is sealed: a page must not tell what that is."""
    plain = means.keys.unseal(form["sealed"].encode("utf-8", "replace"))
    if not plain.startswith(OFFER):
        raise Faulty("sealed", "it was not offered by this page; open it again")
    return plain.removeprefix(OFFER).decode()


def names_here(db: Db, *names: str) -> list[str]:
    """What nobody should make a password of here."""
    return [*names, *(known.site.name for known in rooms_queries.sites(db))]

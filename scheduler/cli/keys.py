"""Commands for the installation's keys: keys new, rotate and show."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rooms import faults
from rooms.errors import DomainError
from scheduler.cli.opening import DatabaseUrl, opened, settings_of
from scheduler.cli.terminal import counted, say
from scheduler.keys import key_file, keys_of, new_key, put_first, write_key
from scheduler.resealing import reseal, sealed_by_each
from scheduler.settings import Settings

NEW_EXAMPLE = "Example: chairtime keys new --to /etc/chairtime/secret.key"
ROTATE_EXAMPLE = "Example: chairtime keys rotate"
SHOW_EXAMPLE = "Example: chairtime keys show"

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="The keys that seal what must be read again, such as one-time codes' seeds."
)


class KeyFileThere(DomainError):
    """A key must never be written over: what it sealed would be lost."""

    code = "key_file_there"

    def __init__(self, path: Path) -> None:
        super().__init__(f"--to: {path} is there already and stays as it is; to put a new key first in it, run: chairtime keys rotate")
        self.path = path


@app.command(epilog=NEW_EXAMPLE)
def new(
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="A new file, readable by you only.", show_default="written out")
    ] = None,
) -> None:
    """Draw a key. Keep a copy of it apart from the backups: whoever has both can read everything."""
    key = new_key()
    if to is None:
        typer.echo(key.text)
        return
    if to.exists():
        raise KeyFileThere(to)
    write_key(to, key)
    say(f"{to} has the key {key.id}. Set CHAIRTIME_SECRET_KEY_FILE={to}, and keep a copy apart from the backups.")


@app.command(epilog=ROTATE_EXAMPLE)
def rotate(database_url: DatabaseUrl = "") -> None:
    """Put a new key first, and seal everything with it. The old ones stay until you remove them; stopped in the middle, run it again."""
    settings = settings_of(database_url)
    with opened(database_url) as database:
        with database.transaction() as db:
            unfinished = set(sealed_by_each(db)) - {keys_of(settings).ids[0]}
        if not unfinished and not settings.secret_key.get_secret_value():
            put_first(key_file(settings), new_key())
            faults.point("F26")
        keys = keys_of(settings)
        done = database.run(lambda db: reseal(db, keys))
    say(f"The key {keys.ids[0]} seals from now on; {counted(done, 'value')} sealed anew.")
    _tell_rest(settings, keys.ids[1:])


def _tell_rest(settings: Settings, old: tuple[str, ...]) -> None:
    if settings.secret_key.get_secret_value():
        say("To replace the key, put a new one first in CHAIRTIME_SECRET_KEY (chairtime keys new), before a comma, and run this again.")
    if old:
        where = "CHAIRTIME_SECRET_KEY" if settings.secret_key.get_secret_value() else key_file(settings)
        say(f"Start the server and the worker anew; when `chairtime keys show` names no other key, remove {', '.join(old)} from {where}.")
        say("Older backups still need the old keys: keep them where the copy of the first one is.")


@app.command(epilog=SHOW_EXAMPLE)
def show(database_url: DatabaseUrl = "") -> None:
    """The ids of the keys, the first of which seals, and how much each has sealed. Never a key itself."""
    keys = keys_of(settings_of(database_url))
    with opened(database_url) as database, database.transaction() as db:
        counts = sealed_by_each(db)
    for name in dict.fromkeys([*keys.ids, *sorted(counts)]):
        role = "seals" if name == keys.ids[0] else "unseals" if name in keys.ids else "is missing"
        typer.echo(f"{name} {role}; {counted(counts[name], 'value')} sealed with it")

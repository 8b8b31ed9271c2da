"""Commands about accounts: list, invite, link, disable, enable. Whoever may type them is the operating system's to say."""

from __future__ import annotations

from typing import Annotated

import typer

from rooms import queries as rooms_queries
from rooms.errors import Faulty
from scheduler import admitting, queries
from scheduler.access.role import Role
from scheduler.admitting import Link, Named
from scheduler.cli.opening import DatabaseUrl, opened, settings_of
from scheduler.cli.showing import columns
from scheduler.cli.terminal import say
from scheduler.clock import SystemClock
from scheduler.database import Database
from scheduler.proving import Means
from scheduler.settings import Settings

Handle = Annotated[str, typer.Argument(metavar="NAME", help="The name that they sign in with.")]

app = typer.Typer(help="Let people in, and end their access.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list", epilog="Example: chairtime account list")
def list_accounts(database_url: DatabaseUrl = "") -> None:
    """Who has an account, and what they may do at which site."""
    with opened(database_url) as database, database.reading() as db:
        sites = {known.id: known.site.id for known in rooms_queries.sites(db)}
        people = queries.accounts(db, sorted(sites))
        held = queries.roles_of(db, [account.id for account in people])
    rows = []
    for account in people:
        roles = [f"{role.value}@{sites[site]}" for site, roles in sorted(held[account.id].items()) for role in sorted(roles)]
        rows.append((account.handle, account.name, account.status, " ".join(roles)))
    for line in columns(rows):
        typer.echo(line)


@app.command(epilog="Example: chairtime account invite nora --given-name Nora --family-name Blackwood --role nurse@riverside")
def invite(
    handle: Handle,
    given_name: Annotated[str, typer.Option("--given-name", help="Their given name.")],
    family_name: Annotated[str, typer.Option("--family-name", help="Their family name.")],
    role: Annotated[list[str], typer.Option("--role", metavar="ROLE@SITE", help=f"May be repeated. Roles: {', '.join(Role)}.")],
    database_url: DatabaseUrl = "",
) -> None:
    """Make an account, and write the link by which they take it: it serves once, within 72 hours."""
    named, roles = Named(handle, given_name, family_name), _roles(role)
    means = _means(settings_of(database_url))
    with opened(database_url) as database:
        _, link = database.run(lambda db: admitting.invite(db, means, None, named, roles, now=means.clock.now()))
    _tell(link)


@app.command("link", epilog="Example: chairtime account link nora --lost-codes")
def make_link(
    handle: Handle,
    lost_codes: Annotated[bool, typer.Option("--lost-codes", help="Their telephone is lost too: one-time codes are set up anew.")] = False,
    database_url: DatabaseUrl = "",
) -> None:
    """Write a link by which somebody joins, or chooses a new password. Older links of theirs serve no more."""
    means = _means(settings_of(database_url))
    with opened(database_url) as database:
        now = means.clock.now()
        link = database.run(lambda db: admitting.link_from_the_machine(db, means, handle, clears_code=lost_codes, now=now))
    _tell(link)


@app.command(epilog="Example: chairtime account disable nora")
def disable(handle: Handle, database_url: DatabaseUrl = "") -> None:
    """End somebody's access at once: every sign-in and every link of theirs."""
    with opened(database_url) as database:
        _set_access(database, handle, in_use=False)
    say(f"{handle} is disabled; every sign-in and link of theirs has ended.")


@app.command(epilog="Example: chairtime account enable nora")
def enable(handle: Handle, database_url: DatabaseUrl = "") -> None:
    """Let somebody in again, with the password that they had."""
    with opened(database_url) as database:
        _set_access(database, handle, in_use=True)
    say(f"{handle} may sign in again.")


def tell_first_run(database: Database, settings: Settings) -> None:
    """Where nobody has an account yet, say with which code the first administrator makes theirs."""
    means = _means(settings)
    with database.reading() as db:
        if queries.is_anybody(db):
            return
    code = database.run(lambda db: admitting.first_code(db, means))
    say(f"Nobody has an account yet. Make the administrator's at {means.address}/first-run - the code of the first run: {code}")


def _set_access(database: Database, handle: str, *, in_use: bool) -> None:
    database.run(lambda db: admitting.set_access(db, handle, in_use=in_use, now=SystemClock().now()))


def _means(settings: Settings) -> Means:
    return Means(settings, SystemClock())


def _roles(given: list[str]) -> dict[str, set[Role]]:
    roles: dict[str, set[Role]] = {}
    for each in given:
        role, _, site = each.partition("@")
        if role not in set(Role) or not site:
            raise Faulty("--role", f"{each!r} is no role at a site; write it as nurse@riverside, with one of: {', '.join(Role)}")
        roles.setdefault(site, set()).add(Role(role))
    return roles


def _tell(link: Link) -> None:
    say(f"Hand this over yourself. It serves once, until {link.ends_at:%Y-%m-%d %H:%M} UTC.")
    typer.echo(link.address)

"""Commands about the audit trail: verify, checkpoint, show, new-key."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from scheduler import auditing
from scheduler.access.audit_event import instant
from scheduler.auditing import notary_of
from scheduler.auditing.checkpointing import new_audit_key, public_half_of
from scheduler.auditing.showing import Known, Wanted, found_events
from scheduler.cli.opening import DatabaseUrl, opened, settings_of, typed_by
from scheduler.cli.showing import columns
from scheduler.cli.terminal import REFUSED, counted, say
from scheduler.clock import SystemClock

VERIFY_EXAMPLE = "Example: chairtime audit verify --json"
CHECKPOINT_EXAMPLE = "Example: chairtime audit checkpoint"
SHOW_EXAMPLE = "Example: chairtime audit show --patient p_3kq5x7v2m4n6b8z1"
NEW_KEY_EXAMPLE = "Example: chairtime audit new-key --to /etc/chairtime/audit.key"

MOST_RECORDS = 4
"""How many of an event's records stand in its line."""

app = typer.Typer(
    help="The audit trail: check that nobody bent it, sign what it is now, and look into it.", no_args_is_help=True, rich_markup_mode=None
)


@app.command(epilog=VERIFY_EXAMPLE)
def verify(
    database_url: DatabaseUrl = "",
    as_json: Annotated[bool, typer.Option("--json", help="Write the findings as JSON.")] = False,
) -> None:
    """Recompute the audit trail, and hold it against its checkpoints and against the records. Exit code 1 if anything was bent.

    The checkpoints are those of the database and of CHAIRTIME_AUDIT_CHECKPOINTS, signed by CHAIRTIME_AUDIT_PUBLIC_KEY. What is younger than
    the last one is told as unproven. That the trail was checked is told in it.
    """
    settings = settings_of(database_url)
    now, notary = SystemClock().now(), notary_of(settings, signs=not settings.audit_public_key)
    with opened(database_url) as database:
        found = auditing.check(database, notary, now=now)
        database.run(lambda db: auditing.record_check(db, typed_by(), found, now=now))
    if as_json:
        whole = {"unproven": found.unproven, "first_bad": found.first_bad, "is_whole": found.is_whole}
        typer.echo(json.dumps(asdict(found) | whole, indent=1, ensure_ascii=False))
    else:
        for sentence in found.sentences():
            typer.echo(sentence)
    first = f", the first at event {found.first_bad}" if found.first_bad is not None else ""
    proven = f"proven up to event {found.proven_up_to} by {counted(found.checkpoints, 'checkpoint')}"
    breaks = f"{counted(len(found.findings), 'break')}{first}"
    say(f"{counted(found.events, 'event')}, {proven}; {breaks}. The last hash begins with {found.anchor}.")
    if not found.is_whole:
        raise typer.Exit(REFUSED)


@app.command(epilog=CHECKPOINT_EXAMPLE)
def checkpoint(
    database_url: DatabaseUrl = "",
    after_restore: Annotated[
        bool, typer.Option("--after-restore", help="A backup was restored: sign that later events, which older checkpoints know, are lost.")
    ] = False,
) -> None:
    """Sign what the end of the audit trail is now, add it to every place, and write it out. The worker does so by itself.

    The key is that of CHAIRTIME_AUDIT_KEY_FILE. A trail that does not go on from its last checkpoint is not signed.
    """
    notary = notary_of(settings_of(database_url))
    with opened(database_url) as database:
        made = auditing.make_checkpoint(database, notary, SystemClock(), after_restore=after_restore)
    if made is None:
        say("Nothing happened since the last checkpoint.")
    else:
        typer.echo(made.line())
        say(f"Checkpoint {made.checkpoint.number} knows the trail up to event {made.checkpoint.seq}.")


@app.command(epilog=SHOW_EXAMPLE)
def show(
    patient: Annotated[str, typer.Option("--patient", help="Only what concerned a patient, by id.")] = "",
    by: Annotated[str, typer.Option("--by", help="Only what somebody did: an account's id, or an account of this machine.")] = "",
    action: Annotated[str, typer.Option("--action", help="Only this action, or what begins with it.")] = "",
    since: Annotated[datetime | None, typer.Option("--since", help="Only from then on, UTC.")] = None,
    last: Annotated[int, typer.Option("--last", help="How many, the youngest first.", min=1, max=100_000)] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON object to a line, with all that is known.")] = False,
    database_url: DatabaseUrl = "",
) -> None:
    """Write out the youngest events of the audit trail."""
    wanted = Wanted(patient=patient, actor=by, action=action, since=since and since.replace(tzinfo=UTC))
    with opened(database_url) as database, database.reading() as db:
        found = found_events(db, wanted, at_most=last)
    for line in [json.dumps(asdict(each), ensure_ascii=False) for each in found] if as_json else columns([_cells(each) for each in found]):
        typer.echo(line)


def _cells(known: Known) -> tuple[str, ...]:
    event = known.event
    records = " ".join(dict.fromkeys(key for _, key in event.objects[:MOST_RECORDS]))
    at = f"{instant(event.at):%Y-%m-%d %H:%M:%S}Z"
    return str(known.seq), at, event.actor_id or event.actor_kind, event.outcome, event.action, records


@app.command("new-key", epilog=NEW_KEY_EXAMPLE)
def new_key(
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="A new file, which only this account may read.")],
) -> None:
    """Make a key to sign checkpoints with, and write out its public half for CHAIRTIME_AUDIT_PUBLIC_KEY.

    Only the worker needs the file (CHAIRTIME_AUDIT_KEY_FILE). Whoever has it, and owns the database, can rewrite the trail unnoticed.
    """
    key = new_audit_key(SystemClock())
    with os.fdopen(os.open(to, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        file.write(f"{key}\n")
    typer.echo(public_half_of(key))
    say(f"Set CHAIRTIME_AUDIT_KEY_FILE={to.absolute()} for the worker, and CHAIRTIME_AUDIT_PUBLIC_KEY for whoever checks.")

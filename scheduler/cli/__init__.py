"""The command line, `chairtime`: one file for each group of commands, and `terminal` for how they speak."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from scheduler.cli import (
    auditing,
    backing,
    benching,
    course,
    demonstrating,
    downtime,
    keeping,
    keys,
    moving,
    people,
    permitting,
    planning,
    replanning,
    requesting,
    serving,
    waiting,
    what_if,
)
from scheduler.cli.terminal import refusals_told

EXITS = "Exit codes: 0 done, 1 refused or in breach, 2 faulty input. After 1 and 2 nothing was changed."

app = typer.Typer(
    help="Chairtime: from protocol to booked course.",
    epilog=EXITS,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command(epilog=demonstrating.DEMO_EXAMPLE)(demonstrating.demo)
app.command(epilog=serving.SERVE_EXAMPLE)(serving.serve)
app.command(epilog=serving.WORKER_EXAMPLE)(serving.worker)
app.command(epilog=keeping.MIGRATE_EXAMPLE)(keeping.migrate)
app.command(epilog=moving.LOAD_EXAMPLE)(moving.load)
app.command(epilog=moving.EXPORT_EXAMPLE)(moving.export)
app.command(epilog=keeping.VERIFY_EXAMPLE)(keeping.verify)
app.command(epilog=keeping.GRANTS_EXAMPLE)(keeping.grants)
app.command(epilog=keeping.ACKNOWLEDGE_EXAMPLE)(keeping.acknowledge)
app.command(epilog=permitting.PERMISSIONS_EXAMPLE)(permitting.permissions)
app.command(epilog=backing.BACKUP_EXAMPLE)(backing.backup)
app.command(epilog=backing.RESTORE_EXAMPLE)(backing.restore)
app.command("downtime-pack", epilog=downtime.DOWNTIME_EXAMPLE)(downtime.downtime_pack)
app.command(epilog=planning.PLAN_EXAMPLE)(planning.plan)
app.command(epilog=replanning.REPLAN_EXAMPLE)(replanning.replan)
app.command(epilog=planning.SCHEMA_EXAMPLE)(planning.schema)
app.command(epilog=what_if.WHAT_IF_EXAMPLE)(what_if.whatif)
app.command(epilog=benching.BENCH_EXAMPLE)(benching.bench)
app.command(epilog=requesting.REQUEST_EXAMPLE)(requesting.request)
app.add_typer(auditing.app, name="audit")
app.add_typer(backing.backup_key, name="backup-key")
app.add_typer(keys.app, name="keys")
app.add_typer(course.app, name="course")
app.add_typer(waiting.app, name="waiting")
app.add_typer(people.app, name="account")


def main(arguments: Sequence[str] | None = None) -> None:
    """What the shell calls. Always leaves by `SystemExit`."""
    with refusals_told():
        app(arguments, prog_name="chairtime")

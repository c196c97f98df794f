"""`aurarouter config check`: everything that is wrong with a configuration, at once."""

from __future__ import annotations

import click

from aurarouter_core.checkup import check_config
from aurarouter_core.cli.amending import request_of
from aurarouter_core.cli.session import Session
from aurarouter_core.plain import dumps
from aurarouter_core.shown import printable


@click.command("check")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def check_file(context: click.Context, file: str | None, as_json: bool) -> None:
    """Check the configuration in force, or FILE as if it were. Exit code 2 when there is a problem.

    Every provider is made, as for a task, and nothing is connected to.
    """
    found = check_config(Session.of(context).plugins, request_of(context, file))
    if as_json:
        told = {
            "success": not found.problems,
            "file": found.layers.file,
            "problems": found.problems,
            "warnings": found.warnings,
        }
        click.echo(dumps(told, indent=2))
    else:
        for problem in found.problems:
            click.echo(f"✗ {printable(problem)}")
        for warning in found.warnings:
            click.echo(f"• {printable(warning)}")
        count = len(found.problems)
        mark = f"✗ {count} problem{'s' if count > 1 else ''}" if count else "✓ no problems"
        click.echo(f"{mark}: {found.layers.file or 'the defaults, without a file'}")
    if found.problems:
        context.exit(2)

"""`aurarouter plugins`: what is installed and what it brings."""

from __future__ import annotations

import click

from aurarouter_core.cli.session import Session
from aurarouter_core.plain import dumps


@click.command("plugins")
@click.option("--timing", is_flag=True, help="Show how long each took to load.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def command(context: click.Context, timing: bool, as_json: bool) -> None:
    """List plugins and what they bring."""
    found = Session.of(context).plugins.found.values()
    if as_json:
        click.echo(dumps(list(found), indent=2))
        return
    if not found:
        click.echo("no plugins are installed")
    for plugin in found:
        line = f"{plugin.name:<18} {plugin.version:<8} {plugin.state:<7}"
        if timing:
            line += f" {plugin.milliseconds:>7.1f} ms"
        why = f"by {plugin.switch}" if plugin.switch else plugin.error
        click.echo(f"{line}  {why or ', '.join(plugin.hooks)}".rstrip())

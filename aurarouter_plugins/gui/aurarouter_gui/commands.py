"""`aurarouter gui`: the desktop window, until it is closed."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("gui")
@click.option(
    "--environment",
    type=click.Choice(["local", "auragrid"]),
    default="local",
    show_default=True,
    help="This machine alone, or the AuraGrid cell that it belongs to.",
)
@click.option("--config", "config_path", type=click.Path(dir_okay=False), help="Configuration file to use.")
@click.pass_context
def gui(context: click.Context, environment: str, config_path: str | None) -> None:
    """Open the desktop window."""
    from aurarouter_gui.opening import open_window

    path = config_path or context.find_root().obj
    context.exit(open_window(Path(path) if path else None, environment))

"""The hooks of the plugin, by themselves: the contract takes longer to import than the window to draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aurarouter_hooks import hookimpl

if TYPE_CHECKING:
    import click


@hookimpl
def register_hookspecs() -> type:
    """The hooks by which plugins bring panels and services."""
    from aurarouter_gui.specs import GuiHooks

    return GuiHooks


@hookimpl
def register_commands(cli: click.Group) -> None:
    """`gui`."""
    from aurarouter_gui.commands import gui

    cli.add_command(gui)

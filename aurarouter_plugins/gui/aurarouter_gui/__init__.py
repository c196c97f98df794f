"""AuraRouter's desktop window. Qt is imported when the window is opened, and the kernel when the window is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pluggy import HookimplMarker

if TYPE_CHECKING:
    import click

hookimpl = HookimplMarker("aurarouter")  # as the contract's own, whose import takes longer than drawing the window


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

"""`aurarouter grid`: the sub-commands, each imported when it is used."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

import click

from aurarouter_core.cli.table import CommandTable

COMMANDS = {
    "apps": ("apps", "Say which client keys open every node of the cell."),
    "call": ("call", "Call a service of the cell."),
    "certificates": ("certificates", "Sign certificates for machines and apps that come later, and new ones."),
    "clearance": ("clearance", "Say which nodes may do private work."),
    "config": ("config", "Show and change what all nodes are told, and go back."),
    "deploy": ("deploy", "Say how many nodes should have a model."),
    "drain": ("control", "Have a node take nothing new."),
    "events": ("events", "List events, and requests that no node could answer."),
    "init-cluster": ("init_cluster", "Write configuration and certificates for several machines."),
    "keys": ("keys", "Say what requests with private content are sealed to."),
    "leave": ("control", "Have a node leave the cell."),
    "models": ("models", "Keep model files in the cell, and bring them to nodes."),
    "nodes": ("shown", "List the members of the cell."),
    "services": ("shown", "List the services of the cell, and where they are."),
    "status": ("shown", "Show how the cell is."),
    "submit": ("events", "Give the cell a task as an event."),
    "up": ("up", "Start a node on this machine."),
}


class GridTable(CommandTable):
    """The commands of `aurarouter grid`."""

    def lines(self) -> Mapping[str, str]:
        """Name → one line of help, of every command."""
        return {name: line for name, (_, line) in COMMANDS.items()}

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name; None when there is none."""
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = getattr(
            import_module(f"aurarouter_auragrid.commands.{COMMANDS[cmd_name][0]}"), cmd_name.replace("-", "_")
        )
        return found


@click.group("grid", cls=GridTable)
def grid() -> None:
    """Run this machine as a node of a cell, and use the cell."""

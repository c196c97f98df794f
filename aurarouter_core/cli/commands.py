"""Which sub-commands there are, without importing any of them: the kernel's own, and those that plugins bring."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from aurarouter_core.cli.table import CommandTable

# Name → (module, one line of help). A module is imported when its command is used.
KERNEL = {
    "apps": ("apps", "Make, list and revoke client keys."),
    "chat": ("chat", "Talk with the best available model; conversations are kept."),
    "compare": ("compare", "Give a task to several models and show their answers side by side."),
    "completion": ("completion", "Print the completion script of a shell."),
    "config": ("config", "Show, check and change the configuration."),
    "doctor": ("doctor", "Check this installation and say what to do."),
    "explain": ("explain", "Show where a prompt would go, and why. No model is called."),
    "health": ("health", "Ask each model how it is."),
    "init": ("init", "Look for models on this machine and write a first configuration file."),
    "intent": ("intent", "List kinds of task, and measure how well they are told apart."),
    "keys": ("keys", "Keep providers' keys."),
    "model": ("model", "List, add, import, fetch, remove and test models."),
    "plugins": ("plugins", "List plugins and what they bring."),
    "privacy": ("privacy", "Show which private data models were sent, and prove what was not."),
    "reload": ("reload", "Have the shared engine read its configuration again."),
    "role": ("role", "List roles and choose their models."),
    "run": ("run", "Answer a task with the best available model."),
    "status": ("status", "Say whether a shared engine runs, and how it is."),
    "stop": ("stop", "End the shared engine."),
    "trace": ("trace", "Show what happened to a task."),
    "usage": ("usage", "Show tokens, cost and failures by model, role, app, day or surface."),
}
# Command names that belong to plugins of ours: the kernel knows them only to say how to install them.
KNOWN = {"grid": "auragrid", "gui": "gui", "serve": "gateway", "start": "mcp"}


class Commands(CommandTable):
    """The kernel's own and those of plugins."""

    def lines(self) -> Mapping[str, str]:
        """Name → one line of help, of every command."""
        return _brought() | {name: line for name, (_, line) in KERNEL.items()}

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name; None when nobody has it."""
        if cmd_name in KERNEL:
            command: click.Command = import_module(f"aurarouter_core.cli.{KERNEL[cmd_name][0]}").command
            return command
        found = _plugin_command(cmd_name)
        if found is None and cmd_name in KNOWN:
            return _absent(cmd_name)
        return found


def _brought() -> dict[str, str]:
    from aurarouter_core.cli.command_index import help_lines

    return help_lines()


def _plugin_command(name: str) -> click.Command | None:
    from aurarouter_core.cli.command_index import find_command

    return find_command(name)


def _absent(name: str) -> click.Command:
    """Stands in for a command of ours whose plugin is not there, whatever its arguments."""

    def refuse(**_: Any) -> None:
        from aurarouter_core import install
        from aurarouter_hooks import PluginMissingError

        extra = KNOWN[name]
        switch = install.switched_off(extra)
        why = f"switched off by {switch}" if switch else "not installed"
        raise PluginMissingError(
            f"'{name}' belongs to the plugin '{extra}', which is {why}",
            plugin=extra,
            hint=install.install_hint(extra),
        )

    return click.Command(
        name,
        callback=refuse,
        params=[click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED)],
        context_settings={"ignore_unknown_options": True},
        add_help_option=False,
        help=f"Belongs to the plugin '{KNOWN[name]}', which is not there.",
    )

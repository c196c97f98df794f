"""`aurarouter grid config set`, `apply` and `rollback`: each change is told node by node, as it goes."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Any

import click

from aurarouter_auragrid.commands.session import with_cell
from aurarouter_auragrid.configuration import CellConfiguration, NodeAnswer, Outcome
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_core import Plugins, check_config, dotted, kinds
from aurarouter_core.cli.amending import request_of
from aurarouter_core.in_force import kinds_of
from aurarouter_core.layers import lay_over, long_forms
from aurarouter_core.plain import dumps
from aurarouter_core.shown import printable
from aurarouter_core.sources import read_file
from aurarouter_core.yaml_text import parse
from aurarouter_hooks import ConfigError

JSON = click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
COMMENT = click.option("--comment", default="", help="Why; the history shows it.")
DONE = {"check": "can honour it", "apply": "works with it", "restore": "works with what was before"}
NOT_DONE = {"check": "refuses", "apply": "can't apply it", "restore": "can't go back"}


@click.command("set", context_settings={"ignore_unknown_options": True})  # a VALUE may be -1
@click.argument("path")
@click.argument("value", required=False)
@click.option("--unset", is_flag=True, help="Take the setting out of the cell's settings.")
@COMMENT
@JSON
@click.pass_context
def set_value(context: click.Context, path: str, value: str | None, unset: bool, comment: str, as_json: bool) -> None:
    """Give the setting at PATH (models.NAME.timeout) a VALUE on all nodes: YAML, or words with commas for a list."""
    if unset == (value is not None):
        raise click.UsageError("give either a VALUE or --unset")
    if value is not None and value.startswith("--"):
        raise click.NoSuchOption(value)
    plugins = Plugins()
    layers = check_config(plugins, request_of(context)).layers

    async def change(engine: Engine) -> Outcome:
        cell = CellConfiguration(engine, sections=plugins.sections)
        before = await cell.current()
        known = dict(layers.settings)
        lay_over(known, before.settings)
        try:
            where = dotted.found(path, known, kinds_of(layers))
            meant = None if value is None else kinds.read(value, kinds.at(kinds_of(layers), where))
        except ValueError as error:
            raise click.UsageError(f"{path}: {error}") from error
        if value is None:
            wanted = _without(before.settings, where, path)
        else:
            wanted = dict(before.settings)
            lay_over(wanted, long_forms(_nested(where, meant)))
        return await _changed(cell, wanted, comment, as_json, upon=before.number)

    _end(context, with_cell(context, change), as_json)


@click.command("apply")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@COMMENT
@JSON
@click.pass_context
def apply_file(context: click.Context, file: Path, comment: str, as_json: bool) -> None:
    """Make what FILE says, and nothing else, the settings of the cell."""
    yaml = parse(read_file(file), str(file))
    if yaml.problems:
        raise ConfigError(f"{file} can't be applied", problems=yaml.problems)
    sections = Plugins().sections

    async def change(engine: Engine) -> Outcome:
        cell = CellConfiguration(engine, sections=sections)
        return await _changed(cell, yaml.settings, comment, as_json, upon=None)

    _end(context, with_cell(context, change), as_json)


@click.command("rollback")
@click.argument("number", type=click.IntRange(min=0), required=False)
@JSON
@click.pass_context
def rollback(context: click.Context, number: int | None, as_json: bool) -> None:
    """Go back to version NUMBER of the cell's settings; without it, to what was in force before the newest."""

    async def change(engine: Engine) -> Outcome:
        return await CellConfiguration(engine).rollback(number, hear=None if as_json else _tell)

    _end(context, with_cell(context, change), as_json)


async def _changed(
    cell: CellConfiguration, settings: Mapping[str, Any], comment: str, as_json: bool, upon: int | None
) -> Outcome:
    async with aclosing(cell.propose(settings, comment, upon=upon)) as steps:
        async for step in steps:
            if isinstance(step, Outcome):
                return step
            if not as_json:
                _tell(step)
    raise AssertionError("a proposal ends with an outcome")


def _tell(answer: NodeAnswer) -> None:
    """A node's answer, on stderr: what the command is for is how it ends."""
    words = DONE[answer.step] if answer.state == "ok" else f"{NOT_DONE[answer.step]}: {answer.reason}"
    mark = {"ok": "✓", "refused": "✗", "silent": "?"}[answer.state]
    said = answer.reason if answer.state == "silent" else words
    click.echo(printable(f"{mark} {answer.node}: {said}"), err=True)
    for warning in answer.warnings:
        click.echo(printable(f"  Note: {warning}"), err=True)


def _end(context: click.Context, outcome: Outcome, as_json: bool) -> None:
    number = outcome.version.number
    if as_json:
        told = {
            "success": outcome.success,
            "state": outcome.state,
            "version": number,
            "reason": outcome.reason,
            "nodes": outcome.answers,
        }
        click.echo(dumps(told, indent=2))
    elif outcome.state == "unchanged":
        click.echo(f"the cell says so already; version {number} stays")
    elif outcome.state == "in force":
        click.echo(f"version {number} is in force")
    elif outcome.state == "refused":
        click.echo(printable(f"Error: refused, nothing is changed: {outcome.reason}"), err=True)
    else:
        click.echo(printable(f"Error: undone, version {number} is as before: {outcome.reason}"), err=True)
    if not outcome.success:
        context.exit(2 if outcome.state == "refused" else 1)


def _nested(path: dotted.Path, value: Any) -> Any:
    for name in reversed(path):
        value = {name: value}
    return value


def _without(settings: Mapping[str, Any], path: dotted.Path, text: str) -> dict[str, Any]:
    """The settings without one of them, and without what is empty then.

    Raises:
        ConfigError: They don't have it.
    """
    name, rest = path[0], path[1:]
    if name not in settings or (rest and not isinstance(settings[name], Mapping)):
        raise ConfigError(f"the cell does not set {text}", hint="See 'aurarouter grid config show'.")
    below = _without(settings[name], rest, text) if rest else {}
    kept = {key: value for key, value in settings.items() if key != name}
    return {**kept, name: below} if below else kept

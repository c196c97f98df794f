"""`aurarouter config set`: change one setting in the file, if the result is no worse."""

from __future__ import annotations

import click

from aurarouter_core import dotted, kinds
from aurarouter_core.amend import amend_config
from aurarouter_core.cli.amending import request_of, tell
from aurarouter_core.cli.session import Session
from aurarouter_core.edit import Change, Remove, Set
from aurarouter_core.in_force import kinds_of
from aurarouter_core.loading import read_layers


@click.command("set", context_settings={"ignore_unknown_options": True})  # a VALUE may be -1
@click.argument("path")
@click.argument("value", required=False)
@click.option("--unset", is_flag=True, help="Take the setting out of the file.")
@click.option("--file", type=click.Path(exists=True, dir_okay=False), help="Change this file.")
@click.option("--literal", is_flag=True, help="Let a key stand in the file as it is.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def set_value(
    context: click.Context,
    path: str,
    value: str | None,
    unset: bool,
    file: str | None,
    literal: bool,
    as_json: bool,
) -> None:
    """Give the setting at PATH (models.NAME.timeout) a VALUE: YAML, or words with commas where a list belongs.

    The file in force is changed, with its comments kept; where there is none, your own is made.
    """
    if unset == (value is not None):
        raise click.UsageError("give either a VALUE or --unset")
    if value is not None and value.startswith("--"):
        raise click.NoSuchOption(value)
    plugins = Session.of(context).plugins
    request = request_of(context, file)
    layers = read_layers(plugins, request)
    try:
        where = dotted.found(path, layers.settings, kinds_of(layers))
        kind = kinds.at(kinds_of(layers), where)
        change: Change = Remove(where) if value is None else Set(where, kinds.read(value, kind))
    except ValueError as error:
        raise click.UsageError(f"{path}: {error}") from error
    tell(amend_config(plugins, request, [change], literal=literal), as_json)

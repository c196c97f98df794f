"""`aurarouter config`: show the settings in force, and where they come from."""

from __future__ import annotations

import os
from pathlib import Path

import click
from attrs import evolve

from aurarouter_core import dotted, trust
from aurarouter_core.checkup import check_config
from aurarouter_core.cli.amending import request_of, tell_problems
from aurarouter_core.cli.config_check import check_file
from aurarouter_core.cli.config_import import import_settings
from aurarouter_core.cli.config_set import set_value
from aurarouter_core.cli.config_trust import trust_file
from aurarouter_core.cli.session import Session
from aurarouter_core.home import FILE_VARIABLE, Home, expanded, working_folder
from aurarouter_core.in_force import each, kinds_of, settings_in_force
from aurarouter_core.layers import Layers
from aurarouter_core.plain import dumps
from aurarouter_core.shown import as_yaml, on_one_line
from aurarouter_core.sources import FILE_NAME, Found, find_file, read_file
from aurarouter_core.yaml_text import parse
from aurarouter_hooks import ConfigError, ConfigNotFoundError, ConfigUntrustedError


@click.group("config")
def command() -> None:
    """Show, check and change the configuration."""


@command.command("show")
@click.argument("path", required=False)
@click.option("--origin", "with_origin", is_flag=True, help="Say for each setting where it comes from.")
@click.option(
    "--environment",
    type=click.Choice(["local", "auragrid"]),
    default="local",
    help="As it is there, with what plugins bring for it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def show(context: click.Context, path: str | None, with_origin: bool, environment: str, as_json: bool) -> None:
    """Show the settings in force, or those at PATH (models.NAME.timeout), with secrets masked.

    Variables stay as they are written. A configuration with problems is shown too: exit code 2.
    """
    found = check_config(Session.of(context).plugins, evolve(request_of(context), environment=environment))
    layers = found.layers
    at = _path(path, layers) if path else ()
    settings = list(each(layers, at)) if with_origin else settings_in_force(layers, at)
    if as_json:
        told = {"file": layers.file, "path": at, "settings": settings, "problems": found.problems}
        click.echo(dumps(told, indent=2))
    elif not with_origin:
        click.echo(as_yaml(settings), nl=False)
    else:
        for setting in each(layers, at):
            click.echo(f"{dotted.shown(setting.path)}: {on_one_line(setting.value)}  # {setting.place}")
    if found.problems:
        if not as_json:
            tell_problems(found.problems)
        context.exit(2)


def _path(text: str, layers: Layers) -> dotted.Path:
    """The path of a setting that is there.

    Raises:
        ConfigError: None is.
    """
    kinds = kinds_of(layers)
    try:
        path = dotted.found(text, layers.settings, kinds)
        settings_in_force(layers, path)
    except ValueError as error:
        raise ConfigError(str(error)) from error
    except KeyError as error:
        words = dotted.nearest(path, layers.settings, kinds)
        raise ConfigError(words, hint="'aurarouter config show' lists what is set.") from error
    return path


@command.command("path")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def show_path(context: click.Context, as_json: bool) -> None:
    """Show which file is in force, and every place that is searched."""
    named = request_of(context).path
    folder = working_folder()
    missing: ConfigNotFoundError | None = None
    try:
        found = find_file(named, os.environ, folder)
    except ConfigNotFoundError as error:
        found, missing = None, error
    places = [
        ("--config", named),
        (FILE_VARIABLE, Path(os.environ[FILE_VARIABLE]) if os.environ.get(FILE_VARIABLE) else None),
        ("current directory", folder / FILE_NAME if folder else None),
        ("home", Home.of().config),
    ]
    rows = [{"place": place, "path": path, "state": _state(path, found)} for place, path in places]
    if as_json:
        click.echo(dumps({"file": found and found.path, "searched": rows}, indent=2))
    else:
        click.echo(str(found.path) if found else "no file is in force")
        for row in rows:
            click.echo(f"  {row['place']:<24} {row['state']:<11} {row['path'] or ''}".rstrip())
    if missing is not None:
        click.echo(f"Error: {missing}", err=True)
        context.exit(2)


def _state(path: Path | None, found: Found | None) -> str:
    if path is None:
        return "not given"
    there = expanded(str(path))
    if not there.is_file():
        return "missing"
    if found is None or there != found.path:
        return "passed over"
    return "in force" if _accepted(found) else "not trusted"


def _accepted(found: Found) -> bool:
    if found.trusted:
        return True
    data = read_file(found.path)
    try:
        trust.require(found.path, data, parse(data, str(found.path)), Home.of())
    except ConfigUntrustedError:
        return False
    return True


@command.command("schema")
@click.option("--json", "as_json", is_flag=True, help="The schema is JSON in any case.")
@click.pass_context
def schema(context: click.Context, as_json: bool) -> None:
    """Print the JSON Schema of the configuration file, with the sections of the installed plugins."""
    from aurarouter_core.schema import json_schema

    click.echo(dumps(json_schema(Session.of(context).plugins.sections), indent=2))


command.add_command(check_file)
command.add_command(import_settings)
command.add_command(set_value)
command.add_command(trust_file)

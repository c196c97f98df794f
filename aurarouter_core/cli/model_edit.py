"""`aurarouter model add` and `model remove`: a model and its place in the roles, in one edit of the file."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from aurarouter_core import dotted, install, variables
from aurarouter_core.amend import amend_config
from aurarouter_core.chains import joining, served_by
from aurarouter_core.cli.amending import request_of, tell
from aurarouter_core.cli.session import Session
from aurarouter_core.downloads import Downloads
from aurarouter_core.edit import Change, Set
from aurarouter_core.loading import read_layers
from aurarouter_core.provider_class import missing_provider
from aurarouter_core.registry import AssetRegistry
from aurarouter_core.removal import take_out
from aurarouter_hooks import AuraRouterError, ConfigError, PluginMissingError


@click.command("add")
@click.argument("name")
@click.option("--provider", required=True, help="The plugin that reaches it.")
@click.option("--endpoint", help="The server's URL.")
@click.option("--model-name", help="What the server calls it, if not NAME.")
@click.option("--model-path", help="Its file on disk.")
@click.option("--env-key", metavar="VARIABLE", help="The variable that holds its key.")
@click.option("--tag", "tags", multiple=True, help="A word of yours; 'private' lets private content go there.")
@click.option("--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="A sampling parameter.")
@click.option("--option", "options", multiple=True, metavar="NAME=VALUE", help="A setting of the provider's own.")
@click.option("--role", "roles", multiple=True, help="A role that it joins.")
@click.option("--first", is_flag=True, help="Try it first in these roles, not last.")
@click.option("--literal", is_flag=True, help="Let what looks like a key stand in the file as it is.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def add_model(
    context: click.Context,
    /,
    name: str,
    roles: tuple[str, ...],
    first: bool,
    literal: bool,
    as_json: bool,
    **settings: Any,
) -> None:
    """Add a model called NAME to the configuration file."""
    plugins = Session.of(context).plugins
    request = request_of(context)
    provider = settings["provider"]
    if provider not in plugins.providers:
        raise PluginMissingError(
            missing_provider(provider, plugins), plugin=provider, hint=install.install_hint(provider)
        )
    layers = read_layers(plugins, request)
    if name in (layers.settings.get("models") or {}):
        raise ConfigError(
            f"a model is called '{name}' already",
            hint="Take another name, or change it: aurarouter config set "
            f"{shlex.quote(dotted.shown(('models', name, 'SETTING')))} VALUE",
        )
    entry: dict[str, Any] = {key: value for key, value in settings.items() if isinstance(value, str)}
    if settings["tags"]:
        entry["tags"] = list(settings["tags"])
    for key in ("parameters", "options"):
        if settings[key]:
            entry[key] = dict(_pair(text) for text in settings[key])
    changes: list[Change] = [Set(("models", name), entry), *joining(layers, name, roles, first=first)]
    tell(amend_config(plugins, request, changes, literal=literal), as_json)
    if not roles and not as_json:
        click.echo(f"Note: no role uses it yet: aurarouter role set ROLE {shlex.quote(name)}", err=True)


def _pair(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise click.UsageError(f"'{text}' is no NAME=VALUE")
    try:
        return name, value if variables.refers(value) else variables.scalar(value)
    except ValueError as error:
        raise click.UsageError(f"{name}: {error}") from error


@click.command("remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Don't ask: take it out of its roles too.")
@click.option("--delete-file", is_flag=True, help="Delete its file too, if AuraRouter downloaded it.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def remove_model(context: click.Context, name: str, yes: bool, delete_file: bool, as_json: bool) -> None:
    """Take the model NAME out of the configuration file, and out of the roles that name it."""
    session = Session.of(context)
    request = request_of(context)
    roles = served_by(read_layers(session.plugins, request), name)
    if roles and not (yes or _agreed(name, roles, asked=not as_json)):
        click.echo("nothing is changed", err=True)
        context.exit(1)
    file = _file_to_delete(session, name, delete_file, asked=not as_json)
    amendment = take_out(session.plugins, request, session.home, name, from_roles=True)
    if file is not None:
        Downloads(session.home.models).delete(file)
    tell(amendment, as_json)
    if file is not None and not as_json:
        click.echo(f"{file} is deleted")


def _file_to_delete(session: Session, name: str, wanted: bool, asked: bool) -> Path | None:
    """The model's file, if it is ours and somebody wants it gone."""
    if wanted:
        return AssetRegistry(session.router).deletable(name)
    if not asked or not sys.stdin.isatty():
        return None
    try:
        file = AssetRegistry(session.router).deletable(name)
    except AuraRouterError:  # it isn't ours, or others need it: it stays, and there is nothing to ask
        return None
    return file if click.confirm(f"{file} was downloaded for it. Delete it too?", err=True) else None


def _agreed(name: str, roles: Sequence[str], asked: bool) -> bool:
    words = f"the model '{name}' serves {', '.join(roles)}"
    if not asked or not sys.stdin.isatty():
        raise ConfigError(words, hint="Add --yes to take it out of these roles too.")
    return click.confirm(f"{words}. Take it out of these roles too?", err=True)

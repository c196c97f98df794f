"""`aurarouter model add` and `model remove`: a model and its place in the roles, in one edit of the file."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from aurarouter_core import install, variables
from aurarouter_core.amend import amend
from aurarouter_core.cli.amending import request_of, tell
from aurarouter_core.cli.session import Session
from aurarouter_core.config import Request
from aurarouter_core.edit import Change, Remove, Set
from aurarouter_core.layers import Layers, merged
from aurarouter_core.loading import read_layers
from aurarouter_core.models import missing_provider
from aurarouter_core.plugins import Plugins
from aurarouter_hooks import ConfigError, PluginMissingError, UnknownModelError


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
        raise PluginMissingError(missing_provider(provider, plugins), plugin=provider, hint=install.hint(provider))
    layers = read_layers(plugins, request)
    if name in (layers.settings.get("models") or {}):
        raise ConfigError(
            f"a model is called '{name}' already",
            hint=f"Change it with 'aurarouter config set models.{name}.…', or take another name.",
        )
    entry: dict[str, Any] = {key: value for key, value in settings.items() if isinstance(value, str)}
    if settings["tags"]:
        entry["tags"] = list(settings["tags"])
    for key in ("parameters", "options"):
        if settings[key]:
            entry[key] = dict(_pair(text) for text in settings[key])
    changes: list[Change] = [Set(("models", name), entry)]
    for role in dict.fromkeys(roles):
        chain = _chain(layers, role)
        ahead = first or not _of_the_user(layers, role)  # a model of one's own goes before the built-in one
        changes.append(Set(("roles", role, "models"), [name, *chain] if ahead else [*chain, name]))
    tell(amend(plugins, request, changes, literal=literal), as_json)
    if not roles and not as_json:
        click.echo(f"Note: no role uses it yet: aurarouter role set ROLE {name}", err=True)


def _pair(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise click.UsageError(f"'{text}' is no NAME=VALUE")
    try:
        return name, value if variables.refers(value) else variables.scalar(value)
    except ValueError as error:
        raise click.UsageError(f"{name}: {error}") from error


def _of_the_user(layers: Layers, role: str) -> bool:
    """A file says who serves the role, not only the defaults."""
    origin = layers.origin(("roles", role, "models"))
    return origin is not None and origin is not layers.stack[-1]


def _chain(layers: Layers, role: str) -> list[str]:
    """A role's models as the file and the defaults have them: what a variable says is never written to the file."""
    lasting = [layer for layer in layers.stack if layer.yaml is not None or layer is layers.stack[-1]]
    chain = (merged(lasting).get("roles") or {}).get(role)
    models = chain.get("models") if isinstance(chain, Mapping) else None
    if models is not None and not isinstance(models, list | tuple):
        raise ConfigError(
            f"the models of the role '{role}' are no list in the file",
            hint=f"See 'aurarouter config show roles.{role}'.",
        )
    return list(models or ())


@click.command("remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Don't ask: take it out of its roles too.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def remove_model(context: click.Context, name: str, yes: bool, as_json: bool) -> None:
    """Take the model NAME out of the configuration file, and out of the roles that name it."""
    plugins = Session.of(context).plugins
    request = request_of(context)
    layers = read_layers(plugins, request)
    written = next((layer.settings for layer in layers.stack if layer.yaml is not None), {})
    if name not in (written.get("models") or {}):
        _refuse(layers, name)
    roles = [role for role in written.get("roles") or {} if name in _chain(layers, role)]
    if roles and not (yes or _agreed(name, roles, asked=not as_json)):
        click.echo("nothing is changed", err=True)
        context.exit(1)
    _remove(plugins, request, layers, name, roles, as_json)


def _remove(plugins: Plugins, request: Request, layers: Layers, name: str, roles: Sequence[str], as_json: bool) -> None:
    changes: list[Change] = [
        Set(("roles", role, "models"), [model for model in _chain(layers, role) if model != name]) for role in roles
    ]
    tell(amend(plugins, request, [*changes, Remove(("models", name))]), as_json)


def _refuse(layers: Layers, name: str) -> None:
    known = layers.settings.get("models") or {}
    layer = layers.origin(("models", name)) if name in known else None
    if layer is None:
        raise UnknownModelError(name, sorted(map(str, known)))
    source, _ = layer.place(("models", name))
    raise ConfigError(f"the model '{name}' does not stand in the file: it comes from {source}")


def _agreed(name: str, roles: Sequence[str], asked: bool) -> bool:
    words = f"the model '{name}' serves {', '.join(roles)}"
    if not asked or not sys.stdin.isatty():
        raise ConfigError(words, hint="Add --yes to take it out of these roles too.")
    return click.confirm(f"{words}. Take it out of these roles too?", err=True)

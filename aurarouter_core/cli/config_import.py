"""`aurarouter config import`: take over a list of models that you already have."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import click

from aurarouter_core import litellm_list
from aurarouter_core.adopt import Adoption, adopted
from aurarouter_core.amend import Amendment, amend_config
from aurarouter_core.cli.amending import request_of, tell
from aurarouter_core.cli.session import Session
from aurarouter_core.config import System
from aurarouter_core.layers import Layers, long_forms
from aurarouter_core.litellm_list import ModelList
from aurarouter_core.loading import read_layers
from aurarouter_core.plain import dumps
from aurarouter_core.shown import as_yaml, printable
from aurarouter_core.sources import read_file
from aurarouter_core.yaml_text import parse
from aurarouter_hooks import ConfigError


@click.group("import")
def import_settings() -> None:
    """Take over a list of models that you already have."""


@import_settings.command("litellm")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def import_litellm(context: click.Context, file: Path, yes: bool, as_json: bool) -> None:
    """Take over the `model_list` of a LiteLLM proxy's configuration FILE, with its fallbacks and aliases.

    Each of LiteLLM's groups becomes a role of its name, so that --role NAME works. Nothing that is in your
    configuration is changed, and no key is copied.
    """
    plugins = Session.of(context).plugins
    request = request_of(context)
    listed = litellm_list.read(parse(read_file(file), str(file)))
    if not listed.groups:
        raise ConfigError(f"no model of {file} can be taken over", problems=listed.left_out)
    adoption = _adopted(listed, read_layers(plugins, request))
    if not as_json:
        _show(listed, adoption)
    amendment: Amendment | None = None
    if adoption.changes:
        if not (yes or _agreed(asked=not as_json)):
            click.echo("nothing is changed", err=True)
            context.exit(1)
        amendment = amend_config(plugins, request, adoption.changes)
    if as_json:
        click.echo(dumps(_told(listed, adoption, amendment), indent=2))
    elif amendment is None:
        click.echo("all of it is there already; nothing is changed")
    else:
        tell(amendment, as_json=False)


def _adopted(listed: ModelList, layers: Layers) -> Adoption:
    """Names are looked for beside those of the file alone: what a variable or a default says is not in it."""
    written = next((layer.settings for layer in layers.stack if layer.yaml is not None), {})
    settings = long_forms(written)
    models, roles = (value if isinstance(value := settings.get(name), Mapping) else {} for name in ("models", "roles"))
    chains = {str(role): _chain(entry) for role, entry in roles.items()}
    system = settings.get("system")
    default = system.get("default_role") if isinstance(system, Mapping) else None
    return adopted(listed, models, chains, str(default or System().default_role))


def _chain(entry: object) -> list[str]:
    models = entry.get("models") if isinstance(entry, Mapping) else entry
    return [str(name) for name in models] if isinstance(models, list | tuple) else []


def _show(listed: ModelList, adoption: Adoption) -> None:
    if adoption.changes:
        click.echo(as_yaml({"models": adoption.models, "roles": adoption.roles}), nl=False)
    for problem in listed.left_out:
        click.echo(f"Left out: {printable(problem)}", err=True)
    for note in adoption.notes:
        click.echo(f"Note: {printable(note)}", err=True)
    for name, service in listed.keys.items():
        words = (
            f"the file holds a key for {printable(service)}, which is not copied. Keep it: aurarouter keys set {name}"
        )
        click.echo(f"Note: {words}", err=True)


def _agreed(asked: bool) -> bool:
    if not asked or not sys.stdin.isatty():
        raise ConfigError("nobody is here to be asked whether to add this", hint="Look at it; then add --yes.")
    return click.confirm("Add this to your configuration?", err=True)


def _told(listed: ModelList, adoption: Adoption, amendment: Amendment | None) -> dict[str, object]:
    return {
        "success": True,
        "file": amendment and amendment.file,
        "created": bool(amendment and amendment.created),
        "models": adoption.models,
        "roles": adoption.roles,
        "keys_to_set": list(listed.keys),
        "left_out": listed.left_out,
        "notes": adoption.notes,
        "warnings": amendment.warnings if amendment else (),
    }

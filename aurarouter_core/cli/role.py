"""`aurarouter role`: which models do which kind of work."""

from __future__ import annotations

import click

from aurarouter_core.amend import amend_config
from aurarouter_core.chains import Link, chains_in
from aurarouter_core.checkup import check_config
from aurarouter_core.cli.amending import request_of, tell, tell_problems
from aurarouter_core.cli.session import Session
from aurarouter_core.converter import nearest
from aurarouter_core.edit import Change, Remove, Set
from aurarouter_core.loading import read_layers
from aurarouter_core.plain import dumps
from aurarouter_core.shown import printable
from aurarouter_core.sources import EMBEDDED
from aurarouter_hooks import ConfigError


@click.group("role")
def command() -> None:
    """List roles and choose their models."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def list_roles(context: click.Context, as_json: bool) -> None:
    """List the roles, each with its models in the order in which they are tried.

    A configuration with problems is listed too: exit code 2.
    """
    found = check_config(Session.of(context).plugins, request_of(context))
    rows = list(chains_in(found.layers))
    if as_json:
        click.echo(dumps({"roles": rows, "problems": found.problems}, indent=2))
    else:
        for row in rows:
            chain = " → ".join(map(_link, row.chain)) or "no model"
            description = f"  # {row.description}" if row.description else ""
            click.echo(printable(f"{row.role:<16} {chain}{description}"))
        if not rows:
            click.echo("no roles are configured")
    if found.problems:
        if not as_json:
            tell_problems(found.problems)
        context.exit(2)


def _link(link: Link) -> str:
    return f"{link.model} ({link.provider if link.exists else 'no such model'})"


@command.command("set")
@click.argument("role")
@click.argument("models", nargs=-1)
@click.option("--description", help="What the role is for.")
@click.option("--unset", is_flag=True, help="Take the role out of the file.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def set_role(
    context: click.Context, role: str, models: tuple[str, ...], description: str | None, unset: bool, as_json: bool
) -> None:
    """Let ROLE be served by MODELS, tried in this order. A role that is new is made."""
    if unset == bool(models or description is not None):
        raise click.UsageError("give the role's models, a --description, or --unset")
    plugins = Session.of(context).plugins
    request = request_of(context)
    known = {**EMBEDDED["models"], **(read_layers(plugins, request).settings.get("models") or {})}
    unknown = [model for model in models if model not in known]
    if unknown:
        raise ConfigError(
            f"no model is called '{unknown[0]}'{nearest(unknown[0], known)}",
            hint=f"Known models: {', '.join(map(str, known))}. 'aurarouter model add' makes one.",
        )
    changes: list[Change] = [Remove(("roles", role))] if unset else []
    if models:
        changes.append(Set(("roles", role, "models"), list(models)))
    if description is not None:
        changes.append(Set(("roles", role, "description"), description))
    tell(amend_config(plugins, request, changes), as_json)

"""`aurarouter mcp install` and `uninstall`: the entry in a client's file, shown before it is written."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click

from aurarouter_core import replace_file
from aurarouter_hooks import ConfigError
from aurarouter_mcp.clients import CLIENTS, NAME, OTHER, Client
from aurarouter_mcp.jsonc import parse, with_entry, without_entry

yes_option = click.option("--yes", is_flag=True, help="Change the file without asking.")
json_option = click.option("--json", "as_json", is_flag=True, help="Say as JSON what was done.")


@click.command("install")
@click.argument("client", type=click.Choice([*CLIENTS, "other"]))
@click.option("--print", "only_print", is_flag=True, help="Print the entry, and change nothing.")
@yes_option
@json_option
@click.pass_context
def install(context: click.Context, client: str, only_print: bool, yes: bool, as_json: bool) -> None:
    """Add AuraRouter to CLIENT's file of MCP servers."""
    chosen = CLIENTS.get(client, OTHER)
    given = context.find_root().obj
    entry = chosen.entry(str(given) if given else None)
    if only_print:
        click.echo(json.dumps({chosen.section: {NAME: entry}}, indent=2))
        return
    if chosen is OTHER:
        raise click.UsageError("where another client keeps its servers is not known; --print gives the entry")
    _change(client, lambda text: with_entry(text, chosen.section, NAME, entry), yes=yes, as_json=as_json)


@click.command("uninstall")
@click.argument("client", type=click.Choice([*CLIENTS]))
@yes_option
@json_option
def uninstall(client: str, yes: bool, as_json: bool) -> None:
    """Take AuraRouter out of CLIENT's file of MCP servers; other entries stay."""
    _change(client, lambda text: without_entry(text, CLIENTS[client].section, NAME), yes=yes, as_json=as_json)


def _change(name: str, change: Callable[[str], str], *, yes: bool, as_json: bool) -> None:
    client = CLIENTS[name]
    path = client.path()
    before = _read(path)
    try:
        after = change(before)
        lines = _difference(client, before, after)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}", hint=error.hint) from error
    if before == after:
        _tell(as_json, name, path, None, f"{path} is as it should be")
        return
    click.echo(f"--- {path}\n+++ {path}\n@@ {client.section} @@\n" + "\n".join(lines), err=True)
    if not yes and not _agreed(client):
        raise click.UsageError("nothing was changed; --yes changes it without asking")
    if _read(path) != before:
        raise ConfigError(f"{path} was changed by somebody else meanwhile", hint="Try again.")
    backup = _kept(path) if path.exists() else None
    replace_file(path, after.encode())
    kept = f"; the old file is {backup}" if backup else ""
    _tell(as_json, name, path, backup, f"{path} is changed{kept}. Start {client.title} again.")


def _agreed(client: Client) -> bool:
    return sys.stdin.isatty() and click.confirm(f"Change the settings of {client.title}?", err=True)


def _tell(as_json: bool, name: str, path: Path, backup: Path | None, words: str) -> None:
    told = {"client": name, "file": str(path), "backup": str(backup) if backup else None}
    click.echo(json.dumps(told) if as_json else words)


def _difference(client: Client, before: str, after: str) -> list[str]:
    """Our entry alone: other servers' entries hold keys."""
    lines = []
    for sign, text in (("-", before), ("+", after)):
        entry = parse(text).value.get(client.section, {}).get(NAME)
        if entry is not None:
            said = f"{json.dumps(NAME)}: {json.dumps(entry, indent=2)}"
            lines += [f"{sign}  {line}" for line in said.splitlines()]
    return lines


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} can't be read: {error}", hint="Take the entry from --print.") from error


def _kept(path: Path) -> Path:
    """A copy of the file beside it, with its permissions."""
    copy = path.with_name(f"{path.name}.{time.strftime('%Y%m%d-%H%M%S')}.bak")
    replace_file(copy, path.read_bytes(), mode=path.stat().st_mode & 0o777)
    return copy

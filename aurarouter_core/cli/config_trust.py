"""`aurarouter config trust`: vouch for a file from the current directory, having seen what it would be allowed."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

import click

from aurarouter_core.cli.session import Session
from aurarouter_core.plain import dumps
from aurarouter_core.shown import printable
from aurarouter_core.sources import FILE_NAME, read_file
from aurarouter_core.trust import objections
from aurarouter_core.trust_store import TrustStore
from aurarouter_core.yaml_text import parse
from aurarouter_hooks import ConfigError, Problem


@click.command("trust")
@click.argument("file", default=FILE_NAME, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--show", "only_show", is_flag=True, help="Only show what it would be allowed.")
@click.option("--list", "as_list", is_flag=True, help="List the files that you trust.")
@click.option("--forget", is_flag=True, help="Trust it no longer.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def trust_file(
    context: click.Context, file: Path, only_show: bool, as_list: bool, forget: bool, yes: bool, as_json: bool
) -> None:
    """Say that FILE (default: auraconfig.yaml in the current directory) is yours, as it is now.

    A file that lies in the current directory may come with somebody else's project. Until you trust it, it may not
    name servers, read variables, or loosen privacy. When its content changes, it must be trusted again.
    """
    home = Session.of(context).home
    store = TrustStore(home)
    if as_list:
        _list(store, as_json)
        return
    if forget:
        known = store.forget(file)
        words = f"{file} is trusted no longer" if known else f"{file} was not trusted"
        click.echo(dumps({"success": True, "file": file, "forgotten": known}, indent=2) if as_json else words)
        return
    data = read_file(file)
    asks = objections(parse(data, str(file)), home)
    trusted = store.trusts(file, data)
    if not as_json:
        _show(file, asks, trusted)
    if not (only_show or trusted):
        if not (yes or _agreed(file, asked=not as_json)):
            click.echo(f"{file} is not trusted", err=True)
            context.exit(1)
        store.trust(file, data)
        trusted = True
        if not as_json:
            click.echo(f"{file} is trusted as it is now")
    if as_json:
        click.echo(dumps({"success": True, "file": file, "trusted": trusted, "asks": asks}, indent=2))


def _show(file: Path, asks: Sequence[Problem], trusted: bool) -> None:
    if trusted:
        click.echo(f"{file} is trusted as it is")
    if not asks:
        click.echo(f"{file} asks for nothing that needs trust")
    for problem in asks:
        click.echo(f"  {printable(problem)}")


def _agreed(file: Path, asked: bool) -> bool:
    if not asked or not sys.stdin.isatty():
        raise ConfigError(f"{file} is not trusted, and nobody is here to be asked", hint="Read it; then add --yes.")
    return click.confirm(f"Trust {file}?", err=True)


def _list(store: TrustStore, as_json: bool) -> None:
    rows = [(entry, _state(store, Path(entry.path))) for entry in store.entries().values()]
    if as_json:
        told = [{"path": entry.path, "since": entry.since, "state": state} for entry, state in rows]
        click.echo(dumps(told, indent=2))
        return
    for entry, state in rows:
        day = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.since))
        click.echo(f"{day}  {state:<9} {printable(entry.path)}")
    if not rows:
        click.echo("no file is trusted")


def _state(store: TrustStore, path: Path) -> str:
    """Whether the file is still as it was trusted."""
    if not path.is_file():
        return "missing"
    return "unchanged" if store.trusts(path, read_file(path)) else "changed"

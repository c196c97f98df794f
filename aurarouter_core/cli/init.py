"""`aurarouter init`: look for models that answer here, ask what to do with them, and write a first file."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from aurarouter_core import first_file
from aurarouter_core.beginning import Beginning
from aurarouter_core.cli.ending import run_async
from aurarouter_core.cli.session import Session
from aurarouter_core.first_file import Choice
from aurarouter_core.home import Home, working_folder
from aurarouter_core.offers import Offer
from aurarouter_core.plain import dumps, origin
from aurarouter_core.shown import printable
from aurarouter_core.sources import find_file
from aurarouter_hooks import ConfigError


@click.command("init")
@click.option("--yes", is_flag=True, help="Don't ask: take everything that is found, nearest first.")
@click.option("--force", is_flag=True, help="Replace a file that is there; it is kept beside the new one.")
@click.option("--file", type=click.Path(dir_okay=False, path_type=Path), help="Write this file instead of your own.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def command(context: click.Context, yes: bool, force: bool, file: Path | None, as_json: bool) -> None:
    """Look for models that answer on this machine or by a key of yours, and write a first configuration file.

    Nothing is sent but the question which models there are. Private content may go only to what provably runs on
    this machine, and to what you say.
    """
    session = Session.of(context)
    path = file or Beginning.usual_path(context.find_root().obj)
    first_file.require_free(path, force=force)
    asks = not yes
    if asks and (as_json or not sys.stdin.isatty()):
        raise ConfigError("nobody is here to be asked what to use", hint="Add --yes to take everything that is found.")
    found = run_async(Beginning.look(session.plugins))
    if not as_json:
        _show(found)
    found.require_something()
    choices = _choose(found.found) if asks else [Beginning.take(offer) for offer in found.found]
    if asks and not choices:
        _agree_to_built_in(found.built_in)
    backup = found.write(path, choices, home=session.home, force=force)
    if as_json:
        click.echo(dumps(_told(path, backup, found, choices), indent=2))
    else:
        _say_what_next(context, session.home, path, backup)


def _show(found: Beginning) -> None:
    if found.found:
        click.echo("Found:")
    for number, offer in enumerate(found.found, start=1):
        click.echo(printable(f"{number:3}. {offer.model.id:<28} {offer.model.provider:<16} {Beginning.place(offer)}"))
    if not found.found:
        click.echo("No server answers on this machine, and no key in the environment leads to a model.")
    if found.found and found.built_in:
        click.echo(f"The built-in model ({', '.join(found.built_in)}) comes last in every role.")
    for note in found.notes:
        click.echo(f"Note: {printable(note)}", err=True)


def _choose(found: Sequence[Offer]) -> list[Choice]:
    if not found:
        return []
    chosen = _numbers("Which to use, in the order in which to try them? Numbers, 'all' or 'none'", found)
    vouched: dict[str, bool] = {}
    for offer in chosen:
        address = offer.model.endpoint
        if offer.near and address not in vouched:
            words = f"{origin(address)} may pass on what it is sent. May private content go there?"
            vouched[address] = click.confirm(words, default=False, err=True)
    return [Beginning.take(offer, private=vouched.get(offer.model.endpoint, False)) for offer in chosen]


def _numbers(question: str, found: Sequence[Offer]) -> list[Offer]:
    def read(text: str) -> list[Offer]:
        if text.strip().lower() in ("all", "none"):
            return list(found) if text.strip().lower() == "all" else []
        words = text.replace(",", " ").split()
        if not words or any(not word.isdecimal() or not 1 <= int(word) <= len(found) for word in words):
            raise click.UsageError(f"write numbers from 1 to {len(found)}, as '2, 1'; or 'all', or 'none'")
        return [found[int(word) - 1] for word in dict.fromkeys(words)]

    answer: list[Offer] = click.prompt(question, default="all", value_proc=read, err=True)
    return answer


def _agree_to_built_in(built_in: Sequence[str]) -> None:
    names = ", ".join(built_in)
    if not built_in or not click.confirm(f"Use the built-in model alone ({names})?", default=True, err=True):
        raise ConfigError("no model is chosen, so nothing is written", hint="Run 'aurarouter init' again.")


def _told(path: Path, backup: Path | None, found: Beginning, choices: Iterable[Choice]) -> dict[str, Any]:
    used = {chosen.model.id: chosen.private for chosen in choices}
    models = [
        {
            "name": offer.model.id,
            "provider": offer.model.provider,
            "model_name": offer.model.name,
            "endpoint": offer.model.endpoint,
            "place": offer.place,
            "private": offer.here or used.get(offer.model.id, False),
        }
        for offer in found.found
    ]
    chain = [*used, *found.built_in]
    return {"success": True, "file": path, "backup": backup, "found": models, "chain": chain, "notes": found.notes}


def _say_what_next(context: click.Context, home: Home, path: Path, backup: Path | None) -> None:
    if backup:
        click.echo(f"The file that was there is now {printable(backup)}")
    click.echo(f"{printable(path)} is written")
    named = context.find_root().obj
    try:
        in_force = find_file(Path(named) if named else None, os.environ, working_folder())
    except ConfigError:
        in_force = None
    if in_force is None or not in_force.path.is_file() or not in_force.path.samefile(path):
        program = f"aurarouter --config {shlex.quote(str(path))}"
        if in_force is not None:
            click.echo(f"Note: without --config, {printable(in_force.path)} comes first", err=True)
    else:
        program = f"aurarouter --config {shlex.quote(named)}" if named else "aurarouter"
    click.echo(f'Next: {program} run "{Beginning.prompt}"')

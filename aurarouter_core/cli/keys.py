"""`aurarouter keys`: keep providers' keys out of files, and see which there are."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import click

from aurarouter_core.amend import amend_config
from aurarouter_core.cli.amending import request_of
from aurarouter_core.cli.session import Session
from aurarouter_core.edit import Set
from aurarouter_core.keys import NAME, KeptKey, KeyStore, is_placeholder
from aurarouter_core.plain import dumps
from aurarouter_core.references import Reference, references
from aurarouter_core.shown import LOOKS, printable
from aurarouter_hooks import Secret, UnknownModelError

PLACES = {"keyring": "the system's keyring", "file": "a file that only you can read"}


@click.group("keys")
def command() -> None:
    """Keep providers' keys: in the system's keyring where there is one, else in a private file."""


@command.command("set")
@click.argument("name")
@click.option("--model", "model", metavar="ID", help="Have this model use it: changes the configuration file.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def set_key(context: click.Context, name: str, model: str | None, as_json: bool) -> None:
    """Keep a key under NAME. It is asked for, or read from standard input; it is never an argument."""
    if LOOKS.search(name):
        raise click.UsageError("NAME looks like a key itself; choose a word for it, and give the key when asked")
    if not NAME.fullmatch(name):
        raise click.UsageError(
            "the NAME of a key is up to 64 letters, digits, '-', '_' and '.'; the key itself is asked for afterwards"
        )
    session = Session.of(context)
    if model is not None and model not in session.config.models:
        raise UnknownModelError(model, sorted(session.config.models))
    reference = Reference("key", name)
    store = KeyStore(session.home)
    kept = store.set(name, _asked(name))
    if not as_json:
        click.echo(f"the key '{name}' is kept in {PLACES[kept.place]}")
    file = None
    if model is not None:
        setting = ("models", model, "api_key")
        file = amend_config(session.plugins, request_of(context), [Set(setting, str(reference))]).file
    if as_json:
        told = {"name": name, "place": kept.place, "reference": str(reference), "model": model, "file": file}
        click.echo(dumps({"success": True, **told}, indent=2))
    elif model is None:
        click.echo(f"A model uses it with this line in its configuration: api_key: {reference}")
    else:
        click.echo(f"the model '{printable(model)}' uses it: {printable(file)}")


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def list_keys(context: click.Context, as_json: bool) -> None:
    """List the kept keys, where they are and who uses them; and the models that name a key that is not there."""
    session = Session.of(context)
    kept = KeyStore(session.home).kept()
    uses = list(_uses(session))
    missing = [{"model": model, "name": name} for model, name in uses if name not in kept]
    rows = [
        {
            "name": key.name,
            "place": key.place,
            "since": _day(key),
            "models": [model for model, name in uses if name == key.name],
        }
        for key in sorted(kept.values(), key=lambda key: key.name)
    ]
    if as_json:
        click.echo(dumps({"keys": rows, "missing": missing}, indent=2))
        return
    if not rows:
        click.echo("no key is kept: 'aurarouter keys set NAME' keeps one")
    for row in rows:
        models = printable(", ".join(row["models"])) or "no model"
        click.echo(f"{row['name']:<24} {row['place']:<8} since {row['since']}  [{models}]")
    for lack in missing:
        click.echo(f"✗ {printable(lack['model'])} names the key '{lack['name']}', which is not kept", err=True)


@command.command("remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def remove_key(context: click.Context, name: str, yes: bool, as_json: bool) -> None:
    """Forget the key NAME."""
    session = Session.of(context)
    store = KeyStore(session.home)
    if name not in store.kept():
        raise click.UsageError("no key of that name is kept; 'aurarouter keys list' shows them")
    models = list(dict.fromkeys(model for model, named in _uses(session) if named == name))
    words = f"{printable(', '.join(models))} would be without a key" if models else "no model uses it"
    if not yes:
        if as_json or not sys.stdin.isatty():
            raise click.UsageError(f"removing '{name}' needs --yes ({words})")
        click.confirm(f"Remove the key '{name}'? ({words})", abort=True, err=True)
    store.remove(name)
    if as_json:
        click.echo(dumps({"success": True, "name": name, "models": models}, indent=2))
        return
    click.echo(f"the key '{name}' is removed")
    for model in models:
        click.echo(f"Note: the model '{printable(model)}' still refers to it", err=True)


def _asked(name: str) -> Secret:
    """The key, from whoever types or pipes it. No message repeats a part of it."""
    if sys.stdin.isatty():
        text = str(click.prompt(f"The key '{name}' (not shown)", hide_input=True, err=True))
    else:
        try:
            text = sys.stdin.read()
        except UnicodeDecodeError as error:
            raise click.UsageError("what came on standard input is no text") from error
    text = text.strip()
    if is_placeholder(text):
        raise click.UsageError("that is no key: it is empty or only stands in the place of one")
    if "${" in text or not text.isascii() or not text.isprintable() or " " in text:
        raise click.UsageError("that is no key: it has spaces, line ends, or characters that no key has")
    return Secret(text)


def _uses(session: Session) -> Iterator[tuple[str, str]]:
    """Model and name of a key, for each reference in the configuration."""
    for model, entry in session.config.models.items():
        for reference in dict.fromkeys(references(entry)):
            if reference.kind == "key":
                yield model, reference.name


def _day(key: KeptKey) -> str:
    return datetime.fromtimestamp(key.since, UTC).date().isoformat()

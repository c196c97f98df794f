"""`aurarouter grid keys`: the keys that requests with private content are sealed to, and which one is in use."""

from __future__ import annotations

from typing import Any

import click

from aurarouter_auragrid.commands.session import with_cell
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.errors import GridError
from aurarouter_auragrid.sealing.keys import EVENT_KEY, KeyFolder, PublicKey
from aurarouter_core import Home
from aurarouter_core.plain import dumps


@click.command("keys")
@click.argument("what", type=click.Choice(["list", "make", "use", "forget"]))
@click.argument("key_id", metavar="[ID]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def keys(context: click.Context, what: str, key_id: str | None, as_json: bool) -> None:
    """List this machine's keys, make one, have the cell use ID from now on, or forget ID.

    A private key stays on the machine: copy its file to the other cleared nodes yourself. The first key that is made is
    used at once. To change keys: make one, copy it, use it, and forget the old one when nothing waits for it any more.
    """
    if (what in ("use", "forget")) != bool(key_id):
        raise click.UsageError("name a key to use or forget, and none to list or make")
    with_cell(context, lambda engine: _done(engine, what, key_id or "", as_json))


async def _done(engine: Engine, what: str, key_id: str, as_json: bool) -> None:
    own = KeyFolder(Home.of())
    used = PublicKey.said(await engine.configuration.get(EVENT_KEY))
    if what == "forget":
        if used is not None and used.id == key_id:
            raise GridError(f"the cell uses the key '{key_id}'", hint="Use another first: aurarouter grid keys use ID.")
        own.forget(key_id)
    made = own.make() if what == "make" else None
    if what == "use" or (made is not None and used is None):
        used = made or PublicKey.of(own.key(key_id).public_key())
        await engine.configuration.put(EVENT_KEY, used.text)
    found = sorted(own.ids() | ({used.id} if used else set()))
    rows: list[dict[str, Any]] = [
        {"id": each, "here": each in own.ids(), "used": used is not None and each == used.id} for each in found
    ]
    if as_json:
        click.echo(dumps(rows, indent=2))
        return
    for row in rows:
        marks = f"{'' if row['here'] else '  not on this machine'}{'  in use' if row['used'] else ''}"
        click.echo(f"{row['id']}{marks}")
    if not rows:
        click.echo("the cell has no key: requests can't be encrypted")
    if made is not None:
        click.echo(f"The private key is {own.path}/{made.id}.pem: copy it to the other cleared nodes.")

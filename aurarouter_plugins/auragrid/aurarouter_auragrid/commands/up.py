"""`aurarouter grid up`: a node on this machine, in front or in the background."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
import time
from typing import Any

import click

from aurarouter_auragrid.arrival import Guard
from aurarouter_auragrid.cell import Cell, folder, hold, read_cell
from aurarouter_auragrid.errors import GridError
from aurarouter_auragrid.node.node import Node
from aurarouter_auragrid.settings import Grid
from aurarouter_core import Home, Plugins, load_config
from aurarouter_core.home import private_folder
from aurarouter_core.log_lines import to_stderr
from aurarouter_core.plain import dumps

PATIENCE = 90.0
"""Seconds that a node in the background has to be ready."""


@click.command("up")
@click.option("--detach", is_flag=True, help="Run in the background; return once the node is ready.")
@click.option("--node", help="The node's name in the cell.")
@click.option("--host", help="Where the services listen.")
@click.option("--port", type=int, help="The services' port.")
@click.option("--join", "joined", multiple=True, metavar="URL", help="Use the NATS server there; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def up(
    context: click.Context,
    detach: bool,
    node: str | None,
    host: str | None,
    port: int | None,
    joined: tuple[str, ...],
    as_json: bool,
) -> None:
    """Start a node on this machine: its own NATS server, or the one that it joins."""
    said: dict[str, Any] = {"node": node, "host": host, "port": port, "urls": list(joined) or None}
    overrides: dict[str, Any] = {key: value for key, value in said.items() if value is not None}
    if joined:
        overrides["engine"] = {"own": False}
    home = Home.of()
    os.close(hold(home))  # before anything is written or waited for
    if not detach:
        to_stderr("%(levelname)s %(name)s: %(message)s")
        logging.getLogger().setLevel(logging.INFO)
        for name in ("nats", "grpc"):
            logging.getLogger(name).setLevel(logging.ERROR)
    plugins = Plugins(extra=[Guard()])
    config = load_config(plugins, path=context.find_root().obj, environment="auragrid", overrides={"grid": overrides})
    if detach:  # with settings that a node can use
        _tell(_detached(home), as_json)
        return
    logging.getLogger().setLevel(config.system.log_level)
    grid: Grid = config.sections["grid"]
    asyncio.run(_run(Node(grid, config, home=home, plugins=plugins), home, as_json))


async def _run(node: Node, home: Home, as_json: bool) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, node.left.set)
    async with node:
        known = read_cell(home)
        if known is not None:
            _tell(known, as_json)
        await node.until_left()


def _detached(home: Home) -> Cell:
    """Start the same command without `--detach`, in a session of its own, and wait for it."""
    arguments = [argument for argument in sys.argv[1:] if argument != "--detach"]
    log = private_folder(folder(home)) / "node.log"
    with log.open("ab") as out:
        before = out.tell()
        child = subprocess.Popen(
            [sys.executable, "-P", "-c", "from aurarouter_core.cli import main; main()", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        known = read_cell(home)
        if known is not None and known.pid == child.pid:
            return known
        if child.poll() is not None:
            lines = log.read_bytes()[before:].decode(errors="replace").strip().splitlines()
            words = next(
                (line for line in reversed(lines) if "rror" in line), lines[-1] if lines else "it said nothing"
            )
            raise GridError(f"the node ended at once: {words}", hint=f"See {log}.")
        time.sleep(0.05)
    child.terminate()
    raise GridError(f"the node was not ready within {PATIENCE:.0f} seconds", hint=f"See {log}.")


def _tell(cell: Cell, as_json: bool) -> None:
    said = {"node": cell.node, "pid": cell.pid, "urls": list(cell.urls)}
    click.echo(dumps(said) if as_json else f"node '{cell.node}' is ready (pid {cell.pid}, {', '.join(cell.urls)})")
    sys.stdout.flush()

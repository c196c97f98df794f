"""Where a cell is, and how to sign in: told by the caller, the configuration, or the node of this machine."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from attrs import Factory, evolve, field, frozen

from aurarouter_auragrid.errors import CellUnavailableError, NodeThereError
from aurarouter_auragrid.settings import Events, Grid, Storage, Tls
from aurarouter_core.atomic import locked, replace_file
from aurarouter_core.home import Home, private_folder
from aurarouter_core.lock import take_lock
from aurarouter_hooks import Secret


def _texts(value: Iterable[str]) -> tuple[str, ...]:
    return tuple(value)


@frozen(kw_only=True)
class Cell:
    """A way into a cell.

    Attributes:
        urls: NATS servers.
        token, user, password, nkey_seed, tls: As in the section `grid`.
        events: What a publisher has to keep to.
        storage: How much room model files get.
        node: The node of this machine; empty when there is none.
        pid: Its process.
    """

    urls: tuple[str, ...] = field(converter=_texts)
    token: Secret | None = None
    user: str = ""
    password: Secret | None = None
    nkey_seed: Secret | None = None
    tls: Tls = Factory(Tls)
    events: Events = Factory(Events)
    storage: Storage = Factory(Storage)
    node: str = ""
    pid: int = 0

    @classmethod
    def of(cls, grid: Grid, urls: Sequence[str] = (), token: Secret | None = None) -> Cell:
        """What the configuration says, with the servers of our own in front."""
        return cls(
            urls=tuple(dict.fromkeys([*urls, *grid.urls])),
            token=token or grid.token,
            user=grid.user,
            password=grid.password,
            nkey_seed=grid.nkey_seed,
            tls=grid.tls,
            events=grid.events,
            storage=grid.storage,
        )


def find_cell(url: str = "", token: str = "", *, home: Home | None = None, grid: Grid | None = None) -> Cell:
    """The cell to talk to: named by the caller, else by the configuration, else this machine's own node.

    Raises:
        CellUnavailableError: There is none.
    """
    grid = grid or Grid()
    if url:
        return Cell.of(evolve(grid, urls=()), [url], Secret(token) if token else None)
    known = read_cell(home or Home.of())
    if grid.urls:
        near = known if known is not None and set(grid.urls) <= set(known.urls) else None
        cell = Cell.of(grid, near.urls if near else (), Secret(token) if token else None)
        return evolve(cell, node=near.node, pid=near.pid) if near else cell
    if known is None:
        raise CellUnavailableError(
            "no cell is known here", hint="Start a node with 'aurarouter grid up', or set grid.urls and grid.token."
        )
    return evolve(known, tls=grid.tls, events=grid.events)


def folder(home: Home) -> Path:
    """Where the node of this machine keeps what is its own."""
    return home.root / "grid"


def read_cell(home: Home) -> Cell | None:
    """What the running node of this machine wrote; None when there is none."""
    try:
        said: dict[str, Any] = json.loads((folder(home) / "cell.json").read_bytes())
        return Cell(urls=said["urls"], token=Secret(said["token"]), node=said["node"], pid=said["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return None  # no node, or one that is just starting


def running(home: Home) -> Cell | None:
    """What the node of this machine wrote, while that node is there. Its process id may be another program's by now."""
    known = read_cell(home)
    if known is None:
        return None
    try:
        os.kill(known.pid, 0)
    except (ProcessLookupError, PermissionError):
        return None
    try:
        os.close(hold(home))
    except (NodeThereError, OSError):  # where we may not write, nobody can say more than its process id does
        return known
    return None


def hold(home: Home) -> int:
    """Be the node of this machine's user until the handle is closed, or the process ends however it does.

    Raises:
        NodeThereError: Another process is.
    """
    handle = os.open(private_folder(folder(home)) / "node.lock", os.O_RDWR | os.O_CREAT, 0o600)
    if take_lock(handle):
        return handle
    os.close(handle)
    known = read_cell(home)
    if known is None:
        hint = "Try again soon: one that leaves has grid.drain seconds for what it still works on."
        raise NodeThereError("a node of this machine is just starting or leaving", hint=hint)
    raise NodeThereError(f"node '{known.node}' runs here already", hint="End it with 'aurarouter grid leave'.")


def write_cell(home: Home, cell: Cell) -> None:
    """Let programs of this user find the cell; nobody else can read it."""
    path = folder(home) / "cell.json"
    private_folder(path.parent)
    token = cell.token.reveal() if cell.token else ""
    said = {"urls": cell.urls, "token": token, "node": cell.node, "pid": cell.pid}
    with locked(path):
        replace_file(path, json.dumps(said).encode(), mode=0o600)


def forget_cell(home: Home, pid: int) -> None:
    """The node has gone."""
    known = read_cell(home)
    if known is not None and known.pid == pid:
        (folder(home) / "cell.json").unlink(missing_ok=True)

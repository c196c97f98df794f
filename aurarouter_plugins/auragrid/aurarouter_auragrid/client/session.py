"""A program's way into the cell: one connection and its channels for each event loop, made when first needed."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from typing import Any, Self
from weakref import WeakKeyDictionary

from aurarouter_auragrid.cell import Cell, find_cell
from aurarouter_auragrid.client.calling import Calling
from aurarouter_auragrid.client.channels import Channels
from aurarouter_auragrid.client.endpoints import Endpoints
from aurarouter_auragrid.engine.engine import Engine, patiently
from aurarouter_auragrid.errors import GridError
from aurarouter_auragrid.settings import Grid
from aurarouter_core import Home, Plugins, load_config
from aurarouter_hooks import Secret

PATIENCE = 20.0
"""Seconds that a cell has to find its majority when a program comes."""


class Session:
    """A connection to a cell.

    Args:
        url: A NATS server of the cell; empty for what the configuration says, or this machine's node.
        token: What to sign in with there; empty likewise.
        key: An app's own key for the services; empty for the cell's token.
        cell: The way in, where it is known already.
        event_secret: Opens the results of requests that were encrypted: 32 characters or more, as of
            `secrets.token_urlsafe(32)`. Empty for one of this session's own: nobody can read them after it.

    Attributes:
        began_at: The last event of the cell when we first spoke to it.
    """

    def __init__(
        self, url: str = "", token: str = "", *, key: str = "", cell: Cell | None = None, event_secret: str = ""
    ) -> None:
        self.event_secret = Secret(event_secret or secrets.token_urlsafe(32))
        self._said = url, token
        self._key = Secret(key) if key else None
        self._cell = cell
        self._opening = asyncio.Lock()
        self._engine: Engine | None = None
        self.began_at: int | None = None
        self._calling: Calling
        self._channels: Channels
        self._endpoints: Endpoints

    async def engine(self) -> Engine:
        """The cell, connected.

        Raises:
            CellUnavailableError: There is none.
        """
        async with self._opening:
            if self._engine is None:
                cell = self._cell if self._cell is not None else await asyncio.to_thread(_found, *self._said)
                engine = await Engine(cell).open()
                self._channels = Channels(cell.tls)
                self._endpoints = Endpoints(engine.registry, cell.node)
                self._calling = Calling(self._endpoints, self._channels, self._key or cell.token)
                if self.began_at is None:
                    self.began_at = await patiently(engine.events.latest, PATIENCE)
                self._engine = engine
        return self._engine

    async def calling(self) -> Calling:
        """What calls services."""
        await self.engine()
        return self._calling

    async def aclose(self) -> None:
        """Close everything; the next use connects again."""
        engine, self._engine = self._engine, None
        if engine is not None:
            await self._endpoints.aclose()
            await self._channels.aclose()
            await engine.aclose()

    async def __aenter__(self) -> Self:
        await self.engine()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


def _found(url: str, token: str) -> Cell:
    sections: Mapping[str, Any] = load_config(Plugins()).sections
    grid = sections.get("grid")
    if not isinstance(grid, Grid):
        raise GridError("the plugin 'auragrid' is switched off", hint="See AURAROUTER_PLUGINS and AURAROUTER_WITHOUT.")
    return find_cell(url, token, home=Home.of(), grid=grid)


_sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, Session] = WeakKeyDictionary()


def session() -> Session:
    """The session of this event loop, shared by all clients that were given none."""
    return _sessions.setdefault(asyncio.get_running_loop(), Session())


async def disconnect() -> None:
    """Close the shared session of this event loop. Call it before the loop ends."""
    shared = _sessions.pop(asyncio.get_running_loop(), None)
    if shared is not None:
        await shared.aclose()

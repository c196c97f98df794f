"""One connection to the cell's NATS servers, and its errors in our own words."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from aurarouter_auragrid.cell import Cell
from aurarouter_auragrid.ending import ended, heeded
from aurarouter_auragrid.engine.transport import LettingGo
from aurarouter_auragrid.errors import CellUnavailableError, GridError
from aurarouter_auragrid.settings import Tls
from aurarouter_hooks import ConfigError

log = logging.getLogger(__name__)
ANSWER = 5.0
"""Seconds in which the engine answers, or has no majority."""
GOODBYE = 3.0
PAUSE = 0.2
MAJORITY = "Without a majority of its servers nothing can be stored: start those that are down ('aurarouter grid up')."
REFUSED = "Authorization Violation"
"""How a server says that it knows no such token."""
UNDECIDED = 10158
"""The engine's code for a message that it has, and of which it can't yet say that a majority has it."""


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Say the engine's failures in our own words, and lose no cancellation in its library.

    Raises:
        CellUnavailableError: It does not answer: out of reach, or without a majority.
        GridError: It refuses.
    """
    try:
        with heeded():
            yield
    except (NatsTimeoutError, TimeoutError, OSError) as error:
        raise CellUnavailableError(f"the cell does not answer: {what}", hint=MAJORITY) from error
    except NotFoundError:
        raise  # an answer, which the caller knows what to make of
    except NatsError as error:
        if _passing(error):
            raise CellUnavailableError(f"the cell does not answer: {what} ({_words(error)})", hint=MAJORITY) from error
        raise GridError(f"{what}: {_words(error)}") from error


def _passing(error: NatsError) -> bool:
    """It may be over soon: no leader yet, a connection that is being made again."""
    return getattr(error, "code", None) in (None, 500, 503, 504) or getattr(error, "err_code", None) == UNDECIDED


def _words(error: NatsError) -> str:
    return str(getattr(error, "description", "") or error or type(error).__name__)


class Connection:
    """A connection that is made again whenever it breaks, until it is closed.

    Args:
        cell: Where the cell's servers are, and how to sign in.
        name: Who we are, for the servers' own logs.
    """

    def __init__(self, cell: Cell, name: str = "aurarouter") -> None:
        self._cell, self._name = cell, name
        self.nats = Client()
        self.nats._transport = LettingGo()  # there is no other way to give it one
        self.problem = ""

    @property
    def js(self) -> JetStreamContext:
        """What is kept on disk."""
        return self.nats.jetstream(timeout=ANSWER)

    @property
    def reconnections(self) -> int:
        """How often it was made again so far."""
        return int(self.nats.stats["reconnects"])

    async def open(self, patience: float = ANSWER) -> Self:
        """Connect.

        Raises:
            CellUnavailableError: Nobody answers, or we may not come in.
        """
        opening = asyncio.create_task(self.nats.connect(**self._options()))
        try:
            try:
                if not (await asyncio.wait({opening}, timeout=patience))[0]:
                    raise TimeoutError
                opening.result()
            finally:
                await ended([opening])  # the library may swallow a cancellation, and would try for ever
        except (TimeoutError, OSError, NatsError) as error:
            await self.aclose()
            why = self.problem or str(error) or "no answer"
            raise CellUnavailableError(
                f"no server of the cell can be reached at {', '.join(self._cell.urls)}: {why}",
                hint="Start a node with 'aurarouter grid up', or set grid.urls and grid.token.",
            ) from error
        except asyncio.CancelledError:
            await self.aclose()  # or its socket stays open until somebody collects it
            raise
        return self

    def _options(self) -> dict[str, Any]:
        cell = self._cell
        options: dict[str, Any] = {
            "servers": list(cell.urls),
            "name": self._name,
            "max_reconnect_attempts": -1,
            "reconnect_time_wait": PAUSE,
            "connect_timeout": 2,
            "ping_interval": 2,  # a server that says nothing for three of them is left
            "dont_randomize": bool(cell.node),  # the machine's own server is in front
            "error_cb": self._failed,
        }
        if cell.token:
            options["token"] = cell.token.reveal()
        if cell.user:
            options |= {"user": cell.user, "password": cell.password.reveal() if cell.password else ""}
        if cell.nkey_seed:
            options["nkeys_seed_str"] = cell.nkey_seed.reveal()
        if cell.tls:
            options["tls"] = tls_context(cell.tls)
        return options

    async def _failed(self, error: Exception) -> None:
        # The library's default prints a traceback for each attempt to connect again.
        words = str(error) or type(error).__name__
        if REFUSED not in self.problem:  # the server hangs up as well: what it said before says more
            self.problem = words
        log.debug("nats: %s", words)

    async def aclose(self) -> None:
        """Close it; a server that does not answer is not waited for."""
        if not self.nats.is_closed:
            try:
                async with asyncio.timeout(GOODBYE):
                    await self.nats.close()
            except OSError as error:  # a connection that is lost is closed; a timeout is one, too
                log.debug("nats: closing: %s", error or type(error).__name__)

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


def tls_context(tls: Tls, purpose: ssl.Purpose = ssl.Purpose.SERVER_AUTH) -> ssl.SSLContext:
    """Mutual TLS on the cell's own authority.

    Args:
        tls: The files.
        purpose: What the other side's certificate is for: a server's, or a client's.

    Raises:
        ConfigError: A file can't be read.
    """
    ca, cert, key = (Path(path).expanduser() for path in (tls.ca, tls.cert, tls.key))
    try:
        for path in (ca, cert, key):
            path.open("rb").close()  # the library would not say which one it can't read
        context = ssl.create_default_context(purpose, cafile=str(ca))
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(cert, key)
    except OSError as error:
        why = (
            f"{error.filename} can't be read: {error.strerror}"
            if error.filename
            else f"the files can't be used: {error}"
        )
        raise ConfigError(f"grid.tls: {why}", hint="Make them with 'aurarouter grid init-cluster'.") from error
    return context

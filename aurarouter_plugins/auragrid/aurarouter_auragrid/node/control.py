"""Hears what the cell's administrator asks a node to do, and asks it from another machine."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from nats.errors import NoRespondersError

from aurarouter_auragrid.engine.connection import translated
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.errors import GridError
from aurarouter_auragrid.names import CONTROL_SUBJECT
from aurarouter_auragrid.settings import NODE_NAME

if TYPE_CHECKING:
    from nats.aio.msg import Msg

log = logging.getLogger(__name__)


class Control:
    """A node's ear.

    Args:
        engine: The cell.
        node: The node's name.
        deeds: What it can be asked, and what it does then.
    """

    def __init__(self, engine: Engine, node: str, deeds: Mapping[str, Callable[[], Awaitable[None]]]) -> None:
        self._engine, self._node, self._deeds = engine, node, deeds

    async def listen(self) -> None:
        """Hear from now on, until the connection ends."""
        await self._engine.connection.nats.subscribe(f"{CONTROL_SUBJECT}.{self._node}", cb=self._heard)

    async def _heard(self, message: Msg) -> None:
        wish = message.data.decode(errors="replace")
        deed = self._deeds.get(wish)
        if deed is None:
            answer = {"ok": False, "error": f"a node can be asked to {', '.join(self._deeds)}"}
        else:
            log.info("asked to %s", wish)
            await deed()
            answer = {"ok": True}
        await message.respond(json.dumps(answer).encode())


async def ask(engine: Engine, node: str, wish: str) -> None:
    """Ask a node to do something.

    Raises:
        GridError: There is no such node, or it refuses.
        CellUnavailableError: It does not answer.
    """
    with translated(f"asking '{node}' to {wish}"):
        try:
            if not NODE_NAME.fullmatch(node):
                raise NoRespondersError
            reply = await engine.connection.nats.request(f"{CONTROL_SUBJECT}.{node}", wish.encode(), timeout=5.0)
        except NoRespondersError as error:
            raise GridError(f"no node is called '{node}'", hint="See 'aurarouter grid nodes'.") from error
    answer = json.loads(reply.data)
    if not answer.get("ok"):
        raise GridError(f"'{node}' refuses: {answer.get('error')}")


async def tell_own_node(engine: Engine) -> None:
    """Have the node of this machine, if there is one, read its files now; it looks every two seconds, too."""
    if engine.cell.node:
        try:
            await ask(engine, engine.cell.node, "reload")
        except GridError as error:
            log.info("%s", error)

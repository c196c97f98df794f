"""Asks all nodes at once, and hears each of them."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import suppress
from typing import Any

from nats.errors import TimeoutError as NatsTimeoutError

from aurarouter_auragrid.engine.connection import translated
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.names import SETTINGS_SUBJECT

log = logging.getLogger(__name__)


async def ask_all(
    engine: Engine, wish: Mapping[str, Any], expected: Iterable[str], seconds: float
) -> AsyncGenerator[dict[str, Any]]:
    """Answers as they come, each with its `node`, until all who are expected have answered or the time is up.

    Raises:
        CellUnavailableError: The cell can't be reached.
    """
    nats, missing = engine.connection.nats, set(expected)
    inbox = nats.new_inbox()
    end = asyncio.get_running_loop().time() + seconds
    with translated("asking the nodes"):
        answers = await nats.subscribe(inbox)
        try:
            await nats.publish(SETTINGS_SUBJECT, json.dumps(wish).encode(), reply=inbox)
            while missing and (left := end - asyncio.get_running_loop().time()) > 0:
                with suppress(NatsTimeoutError):
                    answer = _answer((await answers.next_msg(left)).data)
                    if answer is not None:
                        missing.discard(answer["node"])
                        yield answer
        finally:
            if not nats.is_closed:
                await answers.unsubscribe()


def _answer(data: bytes) -> dict[str, Any] | None:
    try:
        said = json.loads(data)
        if isinstance(said, dict) and isinstance(said.get("node"), str):
            return said
    except ValueError:
        pass
    log.warning("an answer about the configuration can't be read and is left out")
    return None

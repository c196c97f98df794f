"""Stores a message in a stream, again and again until it's certain; the same id is stored once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from nats.js.api import Header
from nats.js.errors import APIError

from aurarouter_auragrid.engine.connection import Connection, translated
from aurarouter_auragrid.errors import CellBusyError, CellUnavailableError
from aurarouter_auragrid.ports import Published

FULL = {10023, 10047, 10077}
"""The engine's codes for a stream or a disk that is full."""
PAUSE = 0.5


async def stored(
    connection: Connection,
    subject: str,
    payload: bytes,
    *,
    event_id: str,
    headers: Mapping[str, str] | None = None,
    patience: float,
) -> Published:
    """Store a message. An answer that is lost on the way is asked for again: the id keeps it from being stored twice.

    Raises:
        CellBusyError: The stream is full.
        CellUnavailableError: The cell did not answer for `patience` seconds; it may be stored or not.
    """
    end = asyncio.get_running_loop().time() + patience
    said: dict[str, Any] = {**(headers or {}), Header.MSG_ID: event_id}
    while True:
        try:
            with translated("storing an event"):
                try:
                    done = await connection.js.publish(subject, payload, headers=dict(said))
                except APIError as error:
                    if error.err_code in FULL:
                        words = f"the cell takes no more events now: {error.description}"
                        raise CellBusyError(words, hint="Publish it again later.") from error
                    raise
            return Published(event_id=event_id, sequence_number=done.seq, duplicate=bool(done.duplicate))
        except CellUnavailableError:
            if asyncio.get_running_loop().time() > end:
                raise
            await asyncio.sleep(PAUSE)

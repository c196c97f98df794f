"""Messages between a client and the engine: a length of four bytes, then that many bytes of JSON."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from typing import Any

from aurarouter_hooks import DaemonError

HEAD = struct.Struct(">I")
LARGEST = 32 * 2**20
"""Bytes of one message."""
GREETING = 64 * 2**10
"""Bytes of the first message, before anybody knows who it is from."""
PROTOCOL = 1
"""Goes up when either side would no longer understand the other."""
AHEAD = 64
"""Events that are sent before the client says that it has used some: a slow one stops its own task, not our memory."""

ENCODER = json.JSONEncoder(separators=(",", ":"), check_circular=False)
"""Made once: what is sent was just built as a tree, and what is too deep fails all the same."""

Message = dict[str, Any]


class EngineLostError(DaemonError):
    """The connection ended: the engine is gone, or going."""

    def __init__(
        self, message: str = "the shared engine has ended", *, hint: str = "Ask again: a new one starts."
    ) -> None:
        super().__init__(message, hint=hint)


def packed(message: Message) -> bytes:
    """A message as bytes.

    Raises:
        DaemonError: It is too large, or too deep.
    """
    try:
        data = ENCODER.encode(message).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise DaemonError(f"this can't be sent to or from the shared engine: {error}") from error
    if len(data) > LARGEST:
        raise DaemonError(
            f"a message of {len(data):,} bytes is too large for the shared engine (at most {LARGEST:,})",
            hint="Send less, or set AURAROUTER_NO_DAEMON=1 to work without the shared engine.",
        )
    return HEAD.pack(len(data)) + data


def _length(head: bytes, largest: int) -> int:
    (length,) = HEAD.unpack(head)
    if length > largest:
        raise DaemonError(f"a message claims {length:,} bytes; at most {largest:,} are read")
    return int(length)


def _unpacked(data: bytes) -> Message:
    try:
        message = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise DaemonError("a message is no JSON") from error
    if not isinstance(message, dict):
        raise DaemonError("a message is no JSON object")
    return message


async def read(reader: asyncio.StreamReader, largest: int = LARGEST) -> Message:
    """The next message.

    Raises:
        EngineLostError: The other side is gone, perhaps in the middle of a message.
        DaemonError: What came is no message, or too large.
    """
    try:
        head = await reader.readexactly(HEAD.size)
        data = await reader.readexactly(_length(head, largest))
    except (asyncio.IncompleteReadError, OSError) as error:
        raise EngineLostError from error
    return _unpacked(data)


def read_now(connection: socket.socket) -> Message:
    """The same from plain code.

    Raises:
        EngineLostError, DaemonError: As `read`.
    """
    return _unpacked(_exactly(connection, _length(_exactly(connection, HEAD.size), LARGEST)))


def _exactly(connection: socket.socket, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        try:
            part = connection.recv(min(count - len(data), 2**20))
        except OSError as error:
            raise EngineLostError from error
        if not part:
            raise EngineLostError
        data += part
    return bytes(data)

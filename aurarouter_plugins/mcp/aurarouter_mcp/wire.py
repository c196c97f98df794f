"""Standard input and output as streams of messages, for nobody else; what is no message is refused."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import BinaryIO

import anyio
import mcp_types as types
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage
from pydantic import ValidationError

log = logging.getLogger(__name__)
# How a request begins whose id can be told without its rest; what answers a request of ours begins otherwise.
_SAID, _ID = rb'"jsonrpc" *: *"2.0" *, *', rb'"id" *: *(0|[1-9]\d{0,14}|"[ !#-\[\]-~]{0,200}") *, *'
_METHOD = rb'"method" *: *"[ !#-\[\]-~]{0,200}" *, *'
_REQUEST = re.compile(rb"\s*\{ *(?:%b)?(?:%b%b|%b(?:%b)?%b)" % (_SAID, _ID, _METHOD, _METHOD, _SAID, _ID))
Item = SessionMessage | types.JSONRPCError
Reading = MemoryObjectReceiveStream[SessionMessage | Exception]
Writing = MemoryObjectSendStream[SessionMessage]


def take() -> tuple[int, int]:
    """The descriptors of input and output; from here on, prints go to standard error, and children read nothing."""
    sys.stdout.flush()
    came, goes = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return came, goes


@asynccontextmanager
async def messages(came: int, goes: int, most: int) -> AsyncIterator[tuple[Reading, Writing]]:
    """The messages that come, until the client leaves, and where answers go.

    Args:
        came: Descriptor to read from.
        goes: Descriptor to write to.
        most: Bytes of one message.
    """
    reading_in, reading = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    writing, writing_out = anyio.create_memory_object_stream[SessionMessage](0)
    answers = writing.clone()
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[Item | None] = asyncio.Queue()

    forwarding = anyio.CancelScope()

    async def forward() -> None:
        async with reading_in, answers:
            with forwarding:
                while (item := await lines.get()) is not None:
                    if isinstance(item, SessionMessage):
                        await reading_in.send(item)
                    else:
                        await answers.send(SessionMessage(item))
                    room.release()

    async def tell() -> None:
        async with writing_out, anyio.wrap_file(os.fdopen(goes, "wb")) as out:
            try:
                async for message in writing_out:
                    said = message.message.model_dump_json(by_alias=True, exclude_unset=True)
                    await out.write(said.encode() + b"\n")
                    await out.flush()
            except BrokenPipeError:
                log.debug("the client is gone")
                group.cancel_scope.cancel()

    room = threading.Semaphore(1)  # the next line is read when the last is taken

    def read() -> None:
        with os.fdopen(came, "rb") as source:
            while (line := _line(source, most)) is not None:
                if line.strip():
                    room.acquire()
                    loop.call_soon_threadsafe(lines.put_nowait, _item(line, most))
        loop.call_soon_threadsafe(lines.put_nowait, None)

    async with anyio.create_task_group() as group:
        group.start_soon(forward)
        group.start_soon(tell)
        # A thread that waits for a line can't be ended: it must not keep the process alive.
        threading.Thread(target=read, name="mcp-stdin", daemon=True).start()
        async with writing:
            yield reading, writing
        forwarding.cancel()


def _line(source: BinaryIO, most: int) -> bytes | None:
    """The next line; of one that is too long, as much as shows that. None at the end."""
    line = source.readline(most + 1)
    rest = line
    while len(rest) > most and not rest.endswith(b"\n"):
        rest = source.readline(most + 1)
    return line or None


def _item(line: bytes, most: int) -> Item:
    """A message, or the answer to what is none."""
    if len(line) > most:
        words = f"the message is larger than {most} bytes ('mcp.max_message')"
        found = _REQUEST.match(line)
        return _refused(types.INVALID_REQUEST, words, json.loads(found[1] or found[2]) if found else None)
    try:
        return SessionMessage(types.jsonrpc_message_adapter.validate_json(line, by_name=False))
    except ValidationError:
        return _no_message(line)


def _no_message(line: bytes) -> types.JSONRPCError:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return _refused(types.PARSE_ERROR, "this is no JSON")
    number = said.get("id") if isinstance(said, dict) else None
    known = number if isinstance(number, int | str) and not isinstance(number, bool) else None
    return _refused(types.INVALID_REQUEST, "this is no message of JSON-RPC 2.0", known)


def _refused(code: int, words: str, number: int | str | None = None) -> types.JSONRPCError:
    return types.JSONRPCError(jsonrpc="2.0", id=number, error=types.ErrorData(code=code, message=words))

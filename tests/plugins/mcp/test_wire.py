"""Standard input: what is no message is answered with an error of the protocol, and the server lives on."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

import pytest
from attrs import asdict

from aurarouter_core import Plugins, Router, load_config
from aurarouter_mcp import wire
from aurarouter_mcp.server import server
from aurarouter_mcp.settings import McpSettings
from aurarouter_mcp.wire import messages

SETTINGS: dict[str, Any] = {"models": {"e": {"provider": "echo"}}, "roles": {"coding": ["e"]}}
HELLO = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
LARGEST = 100_000


async def told(*lines: bytes) -> list[dict[str, Any]]:
    """What a server answers to these lines, until it has said nothing more."""
    came, feeding = os.pipe()
    hearing, goes = os.pipe()
    plugins = Plugins()

    def feed() -> None:
        with os.fdopen(feeding, "wb") as pipe:
            pipe.writelines(lines)
            pipe.flush()
            with os.fdopen(hearing, "rb") as heard:
                for line in heard:
                    answers.append(json.loads(line))
                    if answers[-1].get("id") == "last":
                        return

    answers: list[dict[str, Any]] = []
    async with asyncio.timeout(30), Router(load_config(plugins, settings=SETTINGS), plugins) as router:
        feeding_on = asyncio.create_task(asyncio.to_thread(feed))
        async with messages(came, goes, LARGEST) as (read, write):
            serving = server(router, asdict(McpSettings()))
            await serving.run(read, write, serving.create_initialization_options())
        await feeding_on
    return answers


def message(method: str, number: int | str | None, **params: Any) -> bytes:
    known = {} if number is None else {"id": number}
    return json.dumps({"jsonrpc": "2.0", "method": method, "params": params, **known}).encode() + b"\n"


async def test_what_is_no_message(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    answers = await told(
        b"tangerine\n",
        b"\n",
        b"\xff\xfe\n",
        b"[" * 10_000 + b"\n",
        b'{"jsonrpc": "2.0", "id": 7}\n',
        b"[]\n",
        message("initialize", 1, **HELLO),
        message("notifications/initialized", None),
        message("tangerine", 2),
        message("tools/call", 3, name="route_task", arguments={"task": "tangerine" * 5_600_000}),  # 50 MB
        message("tools/call", 4, name="tangerine"),
        message("tools/call", 5, name="route_task", arguments={"task": 5}),
        message("prompts/get", 6, name="tangerine"),
        message("resources/read", 8, uri="aurarouter://tangerine"),
        message("ping", "last"),
    )
    codes = [(one.get("id"), one["error"]["code"]) for one in answers if "error" in one]
    assert sorted(codes, key=str) == sorted(
        [
            (None, -32700),
            (None, -32700),
            (None, -32700),
            (7, -32600),
            (None, -32600),
            (2, -32601),
            (None, -32600),
            (4, -32602),
            (6, -32602),
            (8, -32602),
        ],
        key=str,
    )
    (wrong,) = (one["result"] for one in answers if one.get("id") == 5)
    assert (wrong["isError"], "task" in wrong["content"][0]["text"]) == (True, True)
    assert "tangerine" not in caplog.text
    assert any(f"larger than {LARGEST} bytes" in str(one) for one in answers)


@pytest.mark.parametrize(
    ("begins", "number"),
    [
        (b'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"x":"', 7),
        (b'{"jsonrpc": "2.0", "method": "tools/call", "id": "b-1", "params": {"x":"', "b-1"),
        (b'{"jsonrpc":"2.0","id":7,"result":{"method":"', None),
        (b'{"params":{"id":4,"method":"', None),
        (b'{"jsonrpc":"2.0","id":007,"method":"tools/call","params":{"x":"', None),
        (b"[[[", None),
    ],
)
def test_a_request_that_is_too_large_is_answered_by_its_id_where_it_begins_with_it(
    begins: bytes, number: int | str | None
) -> None:
    answered = wire._item(begins + b"x" * 100, 100)
    assert (answered.id, answered.error.code) == (number, -32600)  # type: ignore[union-attr]

"""Private content is no event: every node of the cell can read those."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from aurarouter_auragrid import AuraRouterClient
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.names import REQUESTS_TOPIC
from aurarouter_hooks import PrivacyError
from aurarouter_hooks.values.ids import new_id

TASK = "Write a function that adds two numbers"
CARD = "4539148803436467"


@pytest.mark.promise("security.4")
async def test_private_content_is_no_event(client: AuraRouterClient, engine: Engine) -> None:
    for request in ({"task": "my ssn is 078-05-1120"}, {"task": TASK, "private": True}):
        with pytest.raises(PrivacyError, match="every node of the cell can read events"):
            await client.publisher.publish(REQUESTS_TOPIC, {"request_id": new_id(), **request})
    with pytest.raises(PrivacyError):
        await client.publisher.publish("my_app.notes", "my ssn is 078-05-1120")


@pytest.mark.parametrize(
    "more",
    [
        *({name: f"card {CARD}"} for name in ("note", "file_context", "timestamp", "language")),
        {f"card {CARD}": 1},
        {"note": {"card": int(CARD)}},
        {"note": [{"password": "tr0ub4dor&3xyz"}]},
        {"context": {"files": [{"name": "a", "content": "CONFIDENTIAL\nSalaries"}]}},
        {"context": {"password": "tr0ub4dor&3xyz"}},
    ],
)
async def test_a_request_with_private_content_anywhere_is_no_event(
    client: AuraRouterClient, more: dict[str, Any]
) -> None:
    said = {"request_id": new_id(), "task": TASK, **more}
    for payload in (said, json.dumps(said, ensure_ascii=False).encode()):
        with pytest.raises(PrivacyError, match="every node of the cell can read events"):
            await client.publisher.publish(REQUESTS_TOPIC, payload)


async def test_private_content_that_another_program_puts_in_reaches_no_model(
    client: AuraRouterClient, engine: Engine
) -> None:
    await engine.configuration.clear(["one"])  # clearance is for calls; an event lies open whoever reads it
    for request in ({"task": "my ssn is 078-05-1120"}, {"task": TASK, "private": True}):
        given = {"request_id": new_id(), **request}
        await engine.requests.publish("anonymous", json.dumps(given).encode(), event_id=new_id(), headers={})
        result = await asyncio.wait_for(client.result(str(given["request_id"])), 15)
        assert result["success"] is False
        assert "events can be read on every node" in result["error"]

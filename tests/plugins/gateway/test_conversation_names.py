"""What clients call their conversations may hold anything: a digest of it is all that is kept, and it still tells."""

import logging
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway import gateway

CARD = "4539 1488 0343 6467"
ECHO: Mapping[str, Any] = {
    "models": {"e": {"provider": "echo"}},
    "roles": {role: ["e"] for role in ("coding", "reasoning", "router")},
}
TRACES = "SELECT body FROM traces"
HELLO: dict[str, Any] = {"model": "auto", "messages": [{"role": "user", "content": "hello"}]}
CALLS: Mapping[str, tuple[str, dict[str, Any], dict[str, str]]] = {
    "header": ("/v1/chat/completions", HELLO, {"x-session-id": CARD}),
    "chat": ("/v1/chat/completions", {**HELLO, "prompt_cache_key": CARD}, {}),
    "responses": ("/v1/responses", {"model": "auto", "input": "hello", "prompt_cache_key": CARD}, {}),
    "messages": ("/v1/messages", {**HELLO, "max_tokens": 9, "metadata": {"user_id": f"user_x_session_{CARD}"}}, {}),
}


def rows(home: Path) -> str:
    """All that the store's tables hold."""
    with sqlite3.connect(home / "aurarouter.db") as store:
        tables = [name for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return "\n".join(str(row) for name in tables for row in store.execute(f"SELECT * FROM {name}"))


@pytest.mark.parametrize("way", CALLS)
async def test_the_name_is_kept_and_logged_as_a_digest(way: str, home: Path, caplog: pytest.LogCaptureFixture) -> None:
    path, body, headers = CALLS[way]
    with caplog.at_level(logging.DEBUG):
        async with gateway(ECHO) as url, httpx.AsyncClient(base_url=url) as client:
            answer = await client.post(path, json=body, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["x-aurarouter-task"] in rows(home)
    assert CARD not in rows(home)
    assert all(CARD not in file.read_bytes().decode("latin-1") for file in home.rglob("*") if file.is_file())
    assert "aurarouter" in caplog.text
    assert all(CARD not in record.getMessage() for record in caplog.records if record.name.startswith("aurarouter"))


async def test_names_are_told_apart_to_their_end(home: Path) -> None:
    long = "x" * 300
    async with gateway(ECHO) as url, httpx.AsyncClient(base_url=url) as client:
        for name in (f"{long}1", f"{long}2", f"{long}1"):
            await client.post("/v1/chat/completions", json=HELLO, headers={"x-session-id": name})
    with sqlite3.connect(home / "aurarouter.db") as store:
        ids = {body.partition('"conversation":')[2].partition(",")[0] for (body,) in store.execute(TRACES)}
    assert len(ids) == 2

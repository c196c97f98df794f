"""A gateway in front of servers that fail on demand, and one of each vendor's own clients."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from anthropic import AsyncAnthropic
from openai import AsyncOpenAI

from fault_server import FaultServer
from gateway import gateway


@pytest.fixture
def spare() -> Any:
    """A second server, for the next in the chain."""
    with FaultServer() as server:
        yield server


@pytest.fixture
def settings(fault_server: FaultServer, spare: FaultServer) -> dict[str, Any]:
    """Two models, tried in this order."""
    models: Mapping[str, Any] = {
        "first": {"provider": "openapi", "endpoint": fault_server.url},
        "second": {"provider": "openapi", "endpoint": spare.url},
    }
    roles = {role: [*models] for role in ("coding", "reasoning", "router")}
    return {"models": models, "roles": roles, "system": {"retries": 0}}


@pytest.fixture
async def url(settings: dict[str, Any]) -> AsyncIterator[str]:
    """Where the gateway is."""
    async with gateway(settings) as address:
        yield address


@pytest.fixture
async def openai(url: str) -> AsyncIterator[AsyncOpenAI]:
    """OpenAI's own client."""
    async with AsyncOpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
        yield client


@pytest.fixture
async def anthropic(url: str) -> AsyncIterator[AsyncAnthropic]:
    """Anthropic's own client."""
    async with AsyncAnthropic(base_url=url, api_key="none", max_retries=0) as client:
        yield client

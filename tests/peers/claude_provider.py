"""Makes claude providers for the tests of that provider. A test file takes the fixture over by its name."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from aurarouter_claude.provider import ClaudeProvider
from aurarouter_hooks import Chunk, Model, Prompt

Make = Callable[..., ClaudeProvider]
HELLO = Prompt.of("Say hello.")


@pytest.fixture
async def make() -> AsyncIterator[Make]:
    """Makes providers of an endpoint and the model's other settings, and closes them after the test."""
    made: list[ClaudeProvider] = []

    def one(endpoint: str = "", **settings: Any) -> ClaudeProvider:
        made.append(ClaudeProvider(Model(**{"id": "mine", "provider": "claude", "endpoint": endpoint, **settings})))
        return made[-1]

    yield one
    for provider in made:
        await provider.aclose()


async def gather(provider: ClaudeProvider, prompt: Prompt, into: list[Chunk]) -> None:
    """Consume a stream; what came before an error is kept."""
    async for chunk in provider.stream(prompt):
        into.append(chunk)

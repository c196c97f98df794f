"""What the tests of the HTTP providers share."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from aurarouter_hooks import Model
from aurarouter_openapi import OpenApiProvider


@pytest.fixture
async def openapi() -> AsyncIterator[Callable[..., OpenApiProvider]]:
    """Makes openapi providers of an endpoint and the model's other settings, and closes them after the test."""
    made: list[OpenApiProvider] = []

    def make(endpoint: str, **settings: Any) -> OpenApiProvider:
        made.append(OpenApiProvider(Model(id="mine", provider="openapi", endpoint=endpoint, **settings)))
        return made[-1]

    yield make
    for provider in made:
        await provider.aclose()

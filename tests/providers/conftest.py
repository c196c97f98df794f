"""What the tests of the providers share."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from aurarouter_hooks import Model
from aurarouter_llamacpp.provider import LlamaCppProvider
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


@pytest.fixture
async def make(
    model_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Callable[..., LlamaCppProvider]]:
    """Providers on the real model, closed afterwards. The trial of the library is shared by all of them."""
    made: list[LlamaCppProvider] = []
    workdir = tmp_path_factory.getbasetemp() / "llamacpp"

    def one(**changes: Any) -> LlamaCppProvider:
        options = {"n_threads": 1, "n_ctx": 512, **changes.pop("options", {})}
        settings = {"id": "small", "model_path": model_file, "workdir": workdir, **changes}
        made.append(LlamaCppProvider(Model(provider="llamacpp", options=options, **settings)))
        return made[-1]

    yield one
    for provider in made:
        await provider.aclose()

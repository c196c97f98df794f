"""What the tests of the providers share."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aurarouter_google.provider import GoogleProvider
from aurarouter_hooks import Model
from aurarouter_llamacpp.provider import LlamaCppProvider
from aurarouter_openapi import OpenApiProvider
from bench import ENVIRONMENT, PROXIES, Bench
from gemini_dialect import Vendor, providers
from llama_server import LlamaServer


@pytest.fixture
async def bench(
    request: pytest.FixtureRequest, model_file: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Bench]:
    """The test bench that the test's class names, or its parameter."""
    for name in (*ENVIRONMENT, *PROXIES, *map(str.lower, PROXIES)):
        monkeypatch.delenv(name, raising=False)
    kind: type[Bench] = request.cls.on if request.cls else request.param
    made = kind(request)
    yield made
    await made.aclose()


@pytest.fixture(scope="session")
def locked_llama(model_file: Path) -> Iterator[LlamaServer]:
    """A real server that wants a key."""
    with LlamaServer(model_file, api_key="sk-right") as server:
        yield server


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
def vendor() -> Iterator[Vendor]:
    """A server that answers as Google does."""
    with Vendor() as server:
        yield server


@pytest.fixture
async def google(vendor: Vendor) -> AsyncIterator[Callable[..., GoogleProvider]]:
    """Makes google providers of that server."""
    async with providers(vendor.url) as make:
        yield make


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

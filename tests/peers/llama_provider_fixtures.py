"""Providers of llama.cpp servers as fixtures: of others' servers, of their own, and of what stands in for them."""

import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from aurarouter_hooks import Model
from aurarouter_llamacpp_server.provider import LlamaServerProvider
from fault_server import FaultServer
from llama_dialect import Pretender
from llama_provider import Make, Script, settings


@pytest.fixture
def pretender(fault_server: FaultServer) -> Pretender:
    """What this test's fault server pretends to be."""
    pretender = Pretender()
    fault_server.always(pretender)
    return pretender


@pytest.fixture
async def at() -> AsyncIterator[Make]:
    """Providers of the server at an endpoint, closed afterwards."""
    made: list[LlamaServerProvider] = []

    def one(endpoint: str, **more: Any) -> LlamaServerProvider:
        made.append(LlamaServerProvider(Model(id="mine", provider="llamacpp-server", endpoint=endpoint, **more)))
        return made[-1]

    yield one
    for provider in made:
        await provider.aclose()


@pytest.fixture
async def own(model_file: Path, tmp_path: Path) -> AsyncIterator[Make]:
    """Providers that start a server of their own for the real model, closed afterwards."""
    made: list[LlamaServerProvider] = []

    def one(**changes: Any) -> LlamaServerProvider:
        places = {"model_path": model_file, "workdir": tmp_path / "own"}
        made.append(LlamaServerProvider(Model(**settings(**places | changes))))
        return made[-1]

    yield one
    for provider in made:
        await provider.aclose()


@pytest.fixture
def stand_in(tmp_path: Path) -> Script:
    """Makes a program that stands in for llama-server; each of its starts adds a letter to `starts`."""

    def write(code: str) -> str:
        program = tmp_path / "pretender"
        begin = f"import os, sys, time\nopen({str(tmp_path / 'starts')!r}, 'a').write('x')\n"
        program.write_text(f"#!{sys.executable}\n{begin}{code}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return str(program)

    return write

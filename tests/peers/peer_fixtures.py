"""The shared peers as fixtures: a real llama.cpp server, and a socket server that fails on demand."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fault_server import FaultServer
from llama_server import LlamaServer


@pytest.fixture(scope="session")
def llama_server(model_file: Path) -> Iterator[LlamaServer]:
    """A real server with the small model. A test that kills it must restart it."""
    with LlamaServer(model_file) as server:
        yield server


@pytest.fixture
def fault_server() -> Iterator[FaultServer]:
    """A server of this test's own that fails as told."""
    with FaultServer() as server:
        yield server

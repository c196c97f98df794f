"""The example keeps the provider contract: install it, then run `pytest` in this folder."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from aurarouter_custom import CustomProvider

from aurarouter_hooks import Model, Provider
from aurarouter_hooks.contract import ProviderContract


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The server, in a process of its own."""
    server = Path(__file__).with_name("talk_server.py")
    with subprocess.Popen([sys.executable, server], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.terminate()


class TestCustom(ProviderContract):
    """All of it."""

    @pytest.fixture(autouse=True)
    def _server(self, endpoint: str) -> None:
        self.endpoint = endpoint

    def make(self) -> Provider:
        """On the server."""
        return CustomProvider(Model(id="talk", provider="custom", endpoint=self.endpoint))

    def broken(self) -> Provider:
        """Where nobody listens."""
        return CustomProvider(Model(id="gone", provider="custom", endpoint="http://127.0.0.1:9"))

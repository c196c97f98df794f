"""The llamacpp-server provider keeps the contract, against a server of others' and with one of its own."""

from pathlib import Path

import pytest

import aurarouter_llamacpp_server
from aurarouter_hooks import Model, Provider
from aurarouter_hooks.contract import ProviderContract
from aurarouter_llamacpp_server.provider import LlamaServerProvider
from llama_provider import settings
from llama_server import LlamaServer


class TestEndpoint(ProviderContract):
    plugin = aurarouter_llamacpp_server

    @pytest.fixture(autouse=True)
    def _server(self, llama_server: LlamaServer) -> None:
        self.url = llama_server.url

    def make(self) -> Provider:
        return LlamaServerProvider(Model(id="mine", provider="llamacpp-server", endpoint=self.url))

    def broken(self) -> Provider:
        return LlamaServerProvider(Model(id="gone", provider="llamacpp-server", endpoint="http://127.0.0.1:9"))


class TestOwned(ProviderContract):
    plugin = aurarouter_llamacpp_server

    @pytest.fixture(autouse=True)
    def _file(self, model_file: Path, tmp_path: Path) -> None:
        self.path, self.workdir = model_file, tmp_path / "own"

    def make(self) -> Provider:
        return self.on(self.path)

    def broken(self) -> Provider:
        return self.on(Path(__file__))  # no model

    def on(self, path: Path) -> Provider:
        return LlamaServerProvider(Model(**settings(model_path=path, workdir=self.workdir)))

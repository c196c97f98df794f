"""The shared peers as fixtures: a real llama.cpp server, a socket server that fails on demand, and a certificate."""

import shutil
import subprocess
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


@pytest.fixture
def certificate(tmp_path: Path) -> dict[str, str]:
    """The files of a server's TLS, for 127.0.0.1, as settings name them."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl makes the certificate, and it isn't here")
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"]
    name = ["-subj", "/CN=server", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = {"key": str(tmp_path / "key.pem"), "certificate": str(tmp_path / "cert.pem")}
    command = [openssl, "req", "-x509", *kind, *name, "-keyout", files["key"], "-out", files["certificate"]]
    subprocess.run(command, check=True, capture_output=True)
    return files

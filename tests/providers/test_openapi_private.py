"""A private prompt uses no proxy, follows no redirect, and reaches only the addresses that were checked."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext, SSLObject

import pytest
from attrs import evolve

from aurarouter_hooks import (
    Location,
    Message,
    Prompt,
    ProviderReplyError,
    ProviderUnavailableError,
)
from aurarouter_openapi import OpenApiProvider
from fault_server import FaultServer
from faults import redirect, whole_stream

HELLO = Prompt(messages=(Message("user", "My name is Ada."),))


Make = Callable[..., OpenApiProvider]


def private(*addresses: str) -> Prompt:
    return evolve(HELLO, private=True, location=Location(kind="loopback", addresses=addresses, relay=True))


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.usefixtures("no_proxy")
async def test_only_a_normal_prompt_uses_the_proxy(
    openapi: Make, fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultServer() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        provider = openapi(fault_server.url)
        await provider.generate(private("127.0.0.1"))
        assert [chunk async for chunk in provider.stream(private("127.0.0.1"))]
        assert proxy.bytes_received == 0
        assert proxy.connections == 0
        assert len(fault_server.requests) == 2
        await provider.generate(HELLO)  # the other way round, to show that the proxy would have been used
        assert len(proxy.requests) == 1
        assert len(fault_server.requests) == 2


@pytest.mark.usefixtures("no_proxy")
async def test_a_proxy_of_an_unknown_kind_is_named(
    openapi: Make, fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for scheme in ("socks5", "gopher"):
        monkeypatch.setenv("ALL_PROXY", f"{scheme}://127.0.0.1:9")
        provider = openapi(fault_server.url)
        with pytest.raises(ProviderUnavailableError, match="proxy") as caught:
            await provider.generate(HELLO)
        assert "word" not in str(caught.value)


async def test_a_redirect_is_not_followed(openapi: Make, fault_server: FaultServer) -> None:
    with FaultServer() as elsewhere:
        fault_server.will(redirect(elsewhere.url))
        provider = openapi(fault_server.url)
        with pytest.raises(ProviderReplyError, match=f"redirects to {elsewhere.url}"):
            await provider.generate(private("127.0.0.1"))
        assert elsewhere.connections == 0


async def test_only_the_checked_address_is_reached(openapi: Make) -> None:
    with FaultServer("127.0.0.1") as named, FaultServer("127.0.0.2", named.port) as checked:
        provider = openapi(f"http://localhost:{named.port}")
        await provider.generate(HELLO)
        assert (named.connections, checked.connections) == (1, 0), "localhost is expected at 127.0.0.1"
        await provider.generate(private("127.0.0.2"))
        assert [chunk async for chunk in provider.stream(private("127.0.0.2"))]
        assert (named.connections, checked.connections) == (1, 1)
        assert {request.headers["host"] for request in checked.requests} == {f"localhost:{named.port}"}
        await provider.generate(private("127.0.0.1"))  # another answer of the check is never met by an old connection
        assert (named.connections, len(checked.requests)) == (2, 2)


async def test_the_next_checked_address_is_tried(openapi: Make) -> None:
    with FaultServer("127.0.0.2") as server:
        provider = openapi(f"http://localhost:{server.port}")
        await provider.generate(private("127.0.0.3", "127.0.0.2"))
        with pytest.raises(ProviderUnavailableError, match="cannot connect to http://localhost"):
            await provider.generate(private("127.0.0.3", "127.0.0.4"))


@pytest.mark.parametrize("location", [None, Location(), Location(kind="process")])
async def test_without_a_checked_address_nothing_is_sent(
    openapi: Make, fault_server: FaultServer, location: Location | None
) -> None:
    provider = openapi(fault_server.url)
    with pytest.raises(ProviderUnavailableError, match="none of its addresses was checked"):
        await provider.generate(evolve(HELLO, private=True, location=location))
    assert fault_server.connections == 0


@pytest.fixture
def authority(tmp_path: Path) -> SSLContext:
    """A server's TLS with a certificate for localhost alone, trusted by nobody yet."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl makes the certificate, and it isn't here")
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"]
    name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")]
    subprocess.run([openssl, "req", "-x509", *kind, *name, *files], check=True, capture_output=True)
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    return context


async def test_tls_still_checks_the_name(
    openapi: Make, authority: SSLContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[str | None] = []

    def seen(connection: SSLObject, name: str | None, context: SSLContext) -> None:
        names.append(name)

    authority.sni_callback = seen
    with FaultServer("127.0.0.2", tls=authority) as server:
        distrustful = openapi(f"https://localhost:{server.port}")
        with pytest.raises(
            ProviderUnavailableError, match=f"no trusted TLS connection to https://localhost:{server.port}"
        ):
            await distrustful.generate(private("127.0.0.2"))

        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        trusting = openapi(f"https://localhost:{server.port}")
        assert (await trusting.generate(private("127.0.0.2"))).text == "Hello Ada."
        assert names == ["localhost", "localhost"]

        other = openapi(f"https://127.0.0.2:{server.port}")  # trusted, but not by this name
        with pytest.raises(ProviderUnavailableError, match="no trusted TLS connection"):
            await other.generate(private("127.0.0.2"))
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("endpoint", "kind"),
    [
        ("http://127.0.0.1:1/v1", "loopback"),
        ("http://[::1]:1", "loopback"),
        ("http://localhost:1", "loopback"),
        ("http://192.168.7.7:1", "remote"),
        ("http://0.0.0.0:1", "remote"),
        ("http://nowhere.invalid", "unknown"),
        ("http://", "unknown"),
    ],
)
async def test_an_endpoint_is_never_provably_here(openapi: Make, endpoint: str, kind: str) -> None:
    where = await openapi(endpoint).where()
    assert where.kind == kind
    assert where.relay
    assert not where.here
    assert bool(where.addresses) is (kind != "unknown")


@pytest.mark.usefixtures("no_proxy")
async def test_credentials_in_the_endpoint_are_sent_but_never_shown(openapi: Make, fault_server: FaultServer) -> None:
    fault_server.will(whole_stream("Hi"))
    provider = openapi(f"http://ada:word@127.0.0.1:{fault_server.port}")
    assert [chunk async for chunk in provider.stream(HELLO)]
    assert fault_server.requests[0].headers["authorization"] == "Basic YWRhOndvcmQ="
    fault_server.will(redirect("/"))
    with pytest.raises(ProviderReplyError) as caught:
        await provider.generate(HELLO)
    assert "word" not in str(caught.value)

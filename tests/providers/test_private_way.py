"""A private prompt uses no proxy, follows no redirect, is in no log, and reaches nothing but checked addresses."""

import logging
import shutil
import subprocess
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext, SSLObject

import pytest
from attrs import evolve

from aurarouter_hooks import Location, Message, Prompt, ProviderReplyError, ProviderUnavailableError
from bench import HttpBench, chunks, errors
from benches import REMOTE
from faults import redirect

HELLO = Prompt(messages=(Message("user", "My name is Ada."),))
pytestmark = pytest.mark.parametrize("bench", REMOTE, indirect=True, ids=lambda kind: kind.provider)


def private(*addresses: str) -> Prompt:
    return evolve(HELLO, private=True, location=Location(kind="loopback", addresses=addresses, relay=True))


async def test_only_a_normal_prompt_uses_the_proxy(bench: HttpBench, monkeypatch: pytest.MonkeyPatch) -> None:
    with bench.another() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://ada:word@127.0.0.1:{proxy.port}")
        provider = bench.make()
        assert (await provider.generate(private("127.0.0.1"))).text
        assert await chunks(provider, private("127.0.0.1"))
        await provider.count_tokens(private("127.0.0.1"))
        assert (proxy.connections, len(bench.asked())) == (0, 2)
        before = len(bench.server.requests)
        await provider.generate(HELLO)  # the other way round, to show that the proxy would have been used
        assert {request.headers["proxy-authorization"] for request in proxy.requests} == {"Basic YWRhOndvcmQ="}
        assert len(bench.server.requests) == before


@pytest.mark.parametrize("scheme", ["socks5", "gopher"])
async def test_a_proxy_of_an_unknown_kind_is_named(
    bench: HttpBench, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", f"{scheme}://ada:word@127.0.0.1:9")
    for error in await errors(bench.make(), HELLO, ProviderUnavailableError, "proxy"):
        assert "word" not in str(error)


async def test_a_redirect_is_not_followed(bench: HttpBench) -> None:
    with bench.another() as elsewhere:
        bench.meets(redirect(elsewhere.url))
        await errors(bench.make(), private("127.0.0.1"), ProviderReplyError, f"redirects to {elsewhere.url}")
        assert elsewhere.connections == 0


async def test_only_the_checked_address_is_reached(bench: HttpBench) -> None:
    with bench.another("127.0.0.1") as named, bench.another("127.0.0.2", named.port) as checked:
        provider = bench.make(endpoint=f"http://localhost:{named.port}")
        await provider.generate(HELLO)
        assert named.requests, "localhost is expected at 127.0.0.1"
        assert checked.connections == 0
        before = len(named.requests)
        await provider.generate(private("127.0.0.2"))
        assert await chunks(provider, private("127.0.0.2"))
        assert len(named.requests) == before
        assert {request.headers["host"] for request in checked.requests} == {f"localhost:{named.port}"}
        before = len(checked.requests)
        await provider.generate(private("127.0.0.1"))  # another answer of the check is never met by an old connection
        assert len(checked.requests) == before


async def test_the_next_checked_address_is_tried(bench: HttpBench) -> None:
    with bench.another("127.0.0.2") as server:
        provider = bench.make(endpoint=f"http://localhost:{server.port}")
        await provider.generate(private("127.0.0.3", "127.0.0.2"))
        assert await chunks(provider, private("127.0.0.3", "127.0.0.2"))
        gone = private("127.0.0.3", "127.0.0.4")
        await errors(provider, gone, ProviderUnavailableError, "cannot connect to http://localhost")


@pytest.mark.parametrize("location", [None, Location(), Location(kind="process")], ids=["none", "unknown", "process"])
async def test_without_a_checked_address_nothing_is_sent(bench: HttpBench, location: Location | None) -> None:
    prompt = evolve(HELLO, private=True, location=location)
    await errors(bench.make(), prompt, ProviderUnavailableError, "none of its addresses was checked")
    assert bench.server.connections == 0


async def test_it_is_in_no_log(bench: HttpBench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    provider = bench.make()
    await provider.generate(private("127.0.0.1"))
    assert await chunks(provider, private("127.0.0.1"))
    await provider.count_tokens(private("127.0.0.1"))
    assert "My name" not in caplog.text


@pytest.mark.parametrize(
    ("endpoint", "kind"),
    [
        ("http://127.0.0.1:1/v1", "loopback"),
        ("http://[::1]:1", "loopback"),
        ("http://localhost:1", "loopback"),
        ("http://192.168.7.7:1", "remote"),
        ("http://0.0.0.0:1", "remote"),
        ("http://nowhere.invalid", "unknown"),
    ],
)
async def test_an_endpoint_is_never_provably_here(bench: HttpBench, endpoint: str, kind: str) -> None:
    where = await bench.at(endpoint=endpoint).where()
    assert (where.kind, where.relay, where.here) == (kind, True, False)
    assert bool(where.addresses) is (kind != "unknown")


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
    bench: HttpBench, authority: SSLContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[str | None] = []

    def seen(connection: SSLObject, name: str | None, context: SSLContext) -> None:
        names.append(name)

    authority.sni_callback = seen
    with bench.another("127.0.0.2", tls=authority) as server:
        distrustful = bench.make(endpoint=f"https://localhost:{server.port}")
        words = f"no trusted TLS connection to https://localhost:{server.port}"
        await errors(distrustful, private("127.0.0.2"), ProviderUnavailableError, words)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        trusting = bench.make(endpoint=f"https://localhost:{server.port}")
        assert (await trusting.generate(private("127.0.0.2"))).text == "Hello Ada."
        assert set(names) == {"localhost"}
        before = len(server.requests)
        other = bench.make(endpoint=f"https://127.0.0.2:{server.port}")  # trusted, but not by this name
        await errors(other, private("127.0.0.2"), ProviderUnavailableError, "no trusted TLS connection")
        assert len(server.requests) == before

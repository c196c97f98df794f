"""Where keys go, and what holds for private prompts: one checked address, no proxy, no redirect, no log."""

import logging
import shutil
import subprocess
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext, SSLObject

import pytest
from attrs import evolve

import claude_provider
from anthropic_dialect import claude
from aurarouter_claude.access import VENDOR, access
from aurarouter_hooks import (
    Location,
    Model,
    Prompt,
    ProviderAuthError,
    ProviderReplyError,
    ProviderUnavailableError,
    Secret,
)
from claude_provider import HELLO, Make
from fault_server import FaultServer
from faults import redirect

make = claude_provider.make
KEY, TOKEN = "sk-ant-from-the-environment", "token-from-the-environment"


@pytest.fixture(autouse=True)
def _claude(fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    fault_server.always(claude)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def private(*addresses: str) -> Prompt:
    return evolve(HELLO, private=True, location=Location(kind="loopback", addresses=addresses, relay=True))


async def test_no_key_from_the_environment_goes_to_an_endpoint_of_ones_own(
    make: Make, fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", TOKEN)
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", f"X-Team: {TOKEN}\nauthorization: {TOKEN}")
    provider = make(fault_server.url)
    await provider.generate(HELLO)
    await provider.generate(private("127.0.0.1"))
    await provider.count_tokens(HELLO)
    await provider.models()
    assert len(fault_server.requests) == 4
    for request in fault_server.requests:
        assert not {"authorization", "x-api-key", "x-team"} & request.headers.keys()
        assert KEY not in str(request)
        assert TOKEN not in str(request)


async def test_no_other_identity_of_the_sdk_is_used(
    make: Make, fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_IDENTITY_TOKEN", TOKEN)
    monkeypatch.setenv("ANTHROPIC_FEDERATION_RULE_ID", "fdrl_1")
    monkeypatch.setenv("ANTHROPIC_ORGANIZATION_ID", "00000000-0000-0000-0000-000000000001")
    await make(fault_server.url).generate(HELLO)
    assert [request.path for request in fault_server.requests] == ["/v1/messages"]
    assert TOKEN not in str(fault_server.requests)


async def test_the_environments_own_endpoint_gets_its_key_and_headers(
    make: Make, fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", f"{fault_server.url}/relay/")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", TOKEN)
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "X-Team: blue")
    await make().generate(HELLO)
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    await make(f"{fault_server.url}/other").generate(HELLO)
    first, second = fault_server.requests
    assert (first.path, second.path) == ("/relay/v1/messages", "/other/v1/messages")
    assert first.headers["authorization"] == f"Bearer {TOKEN}"
    assert second.headers["authorization"] == f"Bearer {KEY}"
    assert first.headers["x-team"] == "blue"


async def test_a_configured_key_goes_to_its_endpoint_in_both_forms(
    make: Make, fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    await make(fault_server.url, api_key=Secret("sk-own")).generate(HELLO)
    headers = fault_server.requests[0].headers
    assert headers["authorization"] == "Bearer sk-own"
    assert headers["x-api-key"] == "sk-own"


@pytest.mark.parametrize(
    ("endpoint", "key"),
    [
        ("", KEY),
        (VENDOR, KEY),
        ("https://API.anthropic.com:443/v1", KEY),
        ("http://api.anthropic.com", None),
        ("https://api.anthropic.com:8443", None),
        ("https://api.anthropic.com.example.org", None),
        ("https://example.org/api.anthropic.com", None),
        ("https://api.anthropic.com\\.example.org", None),
        ("http://127.0.0.1:8080", None),
    ],
)
def test_only_the_vendors_own_host_gets_the_environments_key(
    endpoint: str, key: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", f" {KEY}\n")
    found = access(Model(id="mine", provider="claude", endpoint=endpoint))
    assert (found.key.reveal() if found.key else None) == key
    assert found.vendor == bool(key)
    assert KEY not in repr(found)


async def test_without_a_key_nothing_is_sent_to_the_vendor(make: Make, fault_server: FaultServer) -> None:
    with pytest.raises(ProviderAuthError, match=f"there is no key for {VENDOR}") as caught:
        await make().generate(HELLO)
    assert "ANTHROPIC_API_KEY" in caught.value.hint
    health = await make().health()
    assert health.state == "misconfigured"
    assert health.hint == caught.value.hint


@pytest.mark.parametrize("key", ["sk-ünicode", "sk-two\nlines"])
async def test_a_key_that_no_header_can_carry_is_named_without_it(
    make: Make, fault_server: FaultServer, key: str
) -> None:
    with pytest.raises(ProviderAuthError, match="characters that no HTTP header can carry") as caught:
        await make(fault_server.url, api_key=Secret(key)).generate(HELLO)
    assert "sk-" not in repr(caught.value)
    assert fault_server.connections == 0


async def test_only_a_normal_prompt_uses_the_proxy(
    make: Make, fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultServer() as proxy:
        proxy.always(claude)
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        provider = make(fault_server.url)
        await provider.generate(private("127.0.0.1"))
        await provider.count_tokens(private("127.0.0.1"))
        assert (proxy.connections, len(fault_server.requests)) == (0, 2)
        await provider.generate(HELLO)  # the other way round, to show that the proxy would have been used
        assert (len(proxy.requests), len(fault_server.requests)) == (1, 2)


@pytest.mark.parametrize("scheme", ["socks5", "gopher"])
async def test_a_proxy_of_an_unknown_kind_is_named(make: Make, scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", f"{scheme}://ada:word@127.0.0.1:9")
    with pytest.raises(ProviderUnavailableError, match="proxy") as caught:
        await make("http://127.0.0.1:9").generate(HELLO)
    assert "word" not in str(caught.value)


async def test_a_private_prompt_is_not_redirected(make: Make, fault_server: FaultServer) -> None:
    with FaultServer() as elsewhere:
        fault_server.will(redirect(elsewhere.url))
        with pytest.raises(ProviderReplyError, match=f"redirects to {elsewhere.url}"):
            await make(fault_server.url).generate(private("127.0.0.1"))
        assert elsewhere.connections == 0


async def test_only_the_checked_address_is_reached(make: Make) -> None:
    with FaultServer("127.0.0.1") as named, FaultServer("127.0.0.2", named.port) as checked:
        named.always(claude)
        checked.always(claude)
        provider = make(f"http://localhost:{named.port}")
        await provider.generate(HELLO)
        assert (named.connections, checked.connections) == (1, 0), "localhost is expected at 127.0.0.1"
        await provider.generate(private("127.0.0.3", "127.0.0.2"))  # nobody is at the first
        assert (named.connections, checked.connections) == (1, 1)
        assert checked.requests[0].headers["host"] == f"localhost:{named.port}"
        await provider.generate(private("127.0.0.1"))  # another check's answer is never met by an old connection
        assert (named.connections, len(checked.requests)) == (2, 1)
        with pytest.raises(ProviderUnavailableError, match="cannot connect to http://localhost"):
            await provider.generate(private("127.0.0.3", "127.0.0.4"))


@pytest.mark.parametrize("location", [None, Location(), Location(kind="process")])
async def test_without_a_checked_address_nothing_is_sent(
    make: Make, fault_server: FaultServer, location: Location | None
) -> None:
    prompt = evolve(HELLO, private=True, location=location)
    for use in (make(fault_server.url).generate, make(fault_server.url).count_tokens):
        with pytest.raises(ProviderUnavailableError, match="none of its addresses was checked"):
            await use(prompt)
    assert fault_server.connections == 0


async def test_a_private_prompt_is_in_no_log(
    make: Make, fault_server: FaultServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    provider = make(fault_server.url)
    await provider.generate(private("127.0.0.1"))
    await provider.count_tokens(private("127.0.0.1"))
    assert "Say hello." not in caplog.text
    await provider.generate(HELLO)
    assert "Say hello." in caplog.text  # the SDK's own doing: shows that the silence above was ours


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
    make: Make, authority: SSLContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[str | None] = []

    def seen(connection: SSLObject, name: str | None, context: SSLContext) -> None:
        names.append(name)

    authority.sni_callback = seen
    with FaultServer("127.0.0.2", tls=authority) as server:
        server.always(claude)
        with pytest.raises(ProviderUnavailableError, match="no trusted TLS connection to https://localhost"):
            await make(f"https://localhost:{server.port}").generate(private("127.0.0.2"))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        reply = await make(f"https://localhost:{server.port}").generate(private("127.0.0.2"))
        assert reply.text == "Hello Ada."
        assert names == ["localhost", "localhost"]
        with pytest.raises(ProviderUnavailableError, match="no trusted TLS connection"):  # trusted, not by this name
            await make(f"https://127.0.0.2:{server.port}").generate(private("127.0.0.2"))
        assert len(server.requests) == 1

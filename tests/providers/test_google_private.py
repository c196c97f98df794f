"""Where prompts and keys may go: checked addresses for private ones, the vendor alone for the environment's key."""

import logging
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext, SSLObject
from typing import Any

import pytest
from attrs import evolve

from aurarouter_google import settings
from aurarouter_hooks import (
    EmbedRequest,
    Location,
    Message,
    Model,
    Prompt,
    ProviderAuthError,
    ProviderUnavailableError,
    Secret,
)
from gemini_dialect import Make, Vendor, providers

HELLO = Prompt(messages=(Message("user", "My name is Ada."),))


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with Vendor() as server:
        yield server


@pytest.fixture
async def google(vendor: Vendor) -> AsyncIterator[Make]:
    async with providers(vendor.url) as make:
        yield make


def private(*addresses: str) -> Prompt:
    return evolve(HELLO, private=True, location=Location(kind="remote", addresses=addresses, relay=True))


async def test_only_a_normal_prompt_uses_the_proxy(
    google: Make, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Vendor() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        provider = google()
        await provider.generate(private("127.0.0.1"))
        assert [chunk async for chunk in provider.stream(private("127.0.0.1"))]
        assert await provider.count_tokens(private("127.0.0.1"))
        texts = EmbedRequest(texts=("a",), private=True, location=Location(addresses=("127.0.0.1",)))
        assert await provider.embed(texts)
        assert proxy.connections == 0
        assert len(vendor.requests) == 4
        await provider.generate(HELLO)  # the other way round, to show that the proxy would have been used
        assert len(proxy.requests) == 1
        assert len(vendor.requests) == 4


@pytest.mark.parametrize("scheme", ["socks5", "gopher"])
async def test_a_proxy_of_an_unknown_kind_is_named(google: Make, monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    monkeypatch.setenv("ALL_PROXY", f"{scheme}://ada:word@127.0.0.1:9")
    with pytest.raises(ProviderUnavailableError, match="proxy") as caught:
        await google().generate(HELLO)
    assert "word" not in str(caught.value)


async def test_only_the_checked_address_is_reached(google: Make) -> None:
    with Vendor("127.0.0.1") as named, Vendor("127.0.0.2", named.port) as checked:
        provider = google(endpoint=f"http://localhost:{named.port}/gate")
        await provider.generate(HELLO)
        assert (named.connections, checked.connections) == (1, 0), "localhost is expected at 127.0.0.1"
        await provider.generate(private("127.0.0.2"))
        assert [chunk async for chunk in provider.stream(private("127.0.0.2"))]
        assert (named.connections, checked.connections) == (1, 1)
        assert {request.headers["host"] for request in checked.requests} == {f"localhost:{named.port}"}
        assert all(request.path.startswith("/gate/v1beta/") for request in checked.requests)
        await provider.generate(private("127.0.0.1"))  # another answer of the check is never met by an old connection
        assert (named.connections, len(checked.requests)) == (2, 2)


async def test_the_next_checked_address_is_tried(google: Make) -> None:
    with Vendor("127.0.0.2") as server:
        provider = google(endpoint=f"http://localhost:{server.port}")
        await provider.generate(private("127.0.0.3", "127.0.0.2"))
        assert [chunk async for chunk in provider.stream(private("127.0.0.3", "127.0.0.2"))]
        with pytest.raises(ProviderUnavailableError, match="cannot connect to http://localhost"):
            await provider.generate(private("127.0.0.3", "127.0.0.4"))


@pytest.mark.parametrize("location", [None, Location(), Location(kind="process")])
async def test_without_a_checked_address_nothing_is_sent(
    google: Make, vendor: Vendor, location: Location | None
) -> None:
    prompt = evolve(HELLO, private=True, location=location)
    with pytest.raises(ProviderUnavailableError, match="none of its addresses was checked"):
        await google().generate(prompt)
    with pytest.raises(ProviderUnavailableError, match="none of its addresses was checked"):
        [chunk async for chunk in google().stream(prompt)]
    assert vendor.connections == 0


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
    google: Make, authority: SSLContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[str | None] = []

    def seen(connection: SSLObject, name: str | None, context: SSLContext) -> None:
        names.append(name)

    authority.sni_callback = seen
    with Vendor("127.0.0.2", tls=authority) as server:
        distrustful = google(endpoint=f"https://localhost:{server.port}")
        with pytest.raises(
            ProviderUnavailableError, match=f"no trusted TLS connection to https://localhost:{server.port}"
        ):
            await distrustful.generate(private("127.0.0.2"))

        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        trusting = google(endpoint=f"https://localhost:{server.port}")
        assert (await trusting.generate(private("127.0.0.2"))).text == "Hello Ada."
        assert names == ["localhost", "localhost"]

        other = google(endpoint=f"https://127.0.0.2:{server.port}")  # trusted, but not by this name
        with pytest.raises(ProviderUnavailableError, match="no trusted TLS connection"):
            await other.generate(private("127.0.0.2"))
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("endpoint", "kind"),
    [("http://127.0.0.1:1/v1", "loopback"), ("http://192.168.7.7:1", "remote"), ("http://nowhere.invalid", "unknown")],
)
async def test_an_endpoint_is_never_provably_here(google: Make, endpoint: str, kind: str) -> None:
    where = await google(endpoint=endpoint).where()
    assert where.kind == kind
    assert where.relay
    assert not where.here


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://generativelanguage.googleapis.com",
        "https://generativelanguage.googleapis.com:8443",
        "https://generativelanguage.googleapis.com.example",
        "https://example/generativelanguage.googleapis.com",
        "http://127.0.0.1:9",
    ],
)
def test_the_environments_key_goes_to_the_vendor_alone(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_API_KEY", "g-env")
    monkeypatch.setenv("GEMINI_API_KEY", "g-other")
    model = Model(id="mine", provider="google")
    assert settings.key_of(model, settings.Settings.of(model).endpoint) == Secret("g-env")
    shouted = evolve(model, endpoint="HTTPS://GenerativeLanguage.GoogleAPIs.com/v1")
    assert settings.key_of(shouted, settings.Settings.of(shouted).endpoint) == Secret("g-env")
    elsewhere = evolve(model, endpoint=endpoint)
    with pytest.raises(ProviderAuthError) as caught:
        settings.key_of(elsewhere, settings.Settings.of(elsewhere).endpoint)
    assert "goes to https://generativelanguage.googleapis.com alone" in caught.value.hint


@pytest.mark.parametrize("name", ["GOOGLE_API_KEY", "GEMINI_API_KEY"])
async def test_a_foreign_endpoint_gets_nothing_without_a_key_of_its_own(
    google: Make, vendor: Vendor, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "g-env")
    provider = google(api_key=None)
    with pytest.raises(ProviderAuthError, match="there is no key for http"):
        await provider.generate(HELLO)
    with pytest.raises(ProviderAuthError, match="there is no key for http"):
        [chunk async for chunk in provider.stream(HELLO)]
    assert (await provider.health()).state == "misconfigured"
    assert vendor.connections == 0
    await google(api_key=Secret(" g-own\n")).generate(HELLO)
    assert vendor.requests[0].headers["x-goog-api-key"] == "g-own"
    assert "authorization" not in vendor.requests[0].headers


async def test_the_environments_key_is_found(google: Make, vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "VENDOR", vendor.url)
    with pytest.raises(ProviderAuthError) as caught:
        await google(endpoint="", api_key=None).generate(HELLO)
    assert caught.value.hint == "Set the model's api_key, or GEMINI_API_KEY."
    monkeypatch.setenv("GEMINI_API_KEY", "g-env")
    await google(endpoint="", api_key=None).generate(HELLO)
    assert vendor.requests[0].headers["x-goog-api-key"] == "g-env"


async def test_a_key_that_no_header_can_carry(google: Make, vendor: Vendor) -> None:
    provider = google(api_key=Secret("g-two\nlines-é"))
    with pytest.raises(ProviderAuthError, match="no HTTP header can carry") as caught:
        await provider.generate(HELLO)
    assert "lines" not in str(caught.value)
    assert vendor.connections == 0


async def test_the_environment_cannot_send_prompts_elsewhere(
    google: Make, vendor: Vendor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with Vendor() as elsewhere:
        detours: dict[str, Any] = {
            "GOOGLE_GENAI_USE_VERTEXAI": "true",
            "GOOGLE_GENAI_USE_ENTERPRISE": "1",
            "GOOGLE_CLOUD_PROJECT": "theirs",
            "GOOGLE_CLOUD_LOCATION": "mars",
            "GOOGLE_GEMINI_BASE_URL": elsewhere.url,
            "GOOGLE_VERTEX_BASE_URL": elsewhere.url,
            "GOOGLE_GENAI_API_VERSION": "v9",
            "GOOGLE_GENAI_CLIENT_MODE": "record",
            "GOOGLE_GENAI_REPLAYS_DIRECTORY": str(tmp_path / "replays"),
            "GOOGLE_GENAI_REPLAY_ID": "mine/generate.json",
            "GOOGLE_API_KEY": "g-env",
        }
        for name, value in detours.items():
            monkeypatch.setenv(name, value)
        provider = google()
        await provider.generate(HELLO)
        assert [chunk async for chunk in provider.stream(HELLO)]
        await provider.aclose()
        assert elsewhere.connections == 0
        assert all(request.path.startswith("/v1beta/models/") for request in vendor.requests)
        assert {request.headers["x-goog-api-key"] for request in vendor.requests} == {"g-key"}
        assert not (tmp_path / "replays").exists()


async def test_a_private_prompt_is_not_logged(google: Make, vendor: Vendor, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    provider = google()
    await provider.generate(private("127.0.0.1"))
    assert [chunk async for chunk in provider.stream(private("127.0.0.1"))]
    assert "sent" in caplog.text or "send" in caplog.text, "the HTTP library is expected to say something at DEBUG"
    assert "Ada" not in caplog.text

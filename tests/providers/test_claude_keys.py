"""Where keys go: the environment's own to the vendor, or where the environment says; and what the SDK may log."""

import logging

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
    Secret,
)
from claude_provider import HELLO, Make
from fault_server import FaultServer

make = claude_provider.make
KEY, TOKEN = "sk-ant-from-the-environment", "token-from-the-environment"


@pytest.fixture(autouse=True)
def _claude(fault_server: FaultServer) -> None:
    fault_server.always(claude)


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

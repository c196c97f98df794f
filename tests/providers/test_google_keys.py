"""Where keys may go: the environment's own to the vendor alone; and the environment sends prompts nowhere else."""

from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from aurarouter_google import settings
from aurarouter_hooks import (
    Message,
    Model,
    Prompt,
    ProviderAuthError,
    Secret,
)
from gemini_dialect import Make, Vendor

HELLO = Prompt(messages=(Message("user", "My name is Ada."),))


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

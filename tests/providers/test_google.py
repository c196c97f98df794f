"""The google provider keeps the contract, against a socket that speaks the Gemini API."""

import asyncio
import subprocess
import sys
from typing import Any

import pytest

import aurarouter_google
from aurarouter_google import settings
from aurarouter_google.provider import GoogleProvider
from aurarouter_hooks import (
    EmbedRequest,
    Message,
    Model,
    Prompt,
    Provider,
    ProviderUnavailableError,
    Reply,
    Secret,
    Usage,
)
from aurarouter_hooks.contract import ProviderContract
from faults import Fault, hang, raw
from gemini_dialect import BAD_KEY, NAME, OVERLOADED, Make, Vendor, said, streamed

HELLO = Prompt(messages=(Message("user", "Say hello to Ada."),), parameters={"max_tokens": 8})


def model(endpoint: str) -> Model:
    return Model(id=NAME, provider="google", endpoint=endpoint, api_key=Secret("g-key"))


class TestGoogle(ProviderContract):
    plugin = aurarouter_google

    @pytest.fixture(autouse=True)
    def _server(self, vendor: Vendor) -> None:
        self.url = vendor.url

    def make(self) -> Provider:
        return GoogleProvider(model(self.url))

    def broken(self) -> Provider:
        return GoogleProvider(model("http://127.0.0.1:9"))


async def test_a_reply_says_all_about_itself(google: Make) -> None:
    provider = google()
    reply = await provider.generate(HELLO)
    assert (reply.text, reply.finish) == ("Hello Ada.", "stop")
    assert reply.usage == Usage(input_tokens=7, output_tokens=3)
    assert (reply.request_id, reply.model_name) == ("resp-1", f"{NAME}-001")
    chunks = [chunk async for chunk in provider.stream(HELLO)]
    assert [chunk.text for chunk in chunks] == ["Hello ", "Ada.", ""]
    assert Reply.from_chunks(chunks) == reply


async def test_it_counts_lists_embeds_and_is_well(google: Make, vendor: Vendor) -> None:
    provider = google()
    prompt = Prompt(messages=(Message("system", "Be brief."), *HELLO.messages))
    assert await provider.count_tokens(prompt) == 7
    assert [turn["parts"][0]["text"] for turn in vendor.requests[0].json["contents"]] == ["Be brief.", HELLO.text]
    assert await provider.models() == (NAME, "gemini-embedding-001")
    assert (await provider.health()).state == "healthy"
    assert vendor.requests[-1].path == f"/v1beta/models/{NAME}"
    assert vendor.connections == 1


@pytest.mark.parametrize("name", ["gemini-embedding-001", "gemini-embedding-2"])
async def test_each_text_becomes_a_vector(google: Make, vendor: Vendor, name: str) -> None:
    texts = tuple("x" * (number % 7 + 1) for number in range(150))
    found = await google(model_name=name).embed(EmbedRequest(texts=texts, dimensions=2))
    assert found is not None
    assert [vector[0] for vector in found.vectors] == [len(text) for text in texts]
    assert found.usage is not None
    assert found.usage.estimated
    assert [len(request.json["requests"]) for request in vendor.requests] == [100, 50]
    assert vendor.requests[0].json["requests"][0]["outputDimensionality"] == 2


async def test_a_stream_that_is_left_closes_its_connection_before_anything_else_happens(
    google: Make, vendor: Vendor
) -> None:
    vendor.will(streamed([said("Hi", finish=None)], then="hang"))
    stream: Any = google().stream(HELLO)
    kept = await anext(stream)  # and the SDK's own generators stay referenced by nobody but the stream
    assert kept.text == "Hi"
    await stream.aclose()
    assert await asyncio.to_thread(vendor.left.wait, 10)


async def test_an_answer_is_whole_though_the_server_does_not_hang_up(google: Make, vendor: Vendor) -> None:
    vendor.will(streamed([said("Hi", finish=None), said("")], then="hang"))
    reply = Reply.from_chunks([chunk async for chunk in google().stream(HELLO)])
    assert (reply.text, reply.finish) == ("Hi", "stop")
    assert await asyncio.to_thread(vendor.left.wait, 10), "the connection was not given up"


async def test_it_can_tell_what_it_cannot_do(google: Make) -> None:
    assert "tools" in (google().capabilities().names or ())
    assert google(model_name="gemini-embedding-001").capabilities().names == frozenset({"embed"})
    assert google(model_name="gemma-3-27b-it").capabilities().names is None


async def test_models_are_discovered_by_a_key(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "VENDOR", vendor.url)
    assert await GoogleProvider.discover() == ()
    assert vendor.connections == 0, "without a key nobody is asked"
    monkeypatch.setenv("GEMINI_API_KEY", "g-env")
    assert await GoogleProvider.discover() == (Model(id=NAME, provider="google", model_name=NAME),)
    assert vendor.requests[0].headers["x-goog-api-key"] == "g-env"


@pytest.mark.parametrize("fault", [hang, BAD_KEY, OVERLOADED, raw(b"SSH-2.0-x\r\n")])
async def test_a_vendor_that_does_not_answer_well_is_not_discovered(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    monkeypatch.setattr(settings, "VENDOR", vendor.url)
    monkeypatch.setattr("aurarouter_google.provider.DISCOVERY", 0.2)
    monkeypatch.setenv("GOOGLE_API_KEY", "g-env")
    vendor.will(fault)
    assert await GoogleProvider.discover() == ()
    assert len(vendor.requests) == 1


def test_the_sdk_is_imported_with_the_first_prompt_alone() -> None:
    code = (
        "import sys, aurarouter_google\n"
        "from aurarouter_hooks import Model\n"
        "kind = aurarouter_google.register_providers()['google']\n"
        "kind(Model(id='gemini', provider='google')).capabilities()\n"
        "print(sorted({'google.genai', 'httpx2', 'pydantic'} & set(sys.modules)))"
    )
    path = {"PYTHONPATH": ":".join(sys.path)}
    found = subprocess.run([sys.executable, "-c", code], env=path, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


async def test_without_the_sdk_it_says_what_to_install(google: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aurarouter_google.transport", None)
    provider = google()
    with pytest.raises(ProviderUnavailableError, match="cannot be imported") as caught:
        await provider.generate(HELLO)
    assert "google-genai" in caught.value.hint

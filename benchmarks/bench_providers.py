"""What a provider adds to the client that it stands on: the same prompt, whole and streamed, to an instant server."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from measure import Report, arguments

from aurarouter_core import Plugins
from aurarouter_hooks import Model, Prompt, Provider, Secret

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "peers"))  # the dialects of the instant server

import anthropic_dialect as anthropic
import gemini_dialect as gemini
import llama_dialect as llama
import ollama_faults as ollama
from fault_server import FaultServer
from faults import Fault, well

ROUNDS, REQUESTS = 21, 20  # turns, and requests in a turn
ASK = "Say hello to Ada."
MESSAGES: list[Any] = [{"role": "user", "content": ASK}]
Use = Callable[[], Awaitable[object]]


def main() -> None:
    title = "Providers and their bare clients against an instant server on loopback, one request after another"
    options = arguments(title).parse_args()
    report = Report(title, "the bare client, whole or streamed alike, in the same run")
    with asyncio.Runner() as runner:
        for measured in (openapi, llamacpp_server, ollama_, claude, google):
            runner.run(measured(report))
    report.finish(options.json)


async def openapi(report: Report) -> None:
    """Beside httpx over the same transport."""
    from httpx_aiohttp import HttpxAiohttpClient

    with serving(well) as url:
        async with HttpxAiohttpClient(base_url=url) as client:
            body = {"model": "mine", "messages": MESSAGES}
            await compare(report, "openapi", "httpx", url, **httpx_uses(client, "/v1/chat/completions", body))


async def llamacpp_server(report: Report) -> None:
    """Beside httpx; the provider asks for the model's chat format first, which is a request of its own."""
    from httpx_aiohttp import HttpxAiohttpClient

    with serving(llama.Pretender()) as url:
        async with HttpxAiohttpClient(base_url=url) as client:
            uses = httpx_uses(client, "/completion", {"prompt": ASK})
            await compare(report, "llamacpp-server", "httpx", url, stream=uses["stream"])


async def ollama_(report: Report) -> None:
    """Beside Ollama's own client."""
    from ollama import AsyncClient

    with serving(ollama.ollama()) as url:
        client = AsyncClient(host=url)

        async def stream() -> None:
            async for _ in await client.chat("mine", messages=MESSAGES, stream=True):
                pass

        await compare(
            report, "ollama", "ollama", url, generate=lambda: client.chat("mine", messages=MESSAGES), stream=stream
        )
        await client._client.aclose()


async def claude(report: Report) -> None:
    """Beside the SDK. The provider's whole answers are streams, too, so there is nothing else to compare."""
    from anthropic import AsyncAnthropic

    with serving(anthropic.claude) as url:
        async with AsyncAnthropic(base_url=url, api_key="sk", max_retries=0) as client:

            async def stream() -> None:
                async for _ in await client.messages.create(
                    model="mine", max_tokens=16, messages=MESSAGES, stream=True
                ):
                    pass

            await compare(report, "claude", "anthropic", url, stream=stream)


async def google(report: Report) -> None:
    """Beside the SDK."""
    from google.genai import Client
    from google.genai.types import HttpOptions

    with serving(gemini.gemini) as url:
        client = Client(api_key="sk", http_options=HttpOptions(base_url=url, api_version="v1beta"))

        async def stream() -> None:
            async for _ in await client.aio.models.generate_content_stream(model="mine", contents=ASK):
                pass

        whole = lambda: client.aio.models.generate_content(model="mine", contents=ASK)  # noqa: E731
        await compare(report, "google", "google-genai", url, generate=whole, stream=stream)
        await client.aio.aclose()


def httpx_uses(client: Any, path: str, body: dict[str, Any]) -> dict[str, Use]:
    """A whole answer and a stream, as read by hand."""

    async def generate() -> object:
        return (await client.post(path, json=body)).json()

    async def stream() -> None:
        async with client.stream("POST", path, json=body | {"stream": True}) as response:
            async for line in response.aiter_lines():
                if line.startswith("data: {"):
                    json.loads(line[6:])

    return {"generate": generate, "stream": stream}


def serving(fault: Fault) -> Any:
    """A server that answers at once, in a thread of its own."""
    from contextlib import contextmanager

    @contextmanager
    def server() -> Any:
        with FaultServer() as running:
            running.always(fault)
            yield running.url

    return server()


async def compare(report: Report, name: str, client: str, url: str, **bare: Use) -> None:
    """Median milliseconds of the provider and of its client; they take turns."""
    settings = Model(id="mine", provider=name, endpoint=url, api_key=Secret("sk"), model_name="mine")
    provider: Provider = Plugins().providers[name](settings)
    prompt = Prompt.of(ASK)

    async def stream() -> None:
        async for _ in provider.stream(prompt):
            pass

    ours: dict[str, Use] = {"generate": lambda: provider.generate(prompt), "stream": stream}
    try:
        for use, theirs in bare.items():
            turns: dict[str, list[float]] = {client: [], name: []}
            for round_ in range(ROUNDS + 1):
                for who, ask in ((client, theirs), (name, ours[use])):
                    began = perf_counter()
                    for _ in range(REQUESTS):
                        await ask()
                    if round_:  # the first warms up
                        turns[who].append((perf_counter() - began) / REQUESTS * 1e3)
            one = median(turns[client])
            report.add(f"{use}: {client}", one, "ms", against=one)
            report.add(f"{use}: the {name} provider", median(turns[name]), "ms", against=one)
    finally:
        await provider.aclose()


if __name__ == "__main__":
    main()

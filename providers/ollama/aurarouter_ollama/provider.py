"""The provider: one model on one or more Ollama servers."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from typing import Any

from aurarouter_hooks import (
    Capabilities,
    Chunk,
    Embeddings,
    EmbedRequest,
    Health,
    Location,
    Model,
    Prompt,
    Provider,
    ProviderError,
    Reply,
    Usage,
)
from aurarouter_hooks.http import resolve
from aurarouter_ollama import address, state
from aurarouter_ollama.answer import Answer, embeddings
from aurarouter_ollama.request import chat, settings
from aurarouter_ollama.servers import Servers

log = logging.getLogger(__name__)

CHAT = "/api/chat"
DISCOVERY = 0.9  # seconds for each server that `discover` asks; all are asked at once
_CAN = {"tools": "tools", "vision": "vision", "thinking": "reasoning", "embedding": "embed"}


class OllamaProvider(Provider):
    """One model behind `POST …/api/chat`.

    Options: `keep_alive`, `think`, `truncate`, `shift` and `relay`; every other is one of Ollama's (`num_ctx` …).

    Raises:
        ConfigError: An endpoint is no HTTP address.
    """

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        self._servers = Servers(model)
        self._shown: Mapping[str, Any] = {}
        self._waiting = 0

    async def generate(self, prompt: Prompt) -> Reply:
        """One request, one whole answer."""
        body = chat(self.model, prompt, stream=False)
        reading = self._reading(body)
        with self._may_load():
            answer = await self._servers.fetch("POST", CHAT, body=body, prompt=prompt)
        return Reply.from_chunks([reading.piece(*answer), reading.end()])

    async def stream(self, prompt: Prompt) -> AsyncIterator[Chunk]:
        """One request, an answer in pieces. The last piece alone says how it finished."""
        body = chat(self.model, prompt, stream=True)
        reading = self._reading(body)
        async with aclosing(self._servers.stream(CHAT, body, prompt)) as answers:
            with self._may_load():
                answer = await anext(answers, None)
            while answer is not None:
                piece = reading.piece(*answer)
                if piece.has_content or piece.logprobs:
                    yield piece
                answer = await anext(answers, None)
        yield reading.end()

    async def embed(self, request: EmbedRequest) -> Embeddings:
        """A vector for each text, by `POST …/api/embed`."""
        body = {"model": self.model.name, "input": list(request.texts), **settings(self.model, {})}
        if request.dimensions is not None:
            body["dimensions"] = request.dimensions
        prompt = Prompt(
            messages=(),
            private=request.private,
            location=request.location,
            trace_context=request.trace_context,
        )
        with self._may_load():
            answer, request_id = await self._servers.fetch("POST", "/api/embed", body=body, prompt=prompt)
        vectors = embeddings(answer, len(request.texts))
        counted = answer.get("prompt_eval_count")
        return Embeddings(
            vectors=vectors,
            usage=Usage(input_tokens=counted) if type(counted) is int else None,
            model_name=str(answer.get("model") or ""),
            request_id=request_id,
        )

    async def models(self) -> Sequence[str]:
        """What `GET …/api/tags` lists."""
        answer, _ = await self._servers.fetch("GET", "/api/tags", patience=state.GLANCE)
        return tuple(state.listed(answer))

    async def health(self) -> Health:
        """Healthy in memory, cold on disk, loading while a request waits for it, misconfigured when it isn't there."""
        try:
            self._shown = await state.show(self._servers, self.model.name)
            return await state.well(self._servers, self.model.name, self._shown, waiting=self._waiting > 0)
        except ProviderError as exc:
            return state.ill(exc)

    async def where(self) -> Location:
        """On this machine when a server on loopback names the model's file and that file is on this disk."""
        return await self._servers.locate()

    def capabilities(self) -> Capabilities:
        """What the server said of the model when it was last asked how it is; before that, unknown."""
        length = {**self.model.options, **self.model.parameters}.get("num_ctx")
        said = self._shown.get("capabilities")
        names = None
        if isinstance(said, list):
            names = frozenset({"stream", "json_schema", "logprobs"} if "completion" in said else ())
            names |= {_CAN[name] for name in said if name in _CAN}
        return Capabilities(names=names, context_length=length if type(length) is int else None)

    async def load(self) -> None:
        """Bring the model into the server's memory."""
        body = {"model": self.model.name, **settings(self.model, {}), "stream": False}
        with self._may_load():
            await self._servers.fetch("POST", "/api/generate", body=body)

    async def unload(self) -> None:
        """Have the server drop the model from its memory."""
        body = {"model": self.model.name, "keep_alive": 0, "stream": False}
        await self._servers.fetch("POST", "/api/generate", body=body)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._servers.aclose()

    @classmethod
    async def discover(cls) -> Sequence[Model]:
        """What an Ollama server on this machine offers, and Ollama's own service when there is a key for it."""
        places = [address.on_this_machine()]
        if address.key(Model(id="", provider="ollama"), address.CLOUD):
            places.append(address.CLOUD)
        found: dict[str, Model] = {}
        for endpoint, names in zip(places, await asyncio.gather(*(_offered(place) for place in places)), strict=True):
            for name in names:
                short = re.sub(r"[^\w.-]+", "-", name.removesuffix(":latest")).strip("-")
                while short in found:
                    short += "-2"
                found[short] = Model(id=short, provider="ollama", model_name=name, endpoint=endpoint)
        return tuple(found.values())

    def _reading(self, body: Mapping[str, Any]) -> Answer:
        sent = sum(len(turn["content"]) for turn in body["messages"])
        return Answer(self.model.provider, self.model.id, sent)

    @contextmanager
    def _may_load(self) -> Iterator[None]:
        """Until something comes, the server may still be loading the model."""
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1


async def _offered(endpoint: str) -> Sequence[str]:
    """The models of a server; none when it doesn't say so at once. This machine is never asked through a proxy."""
    servers = Servers(Model(id="discover", provider="ollama", endpoint=endpoint))
    try:
        async with asyncio.timeout(DISCOVERY):
            location = await resolve(endpoint)
            direct = Prompt(messages=(), private=location.kind == "loopback", location=location)
            answer, _ = await servers.fetch("GET", "/api/tags", prompt=direct)
            return state.listed(answer)
    except (ProviderError, TimeoutError) as exc:
        log.debug("no Ollama models were found: %s", exc)
        return ()
    finally:
        await servers.aclose()

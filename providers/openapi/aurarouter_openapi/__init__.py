"""Reaches every server that speaks the OpenAI API: vLLM, LocalAI, LM Studio, llama.cpp, hosted services."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, TypeVar
from urllib.parse import urlsplit

from attrs import evolve

from aurarouter_hooks import (
    Chunk,
    ConfigError,
    Embeddings,
    EmbedRequest,
    Health,
    Location,
    Model,
    Prompt,
    Provider,
    ProviderError,
    ProviderReplyError,
    ProviderUnavailableError,
    Reply,
    hookimpl,
)
from aurarouter_hooks.endpoints import fault
from aurarouter_hooks.http import Backend, resolve
from aurarouter_hooks.http_errors import health_of
from aurarouter_openapi import request
from aurarouter_openapi.answer import chunk, embeddings
from aurarouter_openapi.calls import Calls

T = TypeVar("T")
log = logging.getLogger(__name__)
CHAT = "/chat/completions"
DONE = "[DONE]"  # the data of a stream's last event
REST = 2.0  # seconds for what follows the reason why an answer finished: its usage, and `DONE`
GLANCE = 10.0  # seconds of silence to bear from a server that is only asked how it is


class OpenApiProvider(Provider):
    """One model behind `POST …/chat/completions`.

    Options: `stream_usage: false` for a server that refuses `stream_options`.

    Raises:
        ConfigError: The model has no endpoint, or one that is no HTTP address.
    """

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        if what := fault(model.endpoint) if model.endpoint else "is missing":
            raise ConfigError(
                "the model has no usable endpoint",
                problems=[f"models.{model.id}.endpoint: {what}"],
                hint="Write the address of the server, as http://127.0.0.1:8080/v1.",
            )
        key = model.api_key.reveal().strip() if model.api_key else ""
        self._backend = Backend(model, _base(model.endpoint), {"Authorization": f"Bearer {key}"} if key else {})

    async def generate(self, prompt: Prompt) -> Reply:
        """One request, one whole answer."""
        answer, request_id = await self._backend.fetch(
            "POST", CHAT, body=request.body(prompt, self.model), prompt=prompt
        )
        said = self._chunk(answer, "message", Calls(), request_id)
        if not answer.get("choices"):
            raise ProviderReplyError(
                f"the answer of {self._backend.origin} holds no choice", hint="Check that it is a chat model."
            )
        return Reply.from_chunks([evolve(said, finish=said.finish or "other")])

    async def stream(self, prompt: Prompt) -> AsyncIterator[Chunk]:
        """One request, an answer in pieces. The last piece alone says how it finished."""
        body = request.body(prompt, self.model) | {"stream": True}
        if self.model.options.get("stream_usage", True):
            body["stream_options"] = {"include_usage": True}
        last, finish, usage, stopped, whole = Chunk(), None, None, "", False
        calls, rest = Calls(), None
        try:
            async with self._backend.send("POST", CHAT, body=body, prompt=prompt) as response:
                request_id = response.headers.get("x-request-id", "")
                async with aclosing(self._backend.events(response, last=DONE)) as events:
                    while (event := await _next(events, rest)) is not None:
                        data = event.data
                        if data == DONE:
                            whole = True
                        elif data:
                            last = self._chunk(self._backend.document(data, event.event), "delta", calls, request_id)
                            finish, usage = last.finish or finish, last.usage or usage
                            stopped = last.stop_sequence or stopped
                            if finish and rest is None:
                                rest = asyncio.get_running_loop().time() + REST
                            if last.has_content or last.logprobs:
                                yield evolve(last, finish=None, usage=None) if last.finish or last.usage else last
        except ProviderUnavailableError as exc:
            if not whole and finish is None:
                raise
            log.info("nothing of the answer was lost, but: %s", exc)
        if not whole and finish is None:
            raise ProviderUnavailableError(
                f"the stream from {self._backend.origin} ended early, before the answer was complete",
                hint="Look into the server's log: it may have crashed or been restarted.",
            )
        yield Chunk(
            finish=finish or "other",
            usage=usage,
            request_id=last.request_id,
            model_name=last.model_name,
            stop_sequence=stopped,
        )

    async def embed(self, request: EmbedRequest) -> Embeddings:
        """A vector for each text, by `POST …/embeddings`."""
        body: dict[str, Any] = {"model": self.model.name, "input": list(request.texts), "encoding_format": "float"}
        if request.dimensions is not None:
            body["dimensions"] = request.dimensions
        prompt = Prompt(
            messages=(), private=request.private, location=request.location, trace_context=request.trace_context
        )
        answer, request_id = await self._backend.fetch("POST", "/embeddings", body=body, prompt=prompt)
        return embeddings(answer, len(request.texts), request_id, self._backend.origin)

    async def models(self) -> Sequence[str]:
        """What `GET …/models` lists."""
        answer, _ = await self._backend.fetch("GET", "/models", patience=GLANCE)
        try:
            return tuple(str(entry["id"]) for entry in answer["data"])
        except (KeyError, TypeError) as exc:
            raise ProviderReplyError(f"the list of models of {self._backend.origin} cannot be read") from exc

    async def health(self) -> Health:
        """Whether it lists its models. A server without such a list is neither well nor ill: unknown."""
        try:
            await self.models()
        except ProviderError as exc:
            return health_of(exc)
        return Health(state="healthy")

    async def where(self) -> Location:
        """Where the endpoint's name points now. What answers there may pass the prompt on, so it is a relay."""
        return evolve(await resolve(self.model.endpoint), relay=True)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._backend.aclose()

    @classmethod
    async def discover(cls) -> Sequence[Model]:
        """What answers on this machine at the ports of well-known servers, and what OPENAI_API_KEY reaches."""
        from aurarouter_openapi.discovery import discovered

        return await discovered()

    def _chunk(self, answer: Mapping[str, Any], field: str, calls: Calls, request_id: str) -> Chunk:
        return chunk(answer, field, calls, request_id=request_id, model=self.model, origin=self._backend.origin)


async def _next(events: AsyncGenerator[T], end: float | None) -> T | None:
    """The next event; None when there is none, or none until `end`: some servers never hang up after an answer."""
    if end is None:
        return await anext(events, None)
    try:
        async with asyncio.timeout_at(end):
            return await anext(events, None)
    except TimeoutError:
        return None


def _base(endpoint: str) -> str:
    """The URL up to `/v1`: a bare host gets it, a path that was given stays, a trailing /chat/completions goes."""
    try:
        url = urlsplit(endpoint.strip())
    except ValueError:
        return endpoint  # the first request says what is wrong with it
    path = url.path.rstrip("/")
    return url._replace(path=path.removesuffix(CHAT) if path else "/v1", fragment="").geturl()


@hookimpl
def register_providers() -> Mapping[str, type[Provider]]:
    """The name that stands behind `provider:` in the configuration."""
    return {"openapi": OpenApiProvider}

"""The provider: prompts for llama.cpp's own server, somebody else's or ours."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any

from attrs import evolve, frozen

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
    ProviderReplyError,
    ProviderUnavailableError,
    Reply,
    Residency,
)
from aurarouter_hooks.http import Backend
from aurarouter_llamacpp_server import chat, native
from aurarouter_llamacpp_server.embeddings import embeddings
from aurarouter_llamacpp_server.endpoint import GLANCE, Endpoint, Server, facts_of
from aurarouter_llamacpp_server.facts import Facts
from aurarouter_llamacpp_server.messages import has_images, messages, tools
from aurarouter_llamacpp_server.options import Options
from aurarouter_llamacpp_server.owned import Owned


@frozen
class _Use:
    """A server that is ready for one prompt, and that prompt as it may travel there."""

    backend: Backend
    facts: Facts
    prompt: Prompt


class LlamaServerProvider(Provider):
    """One model behind a llama.cpp server: the one at `endpoint`, else one of our own for the file at `model_path`.

    Raises:
        ConfigError: The endpoint or an option can't be used.
    """

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        self._options = Options.of(model)
        self._server: Server = Endpoint(model) if model.endpoint else Owned(model, self._options)
        self._uses = 0
        self._idle = asyncio.Event()
        self._closed = False

    @classmethod
    def residency(cls, model: Model) -> Residency | None:
        """What a server of our own will hold; somebody else's is not ours to count."""
        if model.endpoint:
            return None
        options = Options.of(model)
        return Residency(context=options.n_ctx, slots=options.n_parallel)

    async def generate(self, prompt: Prompt) -> Reply:
        """The pieces of a stream, put together: of a client that leaves, the server takes notice only in a stream."""
        async with aclosing(self.stream(prompt)) as chunks:
            return Reply.from_chunks([chunk async for chunk in chunks])

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Chunk, None]:
        """An answer in pieces. Closing it early stops the server's work. Starts our own server if need be."""
        seen: list[Chunk] = []
        async with self._use(prompt) as use:
            dialect, body = await self._request(use)
            last = Chunk()
            async with (
                use.backend.send("POST", dialect.PATH, body=body, prompt=use.prompt) as response,
                aclosing(use.backend.events(response, last=dialect.LAST)) as events,
            ):
                async for event in events:
                    if not event.data or event.data == dialect.LAST:
                        continue
                    piece = dialect.chunk(use.backend.document(event.data))
                    last = evolve(piece, finish=piece.finish or last.finish, usage=piece.usage or last.usage)
                    if prompt.response_schema is not None:
                        seen.append(piece)
                    if piece.has_content or piece.logprobs:
                        yield evolve(piece, finish=None, usage=None)
                    if piece.finish and not dialect.LAST:
                        break
            if last.finish is None:
                raise ProviderUnavailableError(
                    f"the stream from {use.backend.origin} ended early, before the answer was complete",
                    hint="Look into the server's log: it may have crashed or been restarted.",
                )
        if seen:
            _keeps_to_schema(prompt, Reply.from_chunks([*seen, Chunk(finish=last.finish)]))
        yield Chunk(finish=last.finish, usage=last.usage, request_id=last.request_id, model_name=last.model_name)

    async def count_tokens(self, prompt: Prompt) -> int | None:
        """Tokens of the prompt in the model's own chat format; None for images."""
        if has_images(prompt):
            return None
        async with self._use(prompt) as use:
            body = {"content": await self._text(use), "add_special": True, "parse_special": True}
            answer, _ = await use.backend.fetch("POST", "/tokenize", body=body, prompt=use.prompt)
        if not isinstance(answer.get("tokens"), list):
            raise ProviderReplyError("the server's list of tokens can't be read")
        return len(answer["tokens"])

    async def embed(self, request: EmbedRequest) -> Embeddings | None:
        """A vector for each text; None from a server of our own that was not started for it (option `embed`)."""
        if not self.model.endpoint and not self._options.embed:
            return None
        prompt = Prompt(
            messages=(), private=request.private, location=request.location, trace_context=request.trace_context
        )
        async with self._use(prompt) as use:
            body = {"input": list(request.texts), "model": self.model.name, "encoding_format": "float"}
            answer, request_id = await use.backend.fetch("POST", "/v1/embeddings", body=body, prompt=use.prompt)
        return embeddings(answer, request, request_id)

    async def models(self) -> Sequence[str]:
        """What the server lists; nothing while our own isn't running."""
        if isinstance(self._server, Owned) and not self._server.running:
            return ()
        async with self._use(Prompt(messages=())) as use:
            answer, _ = await use.backend.fetch("GET", "/v1/models", prompt=use.prompt, patience=GLANCE)
        try:
            return tuple(str(entry["id"]) for entry in answer["data"])
        except (KeyError, TypeError) as exc:
            raise ProviderReplyError(f"the list of models of {use.backend.origin} cannot be read") from exc

    async def health(self) -> Health:
        """What `/health` says and whether the key is right; of our own server also cold, loading, and why it ended."""
        return await self._server.health()

    async def where(self) -> Location:
        """A configured endpoint is a relay; a server of our own runs on this machine and is none."""
        return await self._server.where()

    def capabilities(self) -> Capabilities:
        """What the server said of its model, once it was asked; before that, what it may be able to do."""
        facts = self._server.facts or Facts(context_length=None if self.model.endpoint else self._options.n_ctx)
        may = {"tools": facts.tools is not False, "vision": facts.vision, "reasoning": facts.thinks}
        may["embed"] = self._options.embed or bool(self.model.endpoint)
        names = {"stream", "json_schema", "logprobs", *(name for name, can in may.items() if can)}
        return Capabilities(names=frozenset(names), context_length=facts.context_length)

    async def load(self) -> None:
        """Start our own server now instead of with the first prompt; one that somebody else runs is left alone."""
        if not self.model.endpoint:
            async with self._use(Prompt(messages=())):
                pass

    async def unload(self) -> None:
        """End our own server after the prompts that it is answering. The next prompt starts it again."""
        while self._uses:
            self._idle.clear()
            await self._idle.wait()
        await self._server.stop()

    def loaded(self) -> bool:
        """A server of our own is there, or about to be."""
        return isinstance(self._server, Owned) and (self._server.alive or bool(self._uses))

    async def aclose(self) -> None:
        """End our own server now, and with it what it is answering; close every connection."""
        self._closed = True
        await self._server.stop()

    @classmethod
    async def discover(cls) -> Sequence[Model]:
        """A model for each llama.cpp server on this machine that needs no key; see `discover.PORTS`."""
        from aurarouter_llamacpp_server.discover import servers

        return tuple(await servers())

    @asynccontextmanager
    async def _use(self, prompt: Prompt) -> AsyncIterator[_Use]:
        if self._closed:
            raise ProviderUnavailableError("the model is closed")
        self._uses += 1
        try:
            backend = await self._server.backend()
            prompt = self._server.addressed(prompt)
            try:
                if self._server.facts is None:
                    self._server.facts = await facts_of(backend, prompt)
                yield _Use(backend, self._server.facts, prompt)
            except ProviderError as exc:
                better = await self._server.explained(exc, backend)
                if better is exc:
                    raise
                raise better from exc
        finally:
            self._uses -= 1
            if not self._uses:
                self._idle.set()

    async def _request(self, use: _Use) -> tuple[Any, dict[str, Any]]:
        """The dialect that this prompt needs, and the request in it."""
        prompt, facts = use.prompt, use.facts
        if prompt.tools and prompt.tool_choice != "none" and facts.tools is False:
            raise ProviderReplyError(
                "the chat template of this model knows no tools, so the server would leave them out",
                refused=True,
                hint="Choose a model whose capabilities list 'tools'.",
            )
        if prompt.tools or has_images(prompt) or facts.thinks:
            return chat, chat.body(prompt, self.model.name)
        return native, native.body(prompt, await self._text(use)) | {"model": self.model.name}

    async def _text(self, use: _Use) -> str:
        """The prompt in the model's own chat format."""
        body = {"messages": messages(use.prompt), "model": self.model.name, **tools(use.prompt)}
        if "chat_template_kwargs" in use.prompt.parameters:
            body["chat_template_kwargs"] = use.prompt.parameters["chat_template_kwargs"]
        answer, _ = await use.backend.fetch("POST", "/apply-template", body=body, prompt=use.prompt)
        if not isinstance(answer.get("prompt"), str):
            raise ProviderReplyError("the server's chat template gave no prompt")
        return str(answer["prompt"])


def _keeps_to_schema(prompt: Prompt, reply: Reply) -> None:
    """Some builds leave a schema out when they can't keep it, and say nothing."""
    if prompt.response_schema is None or reply.finish != "stop":
        return
    try:
        json.loads(reply.text)
    except (ValueError, RecursionError) as exc:
        raise ProviderReplyError(
            "the server did not keep to the response schema", hint="Use a simpler schema, or another model."
        ) from exc

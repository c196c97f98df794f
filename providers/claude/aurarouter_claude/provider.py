"""The provider: one model behind `POST …/v1/messages`."""

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any, cast

from attrs import evolve

from aurarouter_claude import access
from aurarouter_claude.answer import Answer
from aurarouter_claude.client import load, make, timeout
from aurarouter_claude.request import betas, body, counted
from aurarouter_hooks import (
    Capabilities,
    Chunk,
    Health,
    Location,
    Model,
    Prompt,
    Provider,
    ProviderError,
    ProviderReplyError,
    ProviderUnavailableError,
    Reply,
    Secret,
)
from aurarouter_hooks.http_errors import health_of, origin, short
from aurarouter_hooks.location import resolve

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic, AsyncStream
    from anthropic.types import RawMessageStreamEvent

GLANCE = 10.0  # seconds of silence to bear from a server that is only asked how it is
VENDOR_CAN = frozenset({"stream", "tools", "vision", "json_schema", "reasoning"})


class ClaudeProvider(Provider):
    """One model of Anthropic's, or of a server that speaks its API.

    Options: `api_version`, the `anthropic-version` to ask for instead of the SDK's; `sampling`, whether `temperature`,
    `top_p` and `top_k` are sent (by default to every server but the vendor's, which refuses them).

    Raises:
        ConfigError: The endpoint is no HTTP address, or holds more than one.
    """

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        access.check(model)
        self._clients: dict[bool, AsyncAnthropic] = {}  # private or not → client
        self._access: access.Access | None = None

    async def generate(self, prompt: Prompt) -> Reply:
        """The pieces of the stream, put together: so a long answer meets no limit of time on the way."""
        return Reply.from_chunks([chunk async for chunk in self.stream(prompt)])

    async def stream(self, prompt: Prompt) -> AsyncIterator[Chunk]:
        """One request, an answer in pieces. The last piece alone says how it finished."""
        from aurarouter_claude.failure import translated

        stream = await self._send(prompt)
        headers = stream.response.headers
        asked = sum(len(message.text) for message in prompt.messages)
        answer = Answer(self.model, headers.get("request-id", ""), asked)
        try:
            self._expect_events(headers.get("content-type", ""))
            with translated(self._url, self._key):
                async for event in stream:
                    for chunk in answer.pieces(event):
                        yield chunk
        except ProviderUnavailableError:
            if not answer.whole and answer.finish is None:  # else nothing of the answer was lost
                raise
        finally:
            await stream.close()
        if not answer.whole and answer.finish is None:
            raise ProviderUnavailableError(
                f"the stream from {self._place} ended early, before the answer was complete",
                hint="Try again; when it happens often, look at the server's log or the vendor's status page.",
            )
        yield answer.last()

    async def models(self) -> Sequence[str]:
        """What `GET …/v1/models` lists, newest first; at most a thousand."""
        from aurarouter_claude.failure import translated

        client = await self._client(private=False)
        with translated(self._url, self._key):
            page = await client.models.list(limit=1000, timeout=timeout(self.model, GLANCE))
            names = tuple(entry.id for entry in page.data)
            if not all(isinstance(name, str) for name in names):
                raise TypeError("a model without a name")
            return names

    async def health(self) -> Health:
        """Whether it lists its models. A server without such a list is neither well nor ill: unknown."""
        try:
            await self.models()
        except ProviderError as exc:
            return health_of(exc)
        return Health(state="healthy")

    async def count_tokens(self, prompt: Prompt) -> int | None:
        """What `POST …/v1/messages/count_tokens` says, which costs nothing; None where the server hasn't got it."""
        client = await self._client(private=prompt.private)
        from anthropic import NotFoundError

        from aurarouter_claude.failure import translated
        from aurarouter_claude.transport import confined

        rest = counted(self._body(prompt))
        asked = {"messages": rest.pop("messages"), "model": rest.pop("model"), "extra_body": rest}
        with confined(prompt, self._place), translated(self._url, self._key):
            try:
                found = await client.messages.count_tokens(
                    **asked, extra_headers=betas(prompt), timeout=timeout(self.model, GLANCE)
                )
            except NotFoundError:
                return None
            return int(found.input_tokens)

    async def where(self) -> Location:
        """Where the endpoint's name points now. What answers there may pass the prompt on, so it is a relay."""
        return evolve(await resolve(access.endpoint(self.model)), relay=True)

    def capabilities(self) -> Capabilities:
        """What each of the vendor's models can do; unknown for another server."""
        vendor = access.endpoint(self.model) == access.VENDOR
        return Capabilities(names=VENDOR_CAN if vendor else None)

    async def load(self) -> None:
        """Import the SDK, which takes seconds, so that the first prompt needn't wait for it."""
        await load()

    async def aclose(self) -> None:
        """Close every connection."""
        while self._clients:
            _, client = self._clients.popitem()
            await client.close()

    @classmethod
    async def discover(cls) -> Sequence[Model]:
        """The newest models that a key in the environment may use; none without a key, or when nothing answers."""
        from aurarouter_claude.discovery import discovered

        return await discovered()

    async def _send(self, prompt: Prompt) -> "AsyncStream[RawMessageStreamEvent]":
        """The request, once its answer has begun and is a success."""
        client = await self._client(private=prompt.private)
        from aurarouter_claude.failure import translated
        from aurarouter_claude.transport import confined

        rest = self._body(prompt)
        asked = {name: rest.pop(name) for name in ("messages", "model", "max_tokens")}
        context = prompt.trace_context
        headers = betas(prompt) | (context.headers(self._url, private=prompt.private) if context else {})
        with confined(prompt, self._place), translated(self._url, self._key, sending=True):
            return cast(
                "AsyncStream[RawMessageStreamEvent]",
                await client.messages.create(**asked, stream=True, extra_headers=headers, extra_body=rest),
            )

    async def _client(self, *, private: bool) -> "AsyncAnthropic":
        """Made on first use.

        Raises:
            ProviderAuthError: There is no key. Nothing was sent.
        """
        if private not in self._clients:
            await load("httpx2")
            found = access.access(self.model)
            await load()
            if private not in self._clients:  # another task may have been faster
                self._access, self._clients[private] = found, make(self.model, found, private=private)
        return self._clients[private]

    def _body(self, prompt: Prompt) -> dict[str, Any]:
        vendor = self._access is not None and self._access.vendor
        return body(prompt, self.model, sampling=bool(self.model.options.get("sampling", not vendor)))

    def _expect_events(self, kind: str) -> None:
        if kind.partition(";")[0].strip().lower() != "text/event-stream":
            raise ProviderReplyError(
                f"{self._place} sent {short(kind) or 'something unnamed'} instead of a stream",
                hint="Check that the endpoint is right and that this server can stream.",
            )

    @property
    def _url(self) -> str:
        return self._access.url if self._access else access.endpoint(self.model)

    @property
    def _key(self) -> Secret | None:
        return self._access.key if self._access else self.model.api_key

    @property
    def _place(self) -> str:
        return origin(self._url)

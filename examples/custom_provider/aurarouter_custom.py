"""Reaches a server that answers `POST /talk` with events: {"text": …} for each piece, then {"tokens": [in, out]}."""

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing

from attrs import evolve

from aurarouter_hooks import (
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
    Usage,
    hookimpl,
)
from aurarouter_hooks.http import Backend, resolve
from aurarouter_hooks.http_errors import health_of


class CustomProvider(Provider):
    """One model behind `POST /talk`."""

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        headers = {"Authorization": f"Bearer {model.api_key.reveal()}"} if model.api_key else {}
        self._backend = Backend(model, model.endpoint, headers)

    async def generate(self, prompt: Prompt) -> Reply:
        """The pieces of the stream, put together."""
        return Reply.from_chunks([chunk async for chunk in self.stream(prompt)])

    async def stream(self, prompt: Prompt) -> AsyncIterator[Chunk]:
        """A piece for each event; the last one says what was used."""
        messages = [{"role": message.role, "text": message.text} for message in prompt.messages]
        body = {**prompt.parameters, "model": self.model.name, "messages": messages}
        async with (
            self._backend.send("POST", "/talk", body=body, prompt=prompt) as response,
            aclosing(self._backend.events(response)) as events,
        ):
            async for event in events:
                said = self._backend.document(event.data)
                try:
                    if "tokens" not in said:
                        yield Chunk(text=str(said["text"]))
                        continue
                    heard, wrote = said["tokens"]
                except (KeyError, TypeError, ValueError) as exc:
                    raise ProviderReplyError("the server said something that makes no sense") from exc
                yield Chunk(finish="stop", usage=Usage(input_tokens=heard, output_tokens=wrote))
                return
        raise ProviderUnavailableError("the stream ended early, before the answer was complete")

    async def health(self) -> Health:
        """What the server says."""
        try:
            await self._backend.fetch("GET", "/health")
        except ProviderError as exc:
            return health_of(exc)
        return Health(state="healthy")

    async def where(self) -> Location:
        """Where its name points now; it may pass a prompt on to others."""
        return evolve(await resolve(self.model.endpoint), relay=True)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._backend.aclose()


@hookimpl
def register_providers() -> Mapping[str, type[Provider]]:
    """The name that stands behind `provider:` in the configuration."""
    return {"custom": CustomProvider}

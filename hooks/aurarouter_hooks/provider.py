"""What a provider is: the code that reaches one configured model on one backend."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from aurarouter_hooks.values import (
    Capabilities,
    Chunk,
    Embeddings,
    EmbedRequest,
    Health,
    Location,
    Model,
    Prompt,
    Reply,
    Residency,
)


class Provider:
    """One configured model on one backend. Cheap to make; the first await may connect.

    Subclasses write `generate`; everything else has an honest default. Errors are translated at this edge into
    `ProviderError`s, always with `raise … from`. Cancelling an await stops the work at the backend.
    """

    def __init__(self, model: Model) -> None:
        self.model = model

    async def generate(self, prompt: Prompt) -> Reply:
        """Answer a prompt.

        Raises:
            ProviderError: The attempt failed; the chain may go on.
        """
        raise NotImplementedError(f"{type(self).__name__} must define generate()")

    async def stream(self, prompt: Prompt) -> AsyncIterator[Chunk]:
        """Answer in pieces, the last with `finish`. The default is one piece from `generate`.

        Raises:
            ProviderError: Before or between the pieces.
        """
        reply = await self.generate(prompt)
        if not isinstance(reply, Reply):
            raise TypeError(f"{type(self).__name__}.generate() must give a Reply, not {type(reply).__name__}")
        yield reply.as_chunk()

    async def health(self) -> Health:
        """How the backend is, without costing anything. Default: unknown."""
        return Health()

    async def models(self) -> Sequence[str]:
        """Names that the backend offers. Default: none known."""
        return ()

    async def where(self) -> Location:
        """Where this model runs, resolved now. Asked before every private attempt. Default: unknown, hence remote."""
        return Location()

    def capabilities(self) -> Capabilities:
        """What this model can do; no I/O. Default: unknown."""
        return Capabilities()

    async def count_tokens(self, prompt: Prompt) -> int | None:
        """Tokens of a prompt; None when the backend can't say."""
        return None

    async def embed(self, request: EmbedRequest) -> Embeddings | None:
        """A vector for each text; None when the model can't.

        Raises:
            ProviderError: The attempt failed.
        """
        return None

    async def load(self) -> None:
        """Make ready for the first prompt. Default: nothing to load."""

    async def unload(self) -> None:
        """Give memory back; the next prompt loads again. Default: nothing to unload."""

    def loaded(self) -> bool | None:
        """Whether it holds a model in memory, or is about to; no I/O. Default: unknown."""
        return None

    async def aclose(self) -> None:
        """Release everything. Called once; nothing is asked afterwards."""

    @classmethod
    def residency(cls, model: Model) -> Residency | None:
        """How it will hold the model's file in this machine's memory; no I/O. Default: it holds none.

        The kernel makes sure that there is room, and calls `unload` while nobody uses the model. The model comes with
        its header where it has one.

        Raises:
            ConfigError: An option can't be used.
        """
        return None

    @classmethod
    async def discover(cls) -> Sequence[Model]:
        """Models that this backend offers on loopback or through keys in the environment. Default: none.

        A key is given as a reference (`Secret("${env.NAME}")`), never as its value: it may be written to a file.
        """
        return ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.model.id!r}>"

"""Answers with the prompt itself. The smallest provider: copy this folder to start yours."""

from collections.abc import AsyncIterator, Mapping

from aurarouter_hooks import Capabilities, Chunk, Health, Location, Prompt, Provider, Reply, Usage, hookimpl


class EchoProvider(Provider):
    """Runs nowhere but here, costs nothing, and is always well."""

    async def generate(self, prompt: Prompt) -> Reply:
        """The last thing that the user said."""
        words = len(prompt.text.split())
        return Reply(text=prompt.text, usage=Usage(input_tokens=words, output_tokens=words, estimated=True))

    async def stream(self, prompt: Prompt) -> AsyncIterator[Chunk]:
        """The same, a line at a time. Leave this out and the kernel gets one piece from `generate`."""
        reply = await self.generate(prompt)
        for line in reply.text.splitlines(keepends=True):
            yield Chunk(text=line)
        yield Chunk(finish="stop", usage=reply.usage)

    async def health(self) -> Health:
        """Nothing can be wrong with it."""
        return Health(state="healthy")

    async def where(self) -> Location:
        """Inside this very process, so private content may come here."""
        return Location(kind="process")

    def capabilities(self) -> Capabilities:
        """It streams; it understands no tools and no schemas."""
        return Capabilities(names=frozenset({"stream"}))


@hookimpl
def register_providers() -> Mapping[str, type[Provider]]:
    """The name that stands behind `provider:` in the configuration."""
    return {"echo": EchoProvider}

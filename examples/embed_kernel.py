"""Route a few prompts inside your own program: python examples/embed_kernel.py

Needs the kernel alone. The provider is part of this program, so nothing is downloaded and nothing is sent anywhere.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from pathlib import Path

from aurarouter_core import Home, Plugins, Router, Task, load_config
from aurarouter_hooks import (
    AttemptFailed,
    AuraRouterError,
    Chunk,
    Delta,
    Location,
    Prompt,
    Provider,
    ProviderUnavailableError,
    Reply,
    hookimpl,
)

CONFIG = """
models:
  sleepy: {provider: canned, options: {asleep: true}}
  coder: {provider: canned, options: {answer: "def reverse(text): return text[::-1]"}}
  thinker: {provider: canned, options: {answer: "First the schema, then the data, then the readers."}}
  clerk: {provider: canned, options: {answer: "In short: it went well."}}
roles:
  coding: [sleepy, coder]       # `sleepy` fails, so `coder` takes over
  reasoning: [thinker]
  summarization: [clerk]
"""
PROMPTS = (
    Task("Write a Python function that reverses a string"),
    Task("Design a plan for moving our database to a new schema, step by step"),
    Task("Summarize this report in one sentence", context="It went well.", private=True),
    Task("Write a haiku", model="nobody"),
)


class Canned(Provider):
    """Says what its options say, word by word. Put your own library here."""

    async def generate(self, prompt: Prompt) -> Reply:
        """The answer as a whole."""
        return Reply.from_chunks([chunk async for chunk in self.stream(prompt)])

    async def stream(self, prompt: Prompt) -> AsyncIterator[Chunk]:
        """The answer in pieces; an error of the tree moves the router on to the next model."""
        if self.model.options.get("asleep"):
            raise ProviderUnavailableError(f"{self.model.id} is asleep", hint="Wake it up.")
        for word in self.model.options["answer"].split(" "):
            yield Chunk(text=f"{word} ")
        yield Chunk(finish="stop")

    async def where(self) -> Location:
        """Inside this process: private content may come here."""
        return Location(kind="process")


class Plugin:
    """Hands the provider to the kernel. An installed plugin would be a module with an entry point."""

    @hookimpl
    def register_providers(self) -> Mapping[str, type[Provider]]:
        """The name that stands behind `provider:` in the configuration."""
        return {"canned": Canned}


async def answer(router: Router, task: Task) -> None:
    """Print where a task goes and why, then its answer as it comes."""
    print(f"> {task.text}")
    decision = await router.locate_and_decide(task)
    print(f"  {decision.intent}, role {decision.role}, chain {' > '.join(decision.chain)}")
    print("  ", end="")
    async with aclosing(router.stream(task)) as events:
        async for event in events:
            if isinstance(event, Delta):
                print(event.chunk.text, end="", flush=True)
            elif isinstance(event, AttemptFailed) and event.attempt.error:
                print(f"[{event.attempt.error.message}] ", end="", flush=True)
    print()


async def main() -> None:
    """Answer all prompts; one that can't be answered does not stop the rest."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "router.yaml"
        file.write_text(CONFIG, encoding="utf-8")
        plugins = Plugins(discover=False, extra=[Plugin()])
        async with Router(load_config(plugins, path=file), plugins, home=Home(Path(folder))) as router:
            for task in PROMPTS:
                try:
                    await answer(router, task)
                except AuraRouterError as error:
                    print(f"  {error}. {error.hint}")


if __name__ == "__main__":
    asyncio.run(main())

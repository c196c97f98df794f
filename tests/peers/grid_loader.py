"""A node whose model files are loaded by a provider that takes memory as the real one does, and is quick."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from aurarouter_hooks import Chunk, Location, Model, Prompt, Provider, Reply, Residency, hookimpl

PROGRAM = f"""
import os, sys
os.environ["AURAROUTER_WITHOUT"] = "llamacpp"
sys.path.insert(0, {str(Path(__file__).parent)!r})
from grid_loader import Loading
from aurarouter_core import plugins
before = plugins.Plugins.__init__
def with_mine(self, *, extra=(), **rest):
    before(self, extra=[*extra, Loading()], **rest)
plugins.Plugins.__init__ = with_mine
from aurarouter_core.cli import main
main()
"""
"""The program of a node."""


class Loader(Provider):
    """Says three things, slowly where the prompt wishes it."""

    is_loaded = False

    @classmethod
    def residency(cls, model: Model) -> Residency:
        """It holds the model here."""
        return Residency(context=512)

    async def load(self) -> None:
        """Load it."""
        await asyncio.sleep(0.1)
        self.is_loaded = True

    async def unload(self) -> None:
        """Free it."""
        self.is_loaded = False

    def loaded(self) -> bool:
        """It is there."""
        return self.is_loaded

    async def generate(self, prompt: Prompt) -> Reply:
        """All of it."""
        return Reply.from_chunks([chunk async for chunk in self.stream(prompt)])

    async def stream(self, prompt: Prompt) -> AsyncIterator[Chunk]:
        """Three pieces."""
        await self.load()
        seconds = re.search(r"SLEEP ([0-9.]+)", prompt.text)
        for number in range(3):
            await asyncio.sleep(float(seconds[1]) if seconds else 0.0)
            if self.model.model_path is None or not self.model.model_path.is_file():
                raise FileNotFoundError("the model's file went while it answered")
            yield Chunk(text=f"{number + 1}. piece {number}\n")
        yield Chunk(finish="stop")

    async def where(self) -> Location:
        """Here."""
        return Location(kind="process")


class Loading:
    """Brings the provider under the name of the real one, which has to be left out."""

    @hookimpl
    def register_providers(self) -> Mapping[str, type[Provider]]:
        """What loads model files."""
        return {"llamacpp": Loader}

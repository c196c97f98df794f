"""A node whose model files are loaded by a provider that takes memory as the real one does, and is quick."""

LOADER = """
import asyncio, re
from aurarouter_hooks import Chunk, Location, Provider, Reply, Residency, hookimpl

class Loader(Provider):
    is_loaded = False
    @classmethod
    def residency(cls, model):
        return Residency(context=512)
    async def load(self):
        await asyncio.sleep(0.1)
        self.is_loaded = True
    async def unload(self):
        self.is_loaded = False
    def loaded(self):
        return self.is_loaded
    async def generate(self, prompt):
        return Reply(text=prompt.text)
    async def stream(self, prompt):
        await self.load()
        seconds = re.search(r"SLEEP ([0-9.]+)", prompt.text)
        for number in range(3):
            await asyncio.sleep(float(seconds[1]) if seconds else 0.0)
            yield Chunk(text=f"{number + 1}. piece {number}\\n")
        yield Chunk(finish="stop")
    async def where(self):
        return Location(kind="process")

class Plugin:
    @hookimpl
    def register_providers(self):
        return {"llamacpp": Loader}
"""
PROGRAM = f"""{LOADER}
import os
os.environ["AURAROUTER_WITHOUT"] = "llamacpp"
from aurarouter_core import plugins
before = plugins.Plugins.__init__
def with_mine(self, *, extra=(), **rest):
    before(self, extra=[*extra, Plugin()], **rest)
plugins.Plugins.__init__ = with_mine
from aurarouter_core.cli import main
main()
"""
"""The program of a node."""

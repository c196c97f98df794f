"""A program that spends under a budget: until it is refused, or until it is killed.

python money_actor.py HOME LIMIT    prints a line once it is at work, one for each task that was answered, and "refused"
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

from aurarouter_core import Home, Plugins, Router, Task
from aurarouter_core.layers import Layers
from aurarouter_core.structure import build
from aurarouter_hooks import BudgetError, Chunk, Prompt, Provider, Reply, Usage, hookimpl

USAGE = Usage(input_tokens=3, output_tokens=5)
PRICE = {"input": 1.0, "output": 10.0}
MOST = 20
"""Tokens of the longest answer."""


class Busy(Provider):
    """Answers after a short while, and counts the same tokens each time."""

    async def generate(self, prompt: Prompt) -> Reply:
        raise AssertionError("the kernel streams")

    async def stream(self, prompt: Prompt) -> AsyncIterator[Chunk]:
        await asyncio.sleep(random.uniform(0.0, 0.004))
        yield Chunk(text="done", finish="stop", usage=USAGE)


async def main(home: Home, limit: float) -> None:
    plugin = SimpleNamespace(__name__="busy", register_providers=hookimpl(lambda: {"busy": Busy}))
    plugins = Plugins(discover=False, extra=[plugin])
    settings = {
        "models": {"a": {"provider": "busy", "price": PRICE}},
        "roles": {"coding": ["a"]},
        "budget": {"per_day": limit, "max_output": MOST},
    }
    async with Router(build(Layers.of(settings, plugins.sections)), plugins, home=home) as router:
        print("at work", flush=True)
        try:
            while True:
                await router.run(Task("hi"))
                print("done", flush=True)
        except BudgetError:
            print("refused", flush=True)


if __name__ == "__main__":
    asyncio.run(main(Home(Path(sys.argv[1])), float(sys.argv[2])))

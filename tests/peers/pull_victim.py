"""A program to be killed: it pulls one file of the hub that HF_ENDPOINT names, as a model, and says when it begins.

python pull_victim.py CONFIG PLACE
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from aurarouter_core import Plugins, Router, load_config
from aurarouter_core.pull import fetch_model, wanted


async def main(config: Path, place: str) -> None:
    plugins = Plugins()
    async with Router(load_config(plugins, path=config), plugins) as router:
        goal = await wanted(router, place)
        print("at work", flush=True)
        await fetch_model(router, goal, lambda _done, _all: None, "a,b")
    print("done", flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))

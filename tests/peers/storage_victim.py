"""A program to be killed: it pushes a file into a cell, or fetches one, and says when it begins.

python storage_victim.py push|pull URL TOKEN FILE|FOLDER
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from aurarouter_auragrid.cell import Cell
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.storage.model_storage import GridModelStorage
from aurarouter_auragrid.storage.part import arrive
from aurarouter_hooks import Secret


def silent(_done: int, _size: int | None) -> None:
    """Progress that nobody watches."""


async def main(what: str, url: str, token: str, place: Path) -> None:
    async with Engine(Cell(urls=[url], token=Secret(token))) as engine:
        storage = GridModelStorage(engine)
        print("at work", flush=True)
        if what == "push":
            await storage.push(place, "big", silent)
        else:
            await arrive(engine.storage, await storage.find("big"), place, silent)
    print("done", flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4])))

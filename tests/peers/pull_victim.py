"""A program to be killed: it fetches one file of the hub that HF_ENDPOINT names, and prints a line once bytes arrive.

python pull_victim.py PLACE FOLDER
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from aurarouter_assets.hf import HfSource


async def main(place: str, folder: Path) -> None:
    (spec,) = await HfSource().files(place)
    print("at work", flush=True)
    await HfSource().fetch(spec, folder, lambda _done, _all: None)
    print("done", flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))

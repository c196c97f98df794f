"""A program to be killed: it registers a model file and takes it out again for as long as it lives.

python registry_victim.py CONFIG FILE    prints a line once it is at work
"""

from __future__ import annotations

import asyncio
import sys
from itertools import count
from pathlib import Path

from aurarouter_core import AssetRegistry, Plugins, Router, load_config


async def main(config: Path, file: Path) -> None:
    plugins = Plugins()
    async with Router(load_config(plugins, path=config), plugins) as router:
        registry = AssetRegistry(router)
        print("at work", flush=True)
        for number in count():
            taken = set(router.snapshot.config.models)
            for name in [f"m{one}" for one in range(3) if f"m{one}" in taken and (number + one) % 2]:
                await registry.unregister_asset(name)
            for name in [f"m{one}" for one in range(3) if f"m{one}" not in router.snapshot.config.models]:
                await registry.register_asset(name, file, tags="a,b", provider="echo")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2])))

"""Programs to be killed: each asks a server private things for as long as it lives.

python audit_victim.py HOME URL [late]    for each NUMBER that it reads makes one, and says its process id

They are forked, since all that they import takes longer than a life. The ids of tasks, qNUMBERnTURNqONEn, stand in
their texts. With `late`, a row is written when its attempt has begun.
"""

from __future__ import annotations

import asyncio
import os
import sys
from itertools import count
from pathlib import Path
from typing import Any

import httpx  # noqa: F401 - and by now it is imported

from aurarouter_core import Home, Plugins, Router, Task, load_config
from aurarouter_core.witness import Witness

CARD = "4539 1488 0343 6467"
AT_ONCE = 4


def settings(url: str) -> dict[str, Any]:
    models = {name: {"provider": "openapi", "endpoint": url, "tags": ["private"]} for name in ("a", "b")}
    return {"models": models, "roles": {"coding": ["a", "b"]}, "system": {"retries": 1, "max_wait": 0.2}}


def write_late() -> None:
    """Break the order: the attempt doesn't wait for its row."""
    sees = Witness.sees
    late: set[asyncio.Task[None]] = set()

    async def aside(witness: Witness, *what: Any) -> None:
        late.add(asyncio.ensure_future(sees(witness, *what)))

    Witness.sees = aside  # type: ignore[method-assign, assignment]


async def ask(router: Router, name: str, number: int) -> None:
    text = f"Remember {name}"
    private = Task(text, id=name, private=True) if number % 2 else Task(f"{text}, pay with {CARD}", id=name)
    await router.run(private)


async def live(home: Home, url: str, number: str, plugins: Plugins) -> None:
    async with Router(load_config(plugins, settings=settings(url)), plugins, home=home) as router:
        for turn in count():
            names = [f"q{number}n{turn}q{one}n" for one in range(AT_ONCE)]
            await asyncio.gather(*(ask(router, name, at) for at, name in enumerate(names)), return_exceptions=True)
            if turn == 0:
                print(os.getpid(), flush=True)


def main(home: Home, url: str) -> None:
    plugins = Plugins()
    load_config(plugins, settings=settings(url))
    for line in sys.stdin:
        child = os.fork()
        if not child:
            asyncio.run(live(home, url, line.strip(), plugins))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    if sys.argv[3:] == ["late"]:
        write_late()
    main(Home(Path(sys.argv[1])), sys.argv[2])

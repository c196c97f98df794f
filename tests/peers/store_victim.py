"""A program to be killed: it routes tasks and keeps a conversation for as long as it lives.

python store_victim.py HOME    prints a line once it is at work; says on stderr what is wrong, if anything is
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing
from itertools import count
from pathlib import Path

from aurarouter_core import Home, Plugins, Router, Task
from aurarouter_core.chat import Chat, Conversations
from aurarouter_core.layers import Layers
from aurarouter_core.structure import build

SETTINGS = {
    "models": {"a": {"provider": "echo"}},
    "roles": {"coding": ["a"], "reasoning": ["a"]},
    "system": {"keep_traces": 1_000_000, "keep_megabytes": 10_000},  # what is let go would look like a loss
}


async def main(home: Home) -> None:
    plugins = Plugins()
    kept = Conversations(home.conversations)
    async with Router(build(Layers.of(SETTINGS, plugins.sections)), plugins, home=home) as router:
        chat = Chat(router, kept, kept.begin())
        print("at work", flush=True)
        for number in count():
            await asyncio.gather(*(router.run(Task(f"task {number} {one}")) for one in range(20)))
            async with aclosing(chat.say(Task(f"turn {number}"))) as events:
                async for _ in events:
                    pass
            if number % 10 == 9:
                chat = Chat(router, kept, kept.begin())


if __name__ == "__main__":
    asyncio.run(main(Home(Path(sys.argv[1]))))

"""A router's model on a server of our own that is killed: whoever asks next, or looks first, has it back at once."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from aurarouter_core import Plugins, Router, Task, load_config
from aurarouter_hooks import AllModelsFailedError
from llama_provider import children, settings

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(sys.platform != "linux", reason="finds the server by what the Linux kernel says"),
]


def router_of(model_file: Path) -> Router:
    entry: dict[str, Any] = settings(model_path=str(model_file), parameters={"max_tokens": 4})
    name = entry.pop("id")
    plugins = Plugins()
    given = {"models": {name: entry, "other": {"provider": "echo"}}, "roles": {"coding": [name, "other"]}}
    return Router(load_config(plugins, settings=given), plugins)


def kill_server() -> None:
    (server,) = children()
    os.kill(server, signal.SIGKILL)


async def asked(router: Router, **wishes: Any) -> str:
    return (await router.run(Task("Say hello to Ada.", **wishes))).trace.attempts[-1].model


async def test_who_asks_at_once_after_a_crash_is_answered(model_file: Path) -> None:
    async with router_of(model_file) as router:
        assert await asked(router, model="own") == "own"
        story = Task("Tell a story.", model="own", parameters={"max_tokens": 400, "ignore_eos": True})
        busy = asyncio.create_task(router.run(story))
        await asyncio.sleep(0.5)
        kill_server()
        with suppress(AllModelsFailedError):  # when it had not begun to answer
            assert not (await busy).complete
        assert await asked(router, model="own") == "own"


async def test_who_keeps_looking_does_not_keep_it_away(model_file: Path) -> None:
    async with router_of(model_file) as router:
        assert await asked(router, role="coding") == "own"
        kill_server()
        seen = []
        for _ in range(3):
            await asyncio.sleep(0.3)
            state = (await router.health())["own"].state
            seen.append((state, await asked(router, role="coding")))
        assert seen == [("cold", "own"), ("healthy", "own"), ("healthy", "own")]

"""What the tests of the llamacpp-server provider share: a prompt, small settings, a look at its processes."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aurarouter_llamacpp_server
from aurarouter_hooks import Message, Prompt
from aurarouter_llamacpp_server.provider import LlamaServerProvider

HELLO = Prompt(messages=(Message("user", "Say hello to Ada."),), parameters={"max_tokens": 8})
SERVE = Path(aurarouter_llamacpp_server.__file__).with_name("serve.py")

Make = Callable[..., LlamaServerProvider]
Script = Callable[[str], str]


def settings(**changes: Any) -> dict[str, Any]:
    """A model whose server is started, out of the wheel, as small as can be."""
    options = {"n_threads": 1, "n_ctx": 512, "binary": "xllamacpp", **changes.pop("options", {})}
    return {"id": "own", "provider": "llamacpp-server", "options": options, **changes}


async def pieces(provider: LlamaServerProvider, prompt: Prompt = HELLO) -> list[Any]:
    """The chunks of an answer."""
    return [chunk async for chunk in provider.stream(prompt)]


def child_of(provider: LlamaServerProvider) -> int:
    """The process id of its server."""
    (pid,) = [pid for pid in children() if str(SERVE) in Path(f"/proc/{pid}/cmdline").read_text().split("\0")]
    return pid


def children() -> list[int]:
    """Servers that providers of this process have started: each has a session of its own, other peers have ours."""
    found = []
    for thread in Path("/proc/self/task").iterdir():
        found += [int(pid) for pid in (thread / "children").read_text().split()]
    return [pid for pid in found if os.getsid(pid) == pid]

"""OpenAI's npm package through the gateway: at a real llama.cpp server, and for tool calls at one that makes them."""

import asyncio
import shutil
import subprocess
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import pytest

from fault_server import FaultServer
from faults import answer, whole_stream
from gateway import gateway
from llama_server import LlamaServer
from tool_calls import called

PEERS = Path(__file__).parents[2] / "peers"
STEPS, TOOL_STEPS = 12, 6
VECTORS = {"data": [{"index": 0, "embedding": [1.0, -2.5]}, {"index": 1, "embedding": [3.0, 4.5]}]}
Runs = Callable[[str, str], Coroutine[Any, Any, Sequence[str]]]

pytestmark = pytest.mark.soak


@pytest.fixture
def suite(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Runs:
    """Runs a file of `peers/` with a fresh installation of the package against a gateway; the lines that it says."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("Node.js runs OpenAI's package, and it isn't here")

    async def ran(*command: str) -> str:
        done = await asyncio.to_thread(
            subprocess.run, command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    async def run(file: str, url: str) -> Sequence[str]:
        await ran(npm, "install", "--no-audit", "--no-fund", "--silent", "openai")
        version = await ran(npm, "ls", "openai")
        done = (await ran(node, str(PEERS / file), url)).splitlines()
        with capsys.disabled():
            print("", version.strip(), *done, sep="\n")
        return done

    return run


def settings(url: str, name: str = "") -> dict[str, Any]:
    models = {"first": {"provider": "openapi", "endpoint": url, "model_name": name}}
    return {"models": models, "roles": {role: ["first"] for role in ("coding", "reasoning", "router")}}


@pytest.mark.model
async def test_the_documented_calls(suite: Runs, llama_server: LlamaServer) -> None:
    async with gateway(settings(llama_server.url, llama_server.name)) as url:
        assert len(await suite("openai_suite.mjs", url)) == STEPS


async def test_tools_both_ways(suite: Runs, fault_server: FaultServer) -> None:
    fault_server.will(*[called(), whole_stream("It ", "rains.")] * 4, answer(VECTORS))
    async with gateway(settings(fault_server.url)) as url:
        assert len(await suite("openai_tools.mjs", url)) == TOOL_STEPS
    for asking, telling in zip(fault_server.requests[:8:2], fault_server.requests[1:8:2], strict=True):
        assert asking.json["tools"][0]["function"]["name"] == "weather"
        turn, result = telling.json["messages"][-2:]
        assert turn["tool_calls"][0]["function"] == {"name": "weather", "arguments": '{"town": "Bonn"}'}
        assert (result["role"], result["tool_call_id"], result["content"]) == ("tool", "call_1", "rain")

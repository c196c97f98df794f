"""OpenAI's npm package, through the gateway, at a real llama.cpp server."""

import asyncio
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from llama_server import LlamaServer

SUITE = Path(__file__).parents[2] / "peers" / "openai_suite.mjs"
STEPS = 12


@pytest.fixture
def settings(llama_server: LlamaServer) -> dict[str, Any]:
    models = {"real": {"provider": "openapi", "endpoint": llama_server.url, "model_name": llama_server.name}}
    return {"models": models, "roles": {role: ["real"] for role in ("coding", "reasoning", "router")}}


@pytest.mark.soak
@pytest.mark.model
async def test_the_documented_calls(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("Node.js runs OpenAI's package, and it isn't here")

    async def ran(*command: str) -> str:
        done = await asyncio.to_thread(
            subprocess.run, command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    await ran(npm, "install", "--no-audit", "--no-fund", "--silent", "openai")
    version = await ran(npm, "ls", "openai")
    done = (await ran(node, str(SUITE), url)).splitlines()
    with capsys.disabled():
        print("", version.strip(), *done, sep="\n")
    assert len(done) == STEPS

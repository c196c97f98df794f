"""The page about the gateway: its server answers its commands, its tables are in force."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
import yaml

from aurarouter_core import Home, Plugins, load_config
from aurarouter_core.daemon.place import Place
from aurarouter_core.daemon.stop import stop
from aurarouter_gateway.document import document
from aurarouter_gateway.faults import STATUS
from gateway import gateway

PAGE = "docs/gateway.md"
ROOT = Path(__file__).parents[2]
Blocks = Callable[[str, str], list[str]]


@pytest.fixture
def served(home: Path) -> Iterator[str]:
    """The program, serving on a free port."""
    (home / "auraconfig.yaml").write_text("models:\n  e: {provider: echo}\nroles:\n  coding: [e]\n")
    program = Path(sys.executable).with_name("aurarouter")
    with subprocess.Popen([program, "serve", "--port", "0", "--json"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["url"]
        process.terminate()
        process.wait(10)
    for place in Place.all(Home.of()):  # the shared engine that it started
        stop(place, force=True)


def test_its_commands_are_answered(served: str, blocks_of: Blocks) -> None:
    commands = blocks_of(PAGE, "bash")[0].strip().splitlines()
    assert len(commands) == 2
    for command in commands:
        done = subprocess.run(
            ["sh", "-c", command.replace("http://127.0.0.1:8484", served)], capture_output=True, text=True, check=True
        )
        answer: Any = json.loads(done.stdout)
        assert "Say hello" in json.dumps(answer)


def test_its_settings_are_taken(blocks_of: Blocks) -> None:
    vectors, settings = map(yaml.safe_load, blocks_of(PAGE, "yaml"))
    spaces = {entry.embedding_space for entry in load_config(Plugins(), settings=vectors).models.values()}
    assert spaces == {"nomic-v1.5"}
    defaults = load_config(Plugins(), settings={}).sections["gateway"]
    made = load_config(Plugins(), settings=settings).sections["gateway"]
    assert made.apps["editor"].roles == ("coding",)
    for name, value in settings["gateway"].items():
        if name not in ("hosts", "apps"):
            assert getattr(defaults, name) in (value, tuple(value) if isinstance(value, list) else value)


def test_its_tables_are_whole() -> None:
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    for path in document()["paths"]:
        assert path.removesuffix("{model}").removesuffix("/").removeprefix("/services/") in text
    told = set(re.findall(r"\b[45]\d\d\b", text))
    assert {str(status) for _, status in STATUS if status != 500} <= told


async def test_its_plugin_adds_a_page(blocks_of: Blocks) -> None:
    (block,) = [block for block in blocks_of(PAGE, "python") if "gateway_page" in block]
    plugin = ModuleType("shown")
    exec(block, vars(plugin))
    settings = {"models": {"e": {"provider": "echo"}}, "roles": {"coding": ["e"]}}
    async with gateway(settings, plugin) as url, httpx.AsyncClient(base_url=url) as client:
        page, other = await client.get("/mine"), await client.get("/v1/models")
    assert (page.status_code, page.text) == (200, "a page of mine\n")
    assert page.headers["content-type"] == "text/plain; charset=utf-8"
    assert other.status_code == 200

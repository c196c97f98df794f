"""The page about the MCP server is so: its program runs, its entry is the one that is printed, its tables are whole."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from aurarouter_core import Home, Plugins, load_config
from aurarouter_core.daemon.place import Place
from aurarouter_core.daemon.stop import stop
from aurarouter_mcp.clients import CLIENTS, OTHER
from aurarouter_mcp.prompts import PROMPTS
from aurarouter_mcp.resources import RECENT, RESOURCES
from aurarouter_mcp.settings import McpSettings
from aurarouter_mcp.tools import TOOLS

PAGE = "docs/mcp.md"
TEXT = (Path(__file__).parents[2] / PAGE).read_text(encoding="utf-8")
Blocks = Callable[[str, str], list[str]]


@pytest.fixture
def echo(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    (home / ".auracore" / "aurarouter").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))  # the SDK hands no other variable of ours to the server
    folder = home / ".auracore" / "aurarouter"
    (folder / "auraconfig.yaml").write_text("models: {e: {provider: echo}}\nroles: {coding: [e]}\n")
    yield
    for place in Place.all(Home(folder)):
        stop(place, force=True)


@pytest.mark.usefixtures("echo")
def test_its_program_prints_what_it_says(blocks_of: Blocks, run_program: Callable[..., str]) -> None:
    (source,), (printed,) = blocks_of(PAGE, "python"), blocks_of(PAGE, "text")
    Path("program.py").write_text(source, encoding="utf-8")
    assert run_program(Path("program.py")) == printed


def test_its_entry_is_the_one_that_is_printed(blocks_of: Blocks) -> None:
    shown: Any = json.loads(blocks_of(PAGE, "json")[0])
    entry = dict(OTHER.entry(None))
    assert shown == {OTHER.section: {"aurarouter": {**entry, "command": "/where/it/is/aurarouter"}}}
    assert all(f"`{name}`" in TEXT or f"install {name}" in TEXT for name in CLIENTS)


def test_its_settings_are_taken(blocks_of: Blocks) -> None:
    settings = yaml.safe_load(blocks_of(PAGE, "yaml")[0])
    made = load_config(Plugins(), settings=settings).sections["mcp"]
    assert (made.tools.register_asset.enabled, made.tools.compare_models.enabled) == (True, False)
    assert made.http.hosts == ("router.example",)
    defaults = McpSettings()
    assert made.max_message == defaults.max_message
    for name, value in settings["mcp"]["http"].items():
        if name != "hosts":
            assert getattr(defaults.http, name) in (value, tuple(value) if isinstance(value, list) else value)
    assert f":{defaults.http.port}/mcp" in TEXT


def test_its_tables_are_whole() -> None:
    rows = re.findall(r"^\| (`.*?) \|", TEXT, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == set(TOOLS)
    assert all(f"`{name}`" in TEXT for name in (*PROMPTS, *RESOURCES))
    assert f"latest {RECENT} tasks" in TEXT

"""The page about the cache: its settings are the defaults but for the switch, and its commands print what it shows."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from aurarouter_cache.book import LEASE
from aurarouter_cache.settings import CacheSettings
from aurarouter_core import Plugins, Router, Task, load_config
from aurarouter_core.cli import cli

PAGE = "docs/cache.md"
Blocks = Callable[[str, str], list[str]]


def test_its_settings_are_the_defaults(blocks_of: Blocks) -> None:
    settings = yaml.safe_load(blocks_of(PAGE, "yaml")[0])
    made = load_config(Plugins(), settings=settings).sections["cache"]
    assert made == CacheSettings(enabled=True)
    assert len(settings["cache"]) == len(CacheSettings.__attrs_attrs__)


def test_its_commands_print_what_it_shows(blocks_of: Blocks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURAROUTER_NO_DAEMON", "1")
    plugins = Plugins()
    models = {"e": {"provider": "echo", "price": {"input": 1.0, "output": 1.0}}}
    config = {"models": models, "roles": {"coding": ["e"], "reasoning": ["e"]}, "cache": {"enabled": True}}

    async def twice() -> None:
        async with Router(load_config(plugins, settings=config), plugins) as router:
            for _ in range(2):
                await router.run(Task("hi", parameters={"temperature": 0}))

    asyncio.run(twice())
    commands = re.findall(r"^\$ aurarouter (.*)\n((?:[^$].*\n)*)", blocks_of(PAGE, "console")[0], re.MULTILINE)
    assert len(commands) == 3
    for command, printed in commands:
        told = CliRunner().invoke(cli, command.split(), catch_exceptions=False).stdout
        assert _untimed(told) == _untimed(printed)


def _untimed(text: str) -> str:
    return re.sub(r"[\d.]+$", "TIME", text, flags=re.MULTILINE)


def test_its_figures_are_in_force() -> None:
    assert f"for {LEASE:g} seconds at" in " ".join((Path(__file__).parents[2] / PAGE).read_text().split())

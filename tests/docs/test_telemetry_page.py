"""The page about metrics and traces: its settings are taken, its tables are whole, its command prints what it shows."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from aurarouter_core import Plugins, load_config
from aurarouter_core.cli import cli
from aurarouter_telemetry import conventions
from aurarouter_telemetry.exposition import MOST_SERIES
from aurarouter_telemetry.metrics import Metrics
from aurarouter_telemetry.settings import Otlp

PAGE = "docs/telemetry.md"
ROOT = Path(__file__).parents[2]
Blocks = Callable[[str, str], list[str]]


def text() -> str:
    return (ROOT / PAGE).read_text(encoding="utf-8")


def test_its_settings_are_taken(blocks_of: Blocks) -> None:
    merged: dict[str, Any] = {}
    for block in blocks_of(PAGE, "yaml"):
        merged |= yaml.safe_load(block)["telemetry"]
    made = load_config(Plugins(), settings={"telemetry": merged}).sections["telemetry"]
    assert (made.prometheus, made.listen) == (True, "127.0.0.1:9464")
    shown = merged["otlp"]
    for name, default in vars_of(Otlp()).items():
        assert name in shown
        assert name in ("enabled", "endpoint") or shown[name] == default


def vars_of(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__slots__ if not name.startswith("__")}


def test_its_table_is_whole() -> None:
    families = re.findall(r"^# HELP (\S+)", Metrics().text(), re.MULTILINE)
    assert re.findall(r"^\| `(aurarouter_\w+)` \|", text(), re.MULTILINE) == families or sorted(
        re.findall(r"^\| `(aurarouter_\w+)` \|", text(), re.MULTILINE)
    ) == sorted(families)
    assert f"holds {MOST_SERIES} combinations" in text()
    for name in (conventions.DURATION, conventions.FIRST_CHUNK, conventions.INPUT_TOKENS, conventions.OUTPUT_TOKENS):
        assert f"`{name}`" in text()


def test_its_command_prints_what_it_shows(blocks_of: Blocks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURAROUTER_NO_DAEMON", "1")
    command, *lines = blocks_of(PAGE, "console")[0].splitlines()
    printed = CliRunner().invoke(cli, command.split()[2:], catch_exceptions=False).stdout.splitlines()
    assert [line for line in lines if line not in printed] == []

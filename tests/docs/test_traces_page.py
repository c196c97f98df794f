"""The pages about traces and chat: their commands and programs print what stands there, their figures are in force."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
import yaml

from aurarouter_core import chat
from aurarouter_core.chat import pressure
from aurarouter_core.cli import cli, slash
from aurarouter_core.cli import usage as usage_command
from aurarouter_core.config import System
from aurarouter_core.store import bounds, records, writer
from aurarouter_hooks.values import trace_context

ROOT = Path(__file__).parents[2]
TRACES, CHAT = "docs/traces.md", "docs/chat.md"
Blocks = Callable[[str, str], list[str]]
CHANGES = (
    (r"\b[0-9a-f]{32}\b", "ID"),
    (r"^[0-9a-f]{8}  ", "ID  "),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?", "WHEN"),
    (r"[\d.]+ (s|ms|µs)\b", "TIME"),
    (r"[\d.]+$", "TIME"),
)


def told(text: str) -> str:
    """Without what is different each time."""
    for pattern, word in CHANGES:
        text = re.sub(pattern, word, text, flags=re.MULTILINE)
    return text


def words(page: str) -> str:
    return " ".join((ROOT / page).read_text(encoding="utf-8").split())


def commands(blocks: list[str]) -> Iterator[tuple[str, str]]:
    for block in blocks:
        yield from re.findall(r"^\$ (.*)\n((?:[^$].*\n)*)", block, re.MULTILINE)


@pytest.mark.parametrize(("page", "count"), [(TRACES, 4), (CHAT, 4)])
def test_the_commands_print_what_the_page_says(blocks_of: Blocks, home: Path, page: str, count: int) -> None:
    (home / "auraconfig.yaml").write_text(blocks_of(page, "yaml")[0])
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    found = list(commands(blocks_of(page, "console")))
    assert len(found) == count
    for command, expected in found:
        done = subprocess.run(
            ["sh", "-c", command],
            env={**os.environ, "PATH": path, "NO_PROXY": "*"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=True,
        )
        assert told(done.stdout) == told(expected), command


@pytest.mark.parametrize("page", [TRACES, CHAT])
def test_the_program_prints_what_the_page_says(
    blocks_of: Blocks, run_program: Callable[[Path], str], home: Path, page: str
) -> None:
    settings = blocks_of(page, "yaml")[0].replace("[away, parrot]", "[parrot]")
    (home / "auraconfig.yaml").write_text(settings)
    Path("program.py").write_text(blocks_of(page, "python")[0])
    assert run_program(Path("program.py")) == blocks_of(page, "text")[0]


def test_the_defaults_and_bounds_on_the_pages_are_those_in_force(blocks_of: Blocks) -> None:
    defaults = System()
    for name, value in yaml.safe_load(blocks_of(TRACES, "yaml")[1])["system"].items():
        assert getattr(defaults, name) == value
    assert f"| usage | the same file | {bounds.USAGE_DAYS} days |" in words(TRACES)
    assert bounds.A_DAY == 86400
    assert (records.LONGEST_BODY, writer.GATHER) == (2**20, 0.1)
    assert f"{trace_context.LONGEST} characters are sent on" in words(TRACES)
    assert f"From {pressure.WARN:.0%}".replace("%", " %") in words(CHAT)
    assert "ended without closing its traces" in Path(writer.__file__).read_text()
    assert chat.Chat.condense.__doc__


def test_every_option_key_and_line_on_the_pages_exists_and_none_is_missing() -> None:
    for name, page in (("trace", TRACES), ("usage", TRACES), ("chat", CHAT)):
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        for option in command.params:
            if isinstance(option, click.Option):
                assert any(f"{flag}" in words(page) for flag in option.opts), f"{name} {option.opts}"
    assert all(f"`{key}`" in words(TRACES) for key in usage_command.KEYS)
    lines = re.findall(r"^\| `/(\w+)", (ROOT / CHAT).read_text(encoding="utf-8"), re.MULTILINE)
    assert lines == list(slash.COMMANDS)


@pytest.mark.parametrize("page", [TRACES, CHAT])
def test_what_the_page_points_to_is_there(page: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (ROOT / page).read_text(encoding="utf-8"))
    assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []

"""The page about chat and compare: its commands print what stands there, and its numbers are those of the code."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from aurarouter_core import atomic
from aurarouter_core.cli.chat import ID, command
from aurarouter_core.comparison import AT_ONCE
from aurarouter_core.condense import BYTES_PER_TOKEN, FULL, ROLE, SHOWN_FROM
from aurarouter_core.history import FILE

PAGE = "docs/chat.md"
ROOT = Path(__file__).parents[2]
Blocks = Callable[[str, str], list[str]]


@pytest.fixture
def text() -> str:
    return (ROOT / PAGE).read_text(encoding="utf-8")


def test_the_commands_print_what_the_page_says(blocks_of: Blocks, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")
    (config,) = blocks_of(PAGE, "yaml")
    (home / "auraconfig.yaml").write_text(config.replace("api.example.com", "127.0.0.1:9").replace("https", "http"))
    ran = 0
    for block in blocks_of(PAGE, "console"):
        for line, expected in re.findall(r"^\$ (.*)\n((?:[^$].*\n|\n)*)", block, re.MULTILINE):
            done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
            printed = re.sub(r"^[0-9a-f]{8}  \S+ \S+", "1f0c3a9e  2026-01-31 12:00", done.stdout + done.stderr)
            printed = re.sub(r" \d\.\d\d s", " 0.00 s", printed)
            printed = printed.replace("behind 127.0.0.1, which may pass requests on", "at api.example.com")
            assert printed == expected
            assert done.returncode == 0
            ran += 1
    assert ran == 7


def test_the_numbers_and_names_are_right(text: str) -> None:
    assert (SHOWN_FROM, FULL, BYTES_PER_TOKEN, AT_ONCE, atomic.PATIENCE) == (0.6, 0.8, 4, 4, 10)
    assert f"the role `{ROLE}`" in text
    assert f"conversations/ID/{FILE}" in text
    assert ID.fullmatch("face")
    assert not ID.fullmatch("fac")


def test_the_page_names_every_option(text: str) -> None:
    options = {name for parameter in command.params for name in parameter.opts if name.startswith("-")}
    assert [name for name in options if f"`{name}" not in text and name not in ("--continue", "--model")] == []


def test_what_the_page_points_to_is_there(text: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", text)
    assert links
    assert [link for link in links if not (ROOT / PAGE).parent.joinpath(link).exists()] == []

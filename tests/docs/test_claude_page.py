"""The page about the claude provider is so: its settings load, its program prints what it says, its names exist."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from aurarouter_claude.answer import FINISH
from aurarouter_claude.request import MAX_TOKENS, NATIVE
from llama_server import LlamaServer

PAGE = "docs/providers/claude.md"
ADDRESS = "http://127.0.0.1:8080"

Blocks = Callable[[str, str], list[str]]
Program = Callable[[Path], str]


@pytest.mark.promise("file-format.8")
def test_the_program_prints_what_the_page_says(
    blocks_of: Blocks, run_program: Program, llama_server: LlamaServer
) -> None:
    (config,), (source,), (printed,) = (blocks_of(PAGE, language) for language in ("yaml", "python", "text"))
    assert ADDRESS in config
    Path("claude.yaml").write_text(config.replace(ADDRESS, llama_server.url), encoding="utf-8")
    program = Path("program.py")
    program.write_text(source, encoding="utf-8")
    assert run_program(program) == printed


def test_the_page_names_everything_that_is_translated() -> None:
    text = (Path(__file__).parents[2] / PAGE).read_text(encoding="utf-8")
    assert [name for name in (*NATIVE, *FINISH, *FINISH.values()) if f"`{name}`" not in text] == []
    assert f"{MAX_TOKENS:,}" in text
    assert re.findall(r"^\| `options\.(\w+)`", text, re.MULTILINE) == ["api_version", "sampling"]

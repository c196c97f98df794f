"""The page about memory is so: its program and commands do what it says, and its figures are those of the formula."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aurarouter_core.amounts import written
from aurarouter_core.config import System
from aurarouter_core.footprint import footprint
from aurarouter_core.gguf import read
from aurarouter_hooks import Residency

PAGE = "docs/memory.md"
TEXT = (Path(__file__).parents[2] / PAGE).read_text(encoding="utf-8")

Blocks = Callable[[str, str], list[str]]
LIBRARY = ("-W", "ignore::ResourceWarning")  # llama-cpp-python opens the null device and never closes it


@pytest.fixture
def config(blocks_of: Blocks, model_file: Path) -> str:
    """The page's configuration, as a file, and the model's file beside it."""
    (text,) = blocks_of(PAGE, "yaml")
    Path("two.yaml").write_text(text, encoding="utf-8")
    Path("small.gguf").symlink_to(model_file)
    return text


@pytest.mark.model
@pytest.mark.usefixtures("config")
def test_the_program_prints_what_the_page_says(blocks_of: Blocks, run_program: Callable[..., str]) -> None:
    (source,), (printed,) = blocks_of(PAGE, "python"), blocks_of(PAGE, "text")
    program = Path("program.py")
    program.write_text(source, encoding="utf-8")
    assert run_program(program, *LIBRARY) == printed


@pytest.mark.model
def test_the_lists_say_what_the_page_says(config: str, aurarouter: Callable[..., Any]) -> None:
    assert "Each of the two takes 221 MiB." in TEXT
    assert aurarouter("model", "list", config=config).stdout.count("takes 221 MiB of memory") == 2
    assert "(system.memory: 300 MiB)" in aurarouter("doctor", config=config).stdout


@pytest.mark.model
def test_the_estimates_are_those_of_the_formula(model_file: Path) -> None:
    rows = re.findall(r"^\| (\d+) \| (\d+) MiB \| (\d+) MiB \| (\d+) MiB \|$", TEXT, re.MULTILINE)
    assert len(rows) == 4
    for context, estimate, *_ in rows:
        assert written(footprint(read(model_file), Residency(context=int(context)))) == f"{estimate} MiB"


def test_the_default_is_that_on_the_page() -> None:
    assert f"the default is `{System().memory}`" in TEXT

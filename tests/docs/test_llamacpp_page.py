"""The page about the llamacpp provider is so: its program prints what it says, its names are the real ones."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from aurarouter_llamacpp.options import USUAL_CONTEXT, Options
from aurarouter_llamacpp.request import Sampling

PAGE = "docs/providers/llamacpp.md"
TEXT = (Path(__file__).parents[2] / PAGE).read_text(encoding="utf-8")

Blocks = Callable[[str, str], list[str]]
Program = Callable[..., str]
LIBRARY = ("-W", "ignore::ResourceWarning")  # llama-cpp-python opens the null device and never closes it


@pytest.mark.model
@pytest.mark.usefixtures("with_model")
def test_the_program_prints_what_the_page_says(blocks_of: Blocks, run_program: Program) -> None:
    (config,), (source,), (printed,) = (blocks_of(PAGE, language) for language in ("yaml", "python", "text"))
    Path("small.yaml").write_text(config, encoding="utf-8")
    program = Path("program.py")
    program.write_text(source, encoding="utf-8")
    assert run_program(program, *LIBRARY) == printed


def test_the_page_names_every_option_and_parameter() -> None:
    assert re.findall(r"^\| `options\.(\w+)`", TEXT, re.MULTILINE) == [field.name for field in fields(Options)]
    named = {field.name for field in fields(Sampling)} - {"schema"}
    assert [name for name in named if f"`{name}`" not in TEXT] == []


def test_the_defaults_are_those_on_the_page() -> None:
    assert f"trained for, {USUAL_CONTEXT} at most" in TEXT
    assert f"`max_tokens` ({Sampling().max_tokens} when nothing is said)" in TEXT
    assert (Options().embed, Options().normalise) == (False, True)

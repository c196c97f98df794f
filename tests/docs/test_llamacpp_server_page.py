"""The page about the llamacpp-server provider is so: its program prints what it says, its names are the real ones."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from aurarouter_hooks import Model
from aurarouter_llamacpp_server.discover import PORTS
from aurarouter_llamacpp_server.options import EXTRA, Options

PAGE = "docs/providers/llamacpp-server.md"
TEXT = (Path(__file__).parents[2] / PAGE).read_text(encoding="utf-8")

Blocks = Callable[[str, str], list[str]]
Program = Callable[[Path], str]


@pytest.mark.model
@pytest.mark.usefixtures("with_model")
@pytest.mark.promise("file-format.10")
def test_the_program_prints_what_the_page_says(blocks_of: Blocks, run_program: Program) -> None:
    (config,), (source,), (printed,) = (blocks_of(PAGE, language) for language in ("yaml", "python", "text"))
    Path("llama.yaml").write_text(config, encoding="utf-8")
    program = Path("program.py")
    program.write_text(source, encoding="utf-8")
    assert run_program(program) == printed


def test_the_page_names_every_option_flag_and_port() -> None:
    assert set(re.findall(r"^\| `options\.(\w+)`", TEXT, re.MULTILINE)) == set(Options.__annotations__)
    (flags,) = re.findall(r"^`extra_args` takes (.*?)\. Nothing", TEXT, re.MULTILINE | re.DOTALL)
    assert re.findall(r"`(--[\w-]+)`", flags) == list(EXTRA)
    assert all(str(port) in TEXT for port in PORTS)


def test_the_defaults_are_those_on_the_page() -> None:
    options = Options.of(Model(id="m", provider="llamacpp-server"))
    for name in ("n_ctx", "n_parallel", "load_timeout"):
        assert re.search(rf"^\| `options\.{name}` .*Default: {getattr(options, name)}\. \|$", TEXT, re.MULTILINE)

"""The page about the openapi provider is so: its program prints what it says, its names and ports are the real ones."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from aurarouter_openapi.discovery import BASE, KEY, PORTS
from llama_server import LlamaServer

PAGE = "docs/providers/openapi.md"
ADDRESS = "http://127.0.0.1:8080"

Blocks = Callable[[str, str], list[str]]
Program = Callable[[Path], str]


def test_the_program_prints_what_the_page_says(
    blocks_of: Blocks, run_program: Program, llama_server: LlamaServer
) -> None:
    (config,), (source,), (printed,) = (blocks_of(PAGE, language) for language in ("yaml", "python", "text"))
    assert ADDRESS in config
    Path("openapi.yaml").write_text(config.replace(ADDRESS, llama_server.url), encoding="utf-8")
    program = Path("program.py")
    program.write_text(source, encoding="utf-8")
    assert run_program(program) == printed


def test_the_page_names_every_option_port_and_variable() -> None:
    text = (Path(__file__).parents[2] / PAGE).read_text(encoding="utf-8")
    assert re.findall(r"^\| `options\.(\w+)`", text, re.MULTILINE) == ["stream_usage"]
    (ports,) = re.findall(r"looks at ports (.*?) of this machine", text)
    assert [int(port) for port in re.findall(r"\d+", ports)] == list(PORTS)
    assert [name for name in (BASE, KEY) if f"`{name}`" not in text] == []

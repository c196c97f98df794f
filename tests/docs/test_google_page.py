"""The page about the google provider is so: its settings load, its program prints what it says, its names are all."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from aurarouter_google.request import BUDGETS, PARAMETERS
from aurarouter_google.settings import KEYS, VENDOR, Settings
from gemini_dialect import Vendor

PAGE = "docs/providers/google.md"
ADDRESS = "http://127.0.0.1:8095"

Blocks = Callable[[str, str], list[str]]
Program = Callable[[Path], str]


@pytest.mark.promise("file-format.7")
@pytest.mark.promise("connectivity.5")
def test_the_program_prints_what_the_page_says(blocks_of: Blocks, run_program: Program) -> None:
    (config,), (source,), (printed,) = (blocks_of(PAGE, language) for language in ("yaml", "python", "text"))
    assert ADDRESS in config
    program = Path("program.py")
    program.write_text(source, encoding="utf-8")
    with Vendor() as gateway:
        Path("google.yaml").write_text(config.replace(ADDRESS, gateway.url), encoding="utf-8")
        assert run_program(program) == printed
        assert gateway.sent()["generationConfig"] == {"maxOutputTokens": 16, "temperature": 0.0}


def test_the_page_names_every_option_parameter_and_variable() -> None:
    text = (Path(__file__).parents[2] / PAGE).read_text(encoding="utf-8")
    options = re.findall(r"^\| `options\.(\w+)`", text, re.MULTILINE)
    assert options == ["api_version", "thinking", "safety"]
    assert set(options) - {"api_version"} <= set(Settings.__dataclass_fields__)
    assert [name for name in (*PARAMETERS, *KEYS, *BUDGETS, VENDOR) if f"`{name}`" not in text] == []
    assert [budget for budget in BUDGETS.values() if not re.search(rf"`\s+{budget:,}\b", text)] == []

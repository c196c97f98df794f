"""The page about the echo provider is so: its program prints what it says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

PAGE = "docs/providers/echo.md"


def test_the_program_prints_what_the_page_says(
    blocks_of: Callable[[str, str], list[str]], run_program: Callable[[Path], str]
) -> None:
    (config,), (source,), (printed,) = (blocks_of(PAGE, language) for language in ("yaml", "python", "text"))
    Path("echo.yaml").write_text(config, encoding="utf-8")
    program = Path("program.py")
    program.write_text(source, encoding="utf-8")
    assert run_program(program) == printed

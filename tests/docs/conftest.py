"""Takes pages apart: their blocks of code, in order."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

Blocks = Callable[[str, str], list[str]]
Program = Callable[..., str]


@pytest.fixture
def blocks_of() -> Blocks:
    """The blocks of one language on a page, by the page's path in the repository."""

    def blocks(page: str, language: str) -> list[str]:
        text = (ROOT / page).read_text(encoding="utf-8")
        return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)

    return blocks


@pytest.fixture
def run_program() -> Program:
    """Run a Python program as a user would, with warnings as errors; it must succeed. Returns what it printed."""

    def run(program: Path, *flags: str) -> str:
        paths = os.pathsep.join(path for path in sys.path if path)
        done = subprocess.run(
            [sys.executable, "-W", "error", *flags, program],
            env={**os.environ, "PYTHONPATH": paths},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
        return done.stdout

    return run

"""The page about classification: its programs run, and its commands print what stands there."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

PAGE = "docs/classification.md"
Blocks = Callable[[str, str], list[str]]


def test_its_program_runs(blocks_of: Blocks, run_program: Callable[[Path], str], tmp_path: Path) -> None:
    program = tmp_path / "page.py"
    program.write_text(blocks_of(PAGE, "python")[0])
    assert run_program(program).startswith(("[('SIMPLE_CODE', True)", "[('coding', True)"))


@pytest.mark.parametrize("number", [0, 1])
def test_its_commands_print_what_stands_there(blocks_of: Blocks, home: Path, number: int) -> None:
    if number:
        (home / "auraconfig.yaml").write_text(blocks_of(PAGE, "yaml")[0])
    folder = Path(sys.executable).parent
    lines = blocks_of(PAGE, "console")[number].splitlines()
    for command, expected in zip(lines[::2], lines[1::2], strict=True):
        done = subprocess.run(
            ["bash", "-c", command.removeprefix("$ ").replace("aurarouter", f"{folder}/aurarouter", 1)],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.stdout.rstrip("\n") == expected, done.stderr

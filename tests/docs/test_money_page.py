"""The page about money: its commands print what stands there, and its figures are in force."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from aurarouter_core import length, prices
from aurarouter_core.cli.failure import exit_code
from aurarouter_core.config import PriceEntry, settings_of
from aurarouter_core.tally import CHARACTERS_PER_TOKEN
from aurarouter_hooks import BudgetError

ROOT = Path(__file__).parents[2]
PAGE = "docs/money.md"
TEXT = " ".join((ROOT / PAGE).read_text(encoding="utf-8").split())


def told(text: str) -> str:
    """Without the seconds at the end of a line."""
    return re.sub(r"[\d.]+$", "TIME", text, flags=re.MULTILINE)


def test_the_commands_print_what_the_page_says(blocks_of: Callable[[str, str], list[str]], home: Path) -> None:
    (home / "auraconfig.yaml").write_text(blocks_of(PAGE, "yaml")[0])
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    (block,) = blocks_of(PAGE, "console")
    found = re.findall(r"^\$ (.*)\n((?:[^$].*\n)*)", block, re.MULTILINE)
    assert len(found) == 4
    for command, expected in found:
        done = subprocess.run(
            ["sh", "-c", command],
            env={**os.environ, "PATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        assert re.sub(r"[\d.]+$", "TIME", done.stdout, flags=re.MULTILINE) == re.sub(
            r"[\d.]+$", "TIME", expected, flags=re.MULTILINE
        )


def test_the_figures_are_in_force() -> None:
    assert f"{length.A_FILE:,} tokens for each picture" in TEXT
    assert f"more than {prices.OLD} days ago" in TEXT
    assert (re.search("four characters", TEXT)[0], 4) == ("four characters", CHARACTERS_PER_TOKEN)  # type: ignore[index]
    assert f"exit code {exit_code(BudgetError('spent'))}." in TEXT
    assert all(f"`{setting.name}`" in TEXT for setting in settings_of(PriceEntry))


def test_what_is_said_to_be_left_out_is_and_the_rest_is_there() -> None:
    for name in ("o3", "gemini-2.5-pro", "gpt-5.4", "gpt-5.5"):
        assert f"`{name}`" in TEXT
        assert prices.listed(name) is None
    for name in ("gpt-4", "claude-sonnet-5-5"):
        assert f"`{name}`" in TEXT
        assert prices.listed(name) is not None


def test_what_the_page_points_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (ROOT / PAGE).read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []

"""The page about plans: its program and commands print what stands there, its numbers and names are those in force."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from aurarouter_core import nodes, prompts, review, steps
from aurarouter_core.mode import STEPWISE
from aurarouter_core.plan_settings import Plans

PAGE = "docs/plans.md"
Blocks = Callable[[str, str], list[str]]


@pytest.fixture
def text() -> str:
    return (Path(__file__).parents[2] / PAGE).read_text(encoding="utf-8")


def test_the_program_prints_what_the_page_says(blocks_of: Blocks, run_program: Callable[[Path], str]) -> None:
    Path("router.yaml").write_text(blocks_of(PAGE, "yaml")[0])
    Path("program.py").write_text(blocks_of(PAGE, "python")[0])
    assert run_program(Path("program.py")) == blocks_of(PAGE, "text")[0]


def test_the_commands_print_what_the_page_says(blocks_of: Blocks, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")
    (home / "auraconfig.yaml").write_text(blocks_of(PAGE, "yaml")[0])
    (block,) = blocks_of(PAGE, "console")
    commands = re.findall(r"^\$ (.*)\n((?:[^$].*\n)*)", block, re.MULTILINE)
    assert len(commands) == 2
    for command, expected in commands:
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
        assert done.stdout == expected


def test_the_built_in_text_and_the_placeholders_are_right(blocks_of: Blocks, text: str) -> None:
    assert blocks_of(PAGE, "text")[1] == prompts.PLAN
    for name, built_in in (
        ("plan", prompts.PLAN), ("step", prompts.STEP), ("review", prompts.REVIEW), ("correct", prompts.CORRECT),
        ("code", prompts.CODE),
    ):  # fmt: skip
        (row,) = re.findall(rf"^\| `{name}` \| (.*) \| ?(.*?) ?\|$", text, re.MULTILINE)
        must, may = (re.findall(r"\{(\w+)\}", cell) for cell in row)
        assert set(re.findall(r"(?<!\{)\{(\w+)\}", built_in)) == {*must, *may}
        prompts.Prompts(**{name: " ".join(f"{{{item}}}" for item in must)})
        for missing in must:
            with pytest.raises(ValueError, match="must have the placeholder"):
                prompts.Prompts(**{name: " ".join(f"{{{item}}}" for item in [*must, *may] if item != missing)})


def test_the_numbers_are_right(text: str) -> None:
    plans = Plans()
    assert (plans.from_level, plans.max_steps, plans.corrections, plans.review) == (7, 8, 1, False)
    assert (steps.LONGEST, steps.READ, review.PROBLEMS, review.LONGEST) == (1000, 200_000, 10, 1000)
    assert (nodes.CONTEXT, nodes.ROOM) == (4096, 32_000)
    for number in (
        "7 of 10",
        "at most 8 steps",
        "8, at most 50",
        "1,000;",
        "200,000",
        "4,096",
        "32,000",
        "10, of 1,000",
    ):
        assert number in text


def test_the_words_that_name_steps_do(text: str) -> None:
    sentence = text.partition("in its wording: ")[2].partition(", or a numbered")[0]
    words = re.findall(r'"(.*?)"', sentence)
    assert len(words) == 6
    assert all(STEPWISE.search(f"Do it in {word}!") for word in words)


def test_the_outcomes_are_those_that_a_review_has(text: str) -> None:
    rows = re.findall(r"^\| `([a-z ]+)` \| (?:the reviewer|it found|problems|no role)", text, re.MULTILINE)
    assert set(rows) == {review.APPROVED, review.CORRECTED, review.REJECTED, review.NOT_REVIEWED}

"""The page about model files is so: its commands work, and its program runs."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from aurarouter_core.cli import cli

PAGE = "docs/models.md"
LIBRARY = ("-W", "ignore::ResourceWarning")  # llama-cpp-python opens the null device and never closes it

Blocks = Callable[[str, str], list[str]]


@pytest.mark.promise("registration.9")
@pytest.mark.promise("future.18")
@pytest.mark.model
def test_the_commands_work(
    blocks_of: Blocks, with_model: Path, model_file: Path, aurarouter: Callable[..., Any]
) -> None:
    Path("new.gguf").symlink_to(model_file)
    (console,) = blocks_of(PAGE, "console")
    said = []
    for line in console.splitlines():
        words = shlex.split(line)[2:]
        if words[0] == "run":  # loads the model, so it gets a process of its own
            done = aurarouter(*words)
            assert done.returncode == 0, (line, done.stderr)
            said.append(done.stdout)
        else:
            result = CliRunner().invoke(cli, words, catch_exceptions=False)
            assert result.exit_code == 0, (line, result.output)
            said.append(result.stdout)
    assert "mine" in said[1]
    assert "tags coding" in said[1]
    assert said[2].strip()
    assert "smollm2-135m-instruct" in said[5]
    assert model_file.is_file()


@pytest.mark.model
def test_the_program_runs(blocks_of: Blocks, home: Path, model_file: Path, run_program: Callable[..., str]) -> None:
    folder = home / "models"
    folder.mkdir()
    (folder / "new.gguf").write_bytes(model_file.read_bytes())
    (source,) = blocks_of(PAGE, "python")
    program = Path("program.py")
    program.write_text(source, encoding="utf-8")
    roles = "('router', 'reasoning', 'coding', 'summarization', 'analysis', 'reviewer')"
    assert run_program(program, *LIBRARY).splitlines() == [
        "finetuned-v2 True True",
        f"smollm2 False True {roles}",
        "finetuned-v2 True False ()",
    ]


def test_the_configured_url_can_be_pulled_by_its_name(blocks_of: Blocks, home: Path) -> None:
    (settings,) = blocks_of(PAGE, "yaml")
    (home / "auraconfig.yaml").write_text(settings, encoding="utf-8")
    result = CliRunner().invoke(cli, ["model", "search", "--json"], catch_exceptions=False)
    (ours,) = (row for row in json.loads(result.stdout)["catalogue"] if row["name"] == "ours")
    assert ours["spec"]["scheme"] == "url"

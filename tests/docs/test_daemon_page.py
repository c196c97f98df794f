"""The page about the shared engine is so: its program prints what it says, and its figures are those of the code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aurarouter_core import Home
from aurarouter_core.config import System
from aurarouter_core.daemon import engine, frames, serving
from aurarouter_core.daemon.place import Place
from aurarouter_core.daemon.stop import stop

PAGE = "docs/daemon.md"
TEXT = (Path(__file__).parents[2] / PAGE).read_text(encoding="utf-8")


@pytest.fixture
def echo(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AURAROUTER_PLUGINS", "echo")
    (home / "auraconfig.yaml").write_text("models: {e: {provider: echo}}\nroles: {coding: [e]}\n")
    yield
    for place in Place.all(Home(home)):
        stop(place, force=True)


@pytest.mark.usefixtures("echo")
def test_the_program_and_the_commands_do_what_the_page_says(
    blocks_of: Callable[[str, str], list[str]], run_program: Callable[..., str], aurarouter: Callable[..., Any]
) -> None:
    (source,), (printed,) = blocks_of(PAGE, "python"), blocks_of(PAGE, "text")
    Path("program.py").write_text(source, encoding="utf-8")
    assert aurarouter("status").returncode == 1
    assert run_program(Path("program.py")) == printed
    # `run_program` gives its program a PYTHONPATH, which counts: for the commands that is another engine.
    assert "running as process" in aurarouter("status", "--all").stdout
    assert aurarouter("stop", "--all").stdout == "engines stopped: 1\n"
    assert aurarouter("status", "--all").stdout == "no shared engine is running\n"
    gone = aurarouter("reload")
    assert (gone.returncode, "no shared engine is running" in gone.stderr) == (1, True)


def test_the_figures_are_those_of_the_code() -> None:
    assert f"({System().daemon_idle:.0f} unless you say otherwise)" in TEXT
    assert f"{frames.LARGEST // 2**20} MiB, a client {serving.AT_ONCE} requests" in TEXT
    assert f"an engine {engine.CLIENTS} clients" in TEXT

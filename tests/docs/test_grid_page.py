"""The page about the grid: its programs run against a real node, its settings and its commands are there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from attrs import fields, has

from aurarouter_auragrid.commands.group import COMMANDS, grid
from aurarouter_auragrid.settings import Engine, Events, Grid, Storage, Tls
from grid_node import GridNode

PAGE = "docs/AURAGRID.md"
ROOT = Path(__file__).parents[2]
Blocks = Callable[[str, str], list[str]]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GridNode]:
    with GridNode("one", tmp_path_factory.mktemp("one")) as node:
        yield node


@pytest.mark.parametrize("number", [0, 1])
def test_each_program_runs(
    node: GridNode, blocks_of: Blocks, run_program: Callable[[Path], str], monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setenv("AURAROUTER_HOME", str(node.home))
    program = Path("program.py")
    program.write_text(blocks_of(PAGE, "python")[number])
    assert "Write code in the programming language" in run_program(program)


def test_every_command_on_the_page_is_there_and_the_other_way_round() -> None:
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    named = set(re.findall(r"aurarouter grid ([a-z-]+)", text))
    assert named == set(COMMANDS)
    for name in COMMANDS:
        command = grid.get_command(click.Context(grid), name)
        assert command is not None
        assert COMMANDS[name][1]


def test_every_setting_is_on_the_page_and_nothing_else() -> None:
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    told = {key for row in re.findall(r"^\| (`.*?) \|", text, re.MULTILINE) for key in re.findall(r"`([\w.]+)`", row)}
    known = set()
    for field in fields(Grid):
        part = {"tls": Tls, "engine": Engine, "events": Events, "storage": Storage}.get(field.name)
        known |= {f"{field.name}.{inner.name}" for inner in fields(part)} if part and has(part) else {field.name}
    assert told == known

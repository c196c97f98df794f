"""The page about limits: its settings are taken, its figures are in force, its example is a counter."""

import ast
import inspect
from collections.abc import Callable
from pathlib import Path

import yaml

from aurarouter_core import Plugins, load_config
from aurarouter_limits.book import LOOK_AFTER
from aurarouter_limits.counter import Counter
from aurarouter_limits.settings import Limit, LimitsSettings

PAGE = "docs/limits.md"
Blocks = Callable[[str, str], list[str]]


def text() -> str:
    return " ".join((Path(__file__).parents[2] / PAGE).read_text(encoding="utf-8").split())


def test_its_settings_are_taken(blocks_of: Blocks) -> None:
    settings = yaml.safe_load(blocks_of(PAGE, "yaml")[0])
    made = load_config(Plugins(), settings=settings).sections["limits"]
    assert set(settings["limits"]) == {field.name for field in LimitsSettings.__attrs_attrs__}
    assert set(settings["limits"]["apps"]["editor"]) == {field.name for field in Limit.__attrs_attrs__}
    assert (made.queue, made.patience) == (LimitsSettings().queue, LimitsSettings().patience)
    assert made.apps["editor"].burst == Limit().burst
    assert not made.each_model.is_set


def test_its_figures_are_in_force() -> None:
    rate, burst = 60, Limit().burst
    assert (
        f"with {rate} a minute and the burst of {burst:g} seconds, {rate + rate / 60 * burst:g} in a minute" in text()
    )
    assert f"come free within {LOOK_AFTER:g} seconds" in text()


def test_its_example_is_a_counter(blocks_of: Blocks) -> None:
    tree = ast.parse(blocks_of(PAGE, "python")[0])
    (cell,) = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    shown = {
        node.name: [name.arg for name in node.args.args] for node in cell.body if isinstance(node, ast.AsyncFunctionDef)
    }
    wanted = {
        name: list(inspect.signature(method).parameters)
        for name, method in vars(Counter).items()
        if inspect.iscoroutinefunction(method)
    }
    assert shown == wanted

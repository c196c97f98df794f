"""The contract's page shows every hook with its exact arguments, and names all that the package exports."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable

import pytest

import aurarouter_hooks
from aurarouter_hooks import Provider, specs

HOOKS = {
    name: f"{name}({', '.join(inspect.signature(spec).parameters)})"
    for name, spec in vars(specs).items()
    if hasattr(spec, f"{specs.PROJECT}_spec")
}


@pytest.fixture
def readme(page: Callable[[str], str]) -> str:
    return page("hooks/README.md")


def test_there_are_hooks_to_document() -> None:
    assert len(HOOKS) == 18


@pytest.mark.parametrize("hook", sorted(HOOKS))
def test_every_hook_has_a_heading_with_its_exact_arguments(readme: str, hook: str) -> None:
    assert f"\n### `{HOOKS[hook]}`\n" in readme


def test_no_heading_is_about_a_hook_that_is_gone(readme: str) -> None:
    assert sorted(re.findall(r"^### `(.+)`$", readme, re.MULTILINE)) == sorted(HOOKS.values())


def test_every_block_belongs_to_a_hook(readme: str, blocks: Callable[[str], list[str]]) -> None:
    assert len(blocks(readme)) == len(HOOKS)


def test_every_error_stands_on_the_page(readme: str) -> None:
    named = [name for name in aurarouter_hooks.__all__ if name.endswith("Error")]
    abstract = {"AuraRouterError", "PluginError", "RoutingError"}  # nobody raises these themselves
    assert [name for name in named if name not in readme and name not in abstract] == []


def test_every_method_of_a_provider_stands_on_the_page(readme: str) -> None:
    methods = [name for name in vars(Provider) if not name.startswith("_")]
    assert [name for name in methods if f"{name}(" not in readme] == []


def test_what_the_package_exports_is_what_it_says() -> None:
    public = {
        name
        for name, value in vars(aurarouter_hooks).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert set(aurarouter_hooks.__all__) == public
    assert list(aurarouter_hooks.__all__) == sorted(aurarouter_hooks.__all__)

"""The tree of errors is the tree that the docstring draws, and each error can say what to do next."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest

import aurarouter_hooks
from aurarouter_hooks import errors
from aurarouter_hooks.errors import AuraRouterError, ProviderError

PUBLIC: dict[str, Any] = {
    name: found
    for name, found in vars(errors).items()
    if inspect.isclass(found) and issubclass(found, Exception) and not name.startswith("_")
}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "PluginError": {"plugin": "shout"},
    "PluginMissingError": {"plugin": "shout"},
    "PluginBrokenError": {"plugin": "shout"},
    "ProviderTimeoutError": {"after": 2.0},
}


def parent(error: type[BaseException]) -> str:
    """The nearest class above that has a public name."""
    return next(above.__name__ for above in error.__mro__[1:] if not above.__name__.startswith("_"))


def drawn() -> dict[str, tuple[str, list[str]]]:
    """Class → (the class that it hangs from in the picture, the attributes that stand beside it)."""
    found: dict[str, tuple[str, list[str]]] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"    (?P<branch>[│├└─ ]*)(?P<name>\w+Error)(?P<rest>.*)$", line)
        if match:
            depth = len(match["branch"]) // 4
            path[depth:] = [match["name"]]
            above = path[depth - 1] if depth else "Exception"
            found[match["name"]] = (above, re.findall(r"(?<!\S)\.(\w+)", match["rest"]))
    return found


def make(name: str) -> AuraRouterError:
    if name.startswith("Unknown"):
        error = PUBLIC[name]("fast", ["slow"])
    else:
        error = PUBLIC[name]("it broke", hint="Mend it.", **ARGUMENTS.get(name, {}))
    assert isinstance(error, AuraRouterError)
    return error


def test_the_docstring_draws_the_tree_that_is_there() -> None:
    assert {name: above for name, (above, _) in drawn().items()} == {
        name: parent(error) for name, error in PUBLIC.items()
    }


def test_every_error_can_be_imported_from_the_package() -> None:
    assert {name for name in aurarouter_hooks.__all__ if name.endswith("Error")} == set(PUBLIC)


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_error_has_a_hint_and_what_the_docstring_says(name: str) -> None:
    error = make(name)
    assert error.hint
    assert str(error)
    for attribute in drawn()[name][1]:
        assert hasattr(error, attribute), f"{name}.{attribute} is drawn but not there"


@pytest.mark.parametrize("name", sorted(name for name in PUBLIC if not name.startswith("Unknown")))
def test_a_hint_may_be_left_out(name: str) -> None:
    assert PUBLIC[name]("it broke", **ARGUMENTS.get(name, {})).hint == ""


def test_unknown_names_say_what_is_known() -> None:
    error = errors.UnknownModelError("fats", ["fast", "slow"])
    assert "'fats'" in str(error)
    assert "fast, slow" in error.hint
    assert error.known == ("fast", "slow")
    assert "none" in errors.UnknownRoleError("coding", []).hint


def test_only_these_move_a_chain_on() -> None:
    assert {name for name, error in PUBLIC.items() if issubclass(error, ProviderError)} == {
        "ProviderError",
        "ProviderUnavailableError",
        "ProviderTimeoutError",
        "ProviderRateLimitedError",
        "ProviderAuthError",
        "ProviderReplyError",
    }


@pytest.mark.parametrize("name", sorted(name for name in PUBLIC if name.startswith("Provider")))
def test_a_provider_may_leave_its_names_to_the_kernel(name: str) -> None:
    error = make(name)
    assert isinstance(error, ProviderError)
    assert (error.provider, error.model) == ("", "")
    error.provider, error.model = "shout", "fast"
    assert (error.provider, error.model) == ("shout", "fast")


@pytest.mark.parametrize("said", ["3", "soon", float("nan"), float("inf"), [], {}])
@pytest.mark.parametrize("kind", [errors.ProviderRateLimitedError, errors.ProviderUnavailableError])
def test_a_wait_that_is_no_number_of_seconds_was_not_said(kind: Any, said: Any) -> None:
    assert kind("tired", retry_after=said).retry_after is None


@pytest.mark.parametrize("said", [0, 3, 2.5, -1, None])
def test_a_wait_in_seconds_is_kept(said: float | None) -> None:
    assert errors.ProviderRateLimitedError("tired", retry_after=said).retry_after == said

"""Both implementations of the hot path, as one fixture; and the lexicons that try them."""

import importlib
import os
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from aurarouter_core.lexicon import Lexicon

# Odd on purpose: signs inside words, phrases that begin alike, a role that has no weights.
VERBS = {
    "transpile": "translator",
    "c++ to rust": "translator",
    "code golf": "golfer",
    "Don\u2019t": "refuser",
    "\u603b\u7ed3": "summarization",
    "na\u00efve review": "reviewer",
}


@pytest.fixture(scope="session")
def plain() -> ModuleType:
    """The Python twin."""
    return importlib.import_module("aurarouter_core._hotpath_py")


@pytest.fixture(scope="session")
def compiled() -> ModuleType:
    """The Cython twin; its tests are skipped where it was not built, unless CI demands it."""
    try:
        return importlib.import_module("aurarouter_core._speedups")
    except ImportError:
        if os.environ.get("AURAROUTER_REQUIRE_SPEEDUPS"):
            raise
        pytest.skip("aurarouter_core._speedups is not built")


@pytest.fixture(scope="session", params=["plain", "compiled"])
def implementation(request: pytest.FixtureRequest) -> ModuleType:
    """Each implementation in turn."""
    module: ModuleType = request.getfixturevalue(request.param)
    return module


@pytest.fixture(scope="session")
def odd_lexicon() -> Lexicon:
    """The built-in words and some odd ones."""
    return Lexicon.default().with_verbs(VERBS)


@pytest.fixture(scope="session")
def make() -> Callable[..., Any]:
    """Build an implementation's own Analyser out of a lexicon, with some of its arguments replaced."""

    def build(module: ModuleType, lexicon: Lexicon, **changes: Any) -> Any:
        arguments: dict[str, Any] = {
            "verbs": dict(lexicon.verbs),
            "named": lexicon.named,
            "model": lexicon.model,
            "likeness": lexicon.likeness,
        }
        return module.Analyser(**arguments | changes)

    return build

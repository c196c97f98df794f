"""Values as JSON text: the compiled encoder says what the plain one says, or leaves it to that one."""

import importlib
import json
import os
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from attrs import define, frozen
from hypothesis import given
from hypothesis import strategies as st

from aurarouter_core import plain
from aurarouter_hooks import Secret


@frozen
class Box:
    """Holds anything."""

    name: Any
    inside: Any = None


@define
class Empty:
    """Holds nothing."""


class Whole(int):
    """A number that tells itself in its own way."""

    def __repr__(self) -> str:
        return "one"


SIMPLE = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(max_size=9)
ODD = st.sampled_from([Secret("sk-1"), Path("/tmp/a"), Empty(), Whole(1), float("nan"), "\ud800", 2**63, -(2**63)])
VALUES = st.recursive(
    SIMPLE | ODD,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(st.text(), inner, max_size=4),
        st.dictionaries(st.integers() | st.none() | st.booleans(), inner, max_size=2),
        st.frozensets(st.integers() | st.text(), max_size=3),
        st.builds(Box, inner, inner),
    ),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def compiled() -> ModuleType:
    """The Cython twin; its tests are skipped where it was not built, unless CI demands it."""
    try:
        return importlib.import_module("aurarouter_core._plain")
    except ImportError:
        if os.environ.get("AURAROUTER_REQUIRE_SPEEDUPS"):
            raise
        pytest.skip("aurarouter_core._plain is not built")


def said(encode: Any, value: Any) -> str:
    """The text, or which error there is in its place."""
    try:
        return str(encode(value))
    except (TypeError, ValueError, RecursionError) as error:
        return "an error" if isinstance(error, ValueError) else type(error).__name__


@given(VALUES)
def test_the_same_text(compiled: ModuleType, value: Any) -> None:
    def quick(value: Any) -> str | None:
        text: str | None = compiled.text(value, plain._layer, plain._fields)
        return text

    def plainly(value: Any) -> str:
        text = plain._encoder(None).encode(value)
        text.encode()
        return text

    assert said(quick, value) in ("None", said(plainly, value))


@pytest.mark.parametrize("text", ["", "ä\u2028😀", "".join(map(chr, range(300))), '"\\/', "a" * 100_000, "\x7f\x00"])
def test_texts(compiled: ModuleType, text: str) -> None:
    told = compiled.text({text: [text]}, plain._layer, plain._fields)
    assert told == json.dumps({text: [text]}, ensure_ascii=False)


@pytest.mark.parametrize("number", [0.1, 1.0, 1e16, 1e-7, 5e-324, -0.0, 8.9e307, 0, -1, 2**63 - 1, -(2**63)])
def test_numbers(compiled: ModuleType, number: float) -> None:
    assert compiled.text(number, plain._layer, plain._fields) == repr(number)


def test_a_circle_is_left_to_the_twin(compiled: ModuleType) -> None:
    circle: list[Any] = []
    circle.append(Box(circle))
    assert compiled.text(circle, plain._layer, plain._fields) is None
    assert r"\u2026" in plain.dumps(circle)


def test_a_field_that_fails_says_so(compiled: ModuleType) -> None:
    class Closed:
        def __repr__(self) -> str:
            raise OSError("closed")

    with pytest.raises(OSError, match="closed"):
        compiled.text([Closed()], plain._layer, plain._fields)

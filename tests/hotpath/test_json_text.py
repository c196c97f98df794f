"""What is written quickly is the JSON text that the standard library would have written, and fails where it would."""

import json
import math
import sys
from collections import OrderedDict, UserDict
from collections.abc import Callable
from enum import IntEnum, StrEnum
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest
from attrs import define, field, frozen
from hypothesis import given
from hypothesis import strategies as st

from aurarouter_core import _json_text_py, plain
from aurarouter_hooks import Chunk, Secret, Stage, Task, Usage

Write = Callable[[Any], str]


class Word(StrEnum):
    """A text with a name."""

    ONE = "o\nne"


class Count(IntEnum):
    """A number with a name."""

    TWO = 2


class Half(float):
    """A number that shows itself in other words."""

    def __repr__(self) -> str:
        return "a half"


class Pair(NamedTuple):
    """A tuple of another class."""

    one: object
    two: object


@frozen
class Nothing:
    """A value without attributes."""


@define
class Described(dict[str, int]):
    """A dictionary with attributes: JSON has a word for it, so they don't count."""

    name: str = "d"


@frozen
class Odd:
    """Names that are written otherwise than they are given."""

    _hidden: object = None
    größe: object = field(default=1, alias="size")


def described() -> Described:
    """One that holds something."""
    made = Described()
    made["a"] = 1
    return made


@pytest.fixture(scope="module")
def quick(compiled: ModuleType) -> Write:
    """The compiled one, as `dumps` has it."""
    made: Write = compiled.json_writer(plain._shape, plain._layer)
    return made


@pytest.fixture(scope="module")
def slow() -> Write:
    """The plain one."""
    return _json_text_py.json_writer(plain._shape, plain._layer)


def outcome(write: Write, value: object) -> str | type[Exception]:
    """The text, or of which kind the error was."""
    try:
        return write(value)
    except (TypeError, ValueError, RecursionError) as error:
        return type(error)


KEYS = st.text(max_size=5) | st.integers() | st.floats() | st.booleans() | st.none() | st.sampled_from([*Word, *Count])
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary(max_size=3)
    | st.sampled_from([*Word, *Count, Half(0.5), Half(math.inf), Nothing(), Secret("s3cret"), Path("a/b"), 2**70])
    | st.builds(Usage, input_tokens=st.integers())
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(KEYS, inner, max_size=4)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3).map(OrderedDict)
        | st.dictionaries(KEYS, inner, max_size=3).map(UserDict)
        | st.builds(Pair, inner, inner)
        | st.builds(Odd, inner, inner)
        | st.builds(Stage, inner, inner, threshold=inner)
    ),
    max_leaves=20,
)


@given(VALUES)
def test_the_same_texts_and_the_same_errors(quick: Write, slow: Write, value: object) -> None:
    assert outcome(quick, value) == outcome(slow, value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ((), "[]"),
        ({}, "{}"),
        (Nothing(), "{}"),
        (described(), '{"a": 1}'),
        (Odd(), '{"_hidden": null, "größe": 1}'),
        ({1: Half(0.5), 1.5: True, None: Count.TWO, False: Word.ONE}, None),
        ({Half(2.0): 1}, '{"2.0": 1}'),
        ({(1,): 1}, TypeError),
        ([math.nan], ValueError),
        ({math.inf: 1}, ValueError),
    ],
)
def test_at_the_edges(quick: Write, slow: Write, value: object, text: object) -> None:
    assert outcome(quick, value) == outcome(slow, value)
    assert text is None or outcome(quick, value) == text


def test_circles_and_depths_end(quick: Write) -> None:
    circle: list[Any] = []
    circle.append({"again": circle})
    deep: Any = 0
    for _ in range(200_000):
        deep = [deep]
    for endless in (circle, deep):
        with pytest.raises(RecursionError):
            quick(endless)
    assert json.loads(plain.dumps(circle))[0]["again"]
    while deep:  # or its end would be as deep
        deep = deep[0]


def test_what_changes_while_it_is_written_is_written_as_it_was(compiled: ModuleType) -> None:
    growing: dict[str, Any] = {"a": object()}
    items: list[Any] = [object(), object()]

    def layer(_: object) -> int:
        growing[str(len(growing))] = 1
        del items[1:]
        return len(growing)

    write = compiled.json_writer(plain._shape, layer)
    assert write(growing) == '{"a": 2}'
    items.append(object())
    assert write(items) == "[3]"


def test_errors_from_within_come_out(compiled: ModuleType) -> None:
    def refuse(_: object) -> Any:
        raise LookupError("no word")

    with pytest.raises(LookupError, match="no word"):
        compiled.json_writer(plain._shape, refuse)([b""])
    with pytest.raises(LookupError, match="no word"):
        compiled.json_writer(refuse, plain._layer)([b""])
    with pytest.raises(TypeError):
        compiled.json_writer(lambda _: [1], plain._layer)(b"")


def test_the_kernels_own_values(quick: Write, slow: Write) -> None:
    for value in (Task("a \ud83d b"), Chunk(text="\u2028", usage=Usage()), Stage("s", "o", microseconds=1.5)):
        assert quick(value) == slow(value)


def test_what_was_written_is_given_back(quick: Write) -> None:
    watched: list[Any] = ["a text of its own" + str(id(quick)), 1.0e300, 2**80, Usage(), Word.ONE]
    nested = {"k": watched, "odd": Odd(watched, tuple(watched))}
    wrong = [*watched, math.nan]
    quick(nested)
    before = [sys.getrefcount(thing) for thing in watched]
    for _ in range(10_000):
        quick(nested)
        outcome(quick, wrong)
    assert [sys.getrefcount(thing) for thing in watched] == before

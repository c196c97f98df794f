"""Whatever a plugin's class holds has a place in the JSON Schema, and means there what it means to the loader."""

import enum
from collections.abc import Callable, Mapping
from typing import Any, Literal

import pytest
from attrs import Factory, field, frozen
from attrs import validators as v
from jsonschema import Draft7Validator

from aurarouter_core import Plugins, load_config
from aurarouter_core.schema import explanations, json_schema
from aurarouter_hooks import ConfigError, Secret

Both = Callable[[dict[str, Any]], tuple[bool, bool]]

ENVIRON = {"NUMBER": "3", "LEVEL": "info", "NAME": "x"}


def _seconds(minutes: int) -> int:
    return minutes * 60


def _no_check(*_: object) -> None:
    """A check that the schema does not know."""


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@frozen(kw_only=True)
class Inner:
    """Something below.

    Attributes:
        size: How much
            of it.

    Raises:
        Nothing: at all.
    """

    size: int = field(default=1, validator=v.and_(v.ge(1), v.lt(10)))


@frozen(kw_only=True)
class Mine:
    """A plugin's own section."""

    needed: str = field(validator=v.matches_re("[a-z]+"))
    inner: Inner = Inner()
    many: tuple[Inner, ...] = ()
    by_name: Mapping[str, Inner] = Factory(dict)
    colour: Colour = Colour.RED
    mode: Literal["fast", "slow"] | None = None
    some: tuple[str, ...] = field(default=Factory(lambda: ("x",)), validator=v.deep_iterable(v.in_({"y", "x"})))
    few: tuple[str, ...] = field(default=(), validator=v.max_len(2))
    word: str = field(default="ab", validator=[v.min_len(2), v.max_len(4)])
    level: int | None = field(default=None, validator=v.optional(v.in_([3, 1, 2])))
    minutes: int = field(default=60, converter=_seconds, validator=v.ge(60))
    token: Secret | None = None
    own: int = field(default=3, validator=_no_check)


@pytest.fixture
def mine(make_plugin: Callable[..., object]) -> Both:
    """(accepted by the loader, by the schema): settings of a plugin's section."""
    plugins = Plugins(discover=False, extra=[make_plugin("p", register_config=lambda: {"mine": Mine})])
    schema = Draft7Validator(json_schema(plugins.sections))

    def both(settings: dict[str, Any]) -> tuple[bool, bool]:
        raw = {"mine": {"needed": "x", **settings}}
        try:
            loads = bool(load_config(plugins, settings=raw, environ=ENVIRON))
        except ConfigError:
            loads = False
        return loads, schema.is_valid(raw)

    return both


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"needed": "x${env.NAME}", "inner": {"size": 9}, "many": [{}, {"size": 2}], "by_name": {"a": {"size": 1}}},
        {"colour": "blue", "mode": "slow", "some": ["y"], "few": ["a", "b"], "word": "abcd", "level": 2, "minutes": 1},
        {"mode": None, "level": "${env.NUMBER}", "token": "secret", "word": "${env.LEVEL}"},
        {"level": None},
    ],
)  # fmt: skip
def test_a_plugins_section_is_accepted_by_both(mine: Both, settings: dict[str, Any]) -> None:
    assert mine(settings) == (True, True)


@pytest.mark.parametrize(
    "settings",
    [
        {"needed": "X"}, {"needed": None}, {"inner": {"size": 10}}, {"inner": {"size": 0}}, {"inner": {"sise": 1}},
        {"many": [{"size": 0}]}, {"by_name": {"a": {"size": 0}}}, {"colour": "green"}, {"mode": "other"},
        {"some": ["z"]}, {"few": ["a", "b", "c"]}, {"word": "a"}, {"word": "abcde"}, {"level": 4}, {"token": 1},
        {"other": 1},
    ],
)  # fmt: skip
def test_a_plugins_section_is_refused_by_both(mine: Both, settings: dict[str, Any]) -> None:
    assert mine(settings) == (False, False)


def test_it_is_a_schema() -> None:
    Draft7Validator.check_schema(json_schema({"mine": Mine}))


def test_a_section_of_no_class_that_is_known_is_not_judged() -> None:
    assert Draft7Validator(json_schema({"mine": dict})).is_valid({"mine": [1]})


def test_a_section_with_something_required_must_be_there() -> None:
    assert not Draft7Validator(json_schema({"mine": Mine})).is_valid({})
    assert not Draft7Validator(json_schema({"mine": Mine})).is_valid({"mine": None})


def test_defaults_stand_where_json_has_a_word_for_them() -> None:
    settings = json_schema({"mine": Mine})["properties"]["mine"]["properties"]
    shown = {name: setting["default"] for name, setting in settings.items() if "default" in setting}
    assert shown == {"colour": "red", "some": ["x"], "word": "ab", "minutes": 60, "own": 3}
    assert settings["some"]["items"]["anyOf"][0]["enum"] == ["x", "y"]  # a set in the order of its words


def test_an_explanation_may_take_several_lines_and_ends_where_the_next_part_begins() -> None:
    assert explanations(Inner) == {"size": "How much of it."}
    assert explanations(Colour) == {}

"""Amounts of memory: how they may be written, in a configuration and in a variable, and what is told of wrong ones."""

from typing import Any

import jsonschema
import pytest

from aurarouter_core.amounts import Amount, written
from aurarouter_core.config import Config
from aurarouter_core.layers import Layers
from aurarouter_core.schema import json_schema
from aurarouter_core.structure import build
from aurarouter_hooks import ConfigError


def configured(value: Any, **environ: str) -> Config:
    return build(Layers.of({"system": {"memory": value}}, {}), environ=environ)


@pytest.mark.parametrize(
    ("text", "amount"),
    [("1", 1), ("8 GiB", 8 * 2**30), ("1.5gb", 1_500_000_000), ("500 MB", 500_000_000), ("64KiB", 65_536), ("75%", 750),
     ("0.5 %", 5), ("7 B", 7), ("2tib", 2 * 2**40), (str(2**53 + 1), 2**53 + 1)],
)  # fmt: skip
def test_what_an_amount_says(text: str, amount: int) -> None:
    assert Amount(text).bytes(free=1000) == amount
    assert configured(text).system.memory == text
    jsonschema.validate({"system": {"memory": text}}, json_schema())


@pytest.mark.parametrize(
    "text", ["", "much", "-1", "0", "0%", "101%", "8 GiBs", "1e9", "8  GiB", "٣ GiB", "GiB", "1 ib"]
)
def test_what_is_no_amount_is_told(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        configured(text)
    (problem,) = caught.value.problems
    assert problem.path == ("system", "memory")
    assert "must be" in problem.what


@pytest.mark.parametrize("value", [True, 1.5, ["8 GiB"], {"a": 1}])
def test_other_things_than_texts_and_numbers_are_told(value: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        configured(value)
    assert "expected an amount of memory" in caught.value.problems[0].what


def test_a_number_is_bytes_and_a_variable_may_say_it() -> None:
    assert configured(8_000_000_000).system.memory.bytes(None) == 8_000_000_000
    assert configured("${env.ROOM}", ROOM="2 GiB").system.memory.bytes(None) == 2**31
    assert Config().system.memory.bytes(1000) == 750
    assert Amount("50%").bytes(None) is None
    for text in (5, "${env.ROOM}"):
        jsonschema.validate({"system": {"memory": text}}, json_schema())


def test_amounts_for_people() -> None:
    told = [written(amount) for amount in (0, 1023, 1024, 98_362_432, 231_000_000, 5 * 2**30, 2**50)]
    assert told == ["0 B", "1023 B", "1.0 KiB", "93.8 MiB", "220 MiB", "5.0 GiB", "1024 TiB"]

"""A secret shows itself to the one who asks for it, and to nobody else."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest

from aurarouter_hooks import Model, Secret

KEY = "sk-0123456789abcdef"


def test_a_secret_reveals_itself_only_when_asked() -> None:
    secret = Secret(KEY)
    assert secret.reveal() == KEY
    assert secret
    assert not Secret("")
    assert secret == Secret(KEY) != Secret("other")


@pytest.mark.parametrize("shape", ["{}", "{!r}", "{!s}", "{!a}", "{:>80}", "%s", "%r"])
def test_a_secret_is_masked_in_every_format(shape: str) -> None:
    model = Model(id="fast", provider="openapi", api_key=Secret(KEY))
    for value in (Secret(KEY), model, [Secret(KEY)], {"key": Secret(KEY)}):
        try:
            shown = shape % (value,) if "%" in shape else shape.format(value)
        except TypeError:
            continue  # a model, a list and a dict take no width
        assert KEY not in shown
        assert "****" in shown


def test_a_secret_is_masked_in_every_dump_of_a_model() -> None:
    model = Model(id="fast", provider="openapi", api_key=Secret(KEY))
    assert KEY not in str(attrs.asdict(model))
    assert KEY not in str(attrs.astuple(model))
    assert KEY not in json.dumps(attrs.asdict(model), default=str)
    assert KEY not in str(getattr(model.api_key, "__dict__", ""))


def test_a_secret_cannot_be_changed() -> None:
    secret: Any = Secret(KEY)
    with pytest.raises(AttributeError):
        secret._value = "other"
    assert secret.reveal() == KEY

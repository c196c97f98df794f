"""Money on the command line: how a budget stands, what was saved, which prices are old or unknown."""

import csv
import io
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from aurarouter_core.cli import money
from aurarouter_core.cli.money import old_prices, saved_line
from aurarouter_core.layers import Layers
from aurarouter_core.prices import OLD, listed
from aurarouter_core.saved import reference_price, with_savings
from aurarouter_core.structure import build
from aurarouter_hooks import Price

Run = Callable[..., Any]
CONFIG = """
models:
  big: {provider: echo, price: {input: 2, output: 8}}
  parrot: {provider: echo, price: {}}
roles: {coding: [big, parrot], summarization: [parrot]}
budget: {per_day: 0.01, max_output: 100, reference: big, apps: {shop: {per_month: 1}}}
"""
OLD_ONE = """
models: {gpt: {provider: openapi, endpoint: "https://api.openai.com/v1", model_name: gpt-4o}}
roles: {coding: [gpt]}
"""


def row(**figures: Any) -> dict[str, Any]:
    empty = {"input_tokens": 0, "output_tokens": 0, "cached_input_tokens": 0, "cost": None, "unpriced": 0}
    return {**empty, **figures}


def test_what_was_spent_set_aside_and_saved(aurarouter: Run) -> None:
    untouched = json.loads(aurarouter("usage", "--budget", "--json", config=CONFIG).stdout)
    assert [(each["spent"], each["left"]) for each in untouched] == [(0.0, 0.01), (0.0, 1.0)]
    answered = json.loads(aurarouter("run", "--json", "x" * 40, config=CONFIG).stdout)
    assert answered["cost"] == answered["trace"]["cost"] == answered["reference"] == pytest.approx(10e-6)
    assert answered["saved"] == 0.0
    aurarouter("run", "--role", "summarization", "y" * 40, config=CONFIG)
    day, month = json.loads(aurarouter("usage", "--budget", "--json", config=CONFIG).stdout)
    assert (day["period"], day["app"], day["limit"], day["spent"]) == ("day", None, 0.01, pytest.approx(10e-6))
    assert (month["period"], month["app"], month["limit"], month["spent"]) == ("month", "shop", 1.0, 0.0)
    rows = json.loads(aurarouter("usage", "--json", config=CONFIG).stdout)
    assert {each["model"]: each["saved"] for each in rows} == {"big": 0.0, "parrot": pytest.approx(10e-6)}
    written = list(csv.DictReader(io.StringIO(aurarouter("usage", "--csv", config=CONFIG).stdout)))
    assert {each["model"]: float(each["reference"]) for each in written} == pytest.approx({"big": 1e-5, "parrot": 1e-5})


def test_a_refusal_is_exit_code_3_and_explained(aurarouter: Run) -> None:
    broke = CONFIG.replace("per_day: 0.01", "per_day: 0").replace("[big, parrot]", "[big]")
    done = aurarouter("run", "hello", config=broke)
    assert done.returncode == 3
    assert "the budget of 0 USD per day is spent" in done.stderr
    explained = aurarouter("explain", "hello", "--json", config=broke)
    assert explained.returncode == 3
    told = json.loads(explained.stdout)
    assert told["decision"]["over_budget"] == ["big"]
    assert told["error"]["type"] == "BudgetError"


def test_no_budget_is_said_and_wrong_options_are_refused(aurarouter: Run) -> None:
    none = CONFIG[: CONFIG.index("budget:")]
    assert aurarouter("usage", "--budget", config=none).stdout == "no budget is set\n"
    assert aurarouter("usage", "--budget", "--csv", config=none).returncode == 2


def test_savings_are_the_difference_and_unknown_stays_unknown() -> None:
    reference = Price(input=10, output=100, cached_input=1)
    rows = with_savings(
        [
            row(input_tokens=1000, output_tokens=10, cached_input_tokens=500, cost=0.001),
            row(input_tokens=1000, unpriced=1),
            row(input_tokens=1000, cost=0.5, unpriced=1),
            row(),
        ],
        reference,
    )
    assert rows[0]["reference"] == pytest.approx((500 * 10 + 500 * 1 + 10 * 100) / 1e6)
    assert rows[0]["saved"] == pytest.approx(0.0065 - 0.001)
    assert [each["saved"] for each in rows[1:]] == [None, None, 0.0]
    assert saved_line(rows, "big") == (
        "against 'big' for the same tokens: 0.005500 USD saved; where the cost is unknown, nothing is counted"
    )
    dear = with_savings([row(cost=1.0)], reference)
    assert saved_line(dear, "big") == "against 'big' for the same tokens: 1.000000 USD spent more"


def test_a_reference_is_a_model_of_yours_or_a_listed_one() -> None:
    models = {
        "mine": {"provider": "echo", "price": {"input": 1}},
        "gpt-4o": {"provider": "echo", "price": {"input": 3}},
    }
    priced = {
        name: reference_price(build(Layers.of({"models": models, "budget": {"reference": name}}, {})))
        for name in ("mine", "gpt-4o", "gpt-4.1")
    }
    assert priced == {"mine": Price(input=1), "gpt-4o": Price(input=3), "gpt-4.1": listed("gpt-4.1")}


def test_an_old_price_is_told_and_one_of_your_own_never_is(monkeypatch: pytest.MonkeyPatch) -> None:
    import yaml

    settings = yaml.safe_load(OLD_ONE)
    price = listed("gpt-4o")
    assert price is not None
    read = date.fromisoformat(price.as_of).toordinal()

    class Later:
        @staticmethod
        def now(zone: object) -> Any:
            return type("Then", (), {"date": staticmethod(lambda: date.fromordinal(read + OLD + days))})

    monkeypatch.setattr(money, "datetime", Later)
    days = 0
    assert list(old_prices(build(Layers.of(settings, {})))) == []
    days = 1
    assert list(old_prices(build(Layers.of(settings, {})))) == [("gpt", price, OLD + 1)]
    settings["models"]["gpt"]["price"] = {"input": 1}
    assert list(old_prices(build(Layers.of(settings, {})))) == []


def test_doctor_and_list_tell_prices(aurarouter: Run) -> None:
    config = CONFIG.replace("parrot: {provider: echo, price: {}}", "parrot: {provider: echo}")
    doctor = aurarouter("doctor", config=config).stdout
    assert "a budget is set: 0.01 USD per day, 1 USD per month for 'shop'" in doctor
    assert "what model 'parrot' costs is unknown" in doctor
    shown = aurarouter("model", "list", config=config).stdout
    assert "2 in, 8 out USD per million tokens" in shown
    assert "price unknown" in shown
    rows = json.loads(aurarouter("model", "list", "--json", config=config).stdout)
    assert [each["price"] and each["price"]["output"] for each in rows] == [8, None]

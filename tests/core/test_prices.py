"""What models cost: by the vendor's own name and at the vendor's own address; unknown is not nothing."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from attrs import evolve

from aurarouter_core import Plugins, Router, Task
from aurarouter_core.config import Config
from aurarouter_core.configured import configured
from aurarouter_core.cost import at_most, cost, is_free, limited, price_of
from aurarouter_core.length import A_FILE
from aurarouter_core.prices import FREE, VENDORS, age, listed
from aurarouter_hooks import (
    ConfigError,
    Location,
    Media,
    Message,
    Model,
    Price,
    Prompt,
    ProviderTimeoutError,
    ProviderUnavailableError,
    Usage,
)

Configure = Callable[..., Config]


def test_every_listed_price_is_dated_sourced_and_whole() -> None:
    for vendor in VENDORS:
        assert "pricing" in vendor.page.casefold()
        for name, (put, out, cached, write, day) in vendor.rows.items():
            price = listed(name)
            assert price is not None
            assert (price.as_of, price.source) == (day, vendor.page)
            assert date.fromisoformat(day) <= date.today()
            assert 0 < put < out
            assert cached is None or 0 < cached < put
            assert write is None or write > put


def test_names_are_the_vendors_own_with_or_without_a_date() -> None:
    assert listed("claude-haiku-4-5-20251001") == listed("claude-haiku-4-5") == listed("claude-haiku-4-5-latest")
    assert listed("gpt-4.1-2025-04-14") == listed("gpt-4.1")
    assert listed("gpt-4.1-mini") != listed("gpt-4.1")
    assert listed("gpt-4o-2024-11-20") == listed("gpt-4o")
    first = listed("gpt-4o-2024-05-13")  # dearer than those after it
    assert first is not None
    assert (first.input, first.output) == (5.0, 15.0)
    for unknown in ("claude", "claude-next", "gpt-4o-audio", "my-gpt-4o", "cloud_gemini_flash", ""):
        assert listed(unknown) is None, unknown


@pytest.mark.parametrize(
    ("endpoint", "known"),
    [
        ("", True),
        ("https://api.openai.com/v1", True),
        ("https://api.openai.com.evil.example/v1", False),
        ("http://127.0.0.1:8080", False),
        ("https://gateway.example/openai", False),
        ("nonsense", False),
        ("http://[", False),
    ],
)
def test_another_server_may_charge_something_else(endpoint: str, known: bool) -> None:
    assert (listed("gpt-4o", endpoint) is not None) is known
    assert (listed("gpt-4o", "https://api.openai.com/v1", endpoint) is not None) is known


def test_it_is_the_vendors_name_that_counts_and_the_users_price_wins(configure: Configure) -> None:
    config = configure(
        cloud_gemini_flash={"provider": "remote", "model_name": "gemini-2.5-flash"},
        mine={"provider": "remote", "model_name": "gemini-2.5-flash", "price": {"input": 7, "cached_write": 8}},
        unheard={"provider": "remote", "model_name": "gemini-99"},
        file={"provider": "remote", "model_path": "model.gguf"},
        relay={"provider": "remote", "model_path": "model.gguf", "endpoint": "https://gateway.example"},
        nothing={"provider": "remote", "price": {}},
    )
    prices = {name: model.price for name, model in configured(config).items()}
    assert prices["cloud_gemini_flash"] == listed("gemini-2.5-flash")
    assert prices["mine"] == Price(input=7, cached_write=8)
    assert (prices["unheard"], prices["relay"]) == (None, None)
    assert (prices["file"], prices["nothing"]) == (FREE, Price())


def test_only_what_provably_runs_here_is_free_without_a_word() -> None:
    model = Model(id="a", provider="x")
    assert price_of(model, Location(kind="process")) == price_of(model, Location(kind="loopback")) == FREE
    for elsewhere in (None, Location(), Location(kind="remote"), Location(kind="loopback", relay=True)):
        assert price_of(model, elsewhere) is None
    dear = evolve(model, price=Price(input=1))
    assert price_of(dear, Location(kind="process")) == Price(input=1)
    assert is_free(FREE)
    assert not is_free(Price(cached_write=1))


@pytest.mark.parametrize(
    ("usage", "price", "dollars"),
    [
        ({"input_tokens": 1000, "output_tokens": 100}, {"input": 2, "output": 10}, 3000),
        ({"input_tokens": 1000, "cached_input_tokens": 400}, {"input": 2, "cached_input": 1}, 1600),
        ({"input_tokens": 1000, "cached_input_tokens": 400}, {"input": 2}, 2000),
        ({"input_tokens": 1000, "cache_write_tokens": 400}, {"input": 2, "cached_write": 3}, 2400),
        ({"input_tokens": 1000, "cache_write_tokens": 400}, {"input": 2}, 2000),
        (
            {"input_tokens": 1000, "cached_input_tokens": 300, "cache_write_tokens": 200, "output_tokens": 1},
            {"input": 10, "cached_input": 1, "cached_write": 12, "output": 50},
            5000 + 300 + 2400 + 50,
        ),
        ({"input_tokens": 10, "cached_input_tokens": 400}, {"input": 2, "cached_input": 1}, 400),
    ],
)
def test_each_kind_of_token_has_its_price(usage: Any, price: Any, dollars: float) -> None:
    assert cost(Usage(**usage), Price(**price)) == pytest.approx(dollars / 1e6)


def test_an_upper_bound_is_one() -> None:
    price = Price(input=1, output=10, cached_write=2)
    prompt = Prompt.of("word " * 1000)
    assert at_most(prompt, price, 100) >= (1000 * 2 + 100 * 10) / 1e6
    named = evolve(prompt, parameters={"max_tokens": 7})
    assert at_most(prompt, price, 100) - at_most(named, price, 100) == pytest.approx(93 * 10 / 1e6)
    several = evolve(named, parameters={"max_tokens": 7, "n": 3})
    assert at_most(several, price, 100) - at_most(named, price, 100) == pytest.approx(14 * 10 / 1e6)
    picture = evolve(prompt, messages=(Message("user", [Media(media_type="image/png", data=b"\0" * 10**6)]),))
    assert A_FILE * 2 < at_most(picture, price, 0) * 1e6 < A_FILE * 2 + 200  # its million bytes are no text


def test_an_answer_has_an_end_under_a_budget() -> None:
    assert limited({"temperature": 1}, 50) == {"temperature": 1, "max_tokens": 50}
    for given in ({"max_tokens": 9}, {"max_completion_tokens": 9}, {"max_output_tokens": 9}):
        assert limited(given, 50) == given
    assert limited({"max_tokens": None}, 50) == {"max_tokens": 50}


def test_age_is_told_in_days() -> None:
    assert age(Price(as_of="2026-01-31"), date(2026, 3, 2)) == 30
    assert age(Price(), date(2026, 3, 2)) is None


def test_a_reference_that_nobody_knows_is_refused(configure: Configure) -> None:
    assert configure(budget={"reference": "gpt-4o"}).budget.reference == "gpt-4o"
    assert configure(budget={"reference": "a"}, a={"provider": "remote"}).budget.reference == "a"
    with pytest.raises(ConfigError) as caught:
        configure(budget={"reference": "parott"}, parrot={"provider": "remote"})
    assert "did you mean 'parrot'" in str(caught.value.problems[0])


async def test_what_provably_runs_here_costs_nothing_with_no_budget_too(configure: Configure, plugins: Plugins) -> None:
    seen: list[Any] = []
    config = configure(
        here={"provider": "here", "options": {"seen": seen}}, far={"provider": "remote", "options": {"seen": seen}}
    )
    async with Router(config, plugins) as router:
        costs = [(await router.run(Task("hello", model=name))).trace.cost for name in ("here", "far", "here", "far")]
    assert costs == [0.0, None, 0.0, None]


async def test_what_was_never_charged_for_costs_nothing_and_the_sum_knows_its_gaps(
    configure: Configure, plugins: Plugins
) -> None:
    down = {"provider": "scripted", "options": {"script": (ProviderUnavailableError("down"),)}}
    late = {"provider": "scripted", "options": {"script": (ProviderTimeoutError("late", after=1),)}}
    good = {"provider": "scripted", "options": {"script": ("yes", None)}, "price": {"input": 4, "output": 4}}
    for first, known in ((down, True), (late, False)):
        async with Router(configure(first=first, good=good), plugins) as router:
            trace = (await router.run(Task("hello"))).trace
        assert [attempt.cost is not None for attempt in trace.attempts] == [known, True]
        assert (trace.cost is not None) is known

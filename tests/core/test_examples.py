"""Intents that are made of a handful of examples, and words that show an intent."""

from collections.abc import Mapping
from typing import Any

import pytest

from aurarouter_core import Config, Plugins, Task
from aurarouter_core.decide import decide
from aurarouter_core.examples import MOST, learn
from aurarouter_core.hotpath import Analyser
from aurarouter_core.layers import Layers
from aurarouter_core.lexicon import Lexicon
from aurarouter_core.scored import score
from aurarouter_core.snapshot import Snapshot
from aurarouter_core.structure import build
from aurarouter_hooks import ConfigError

REFUND = (
    "I want my money back for order 4411",
    "please refund the broken headphones",
    "how do I get a refund for a cancelled trip",
    "you charged me twice, return the money",
)
MODEL = Lexicon.default().model


def configured(intents: Mapping[str, Any]) -> Config:
    settings = {
        "models": {"a": {"provider": "echo"}},
        "roles": {"coding": ["a"], "support": ["a"], "reasoning": ["a"]},
        "intents": intents,
    }
    return build(Layers.of(settings, {}))


def snapshot(intents: Mapping[str, Any]) -> Snapshot:
    return Snapshot.of(configured(intents), Plugins(discover=False))


def test_a_handful_of_examples_is_enough() -> None:
    state = snapshot({"REFUND": {"role": "support", "examples": REFUND}})
    found = state.analyser.analyse("can I get my money back for the trip you cancelled")
    assert found.intent == "REFUND"
    assert found.confidence == found.probabilities["REFUND"] > 0.5
    assert sum(found.probabilities.values()) == pytest.approx(1.0)
    assert decide(Task("please refund my order"), state, {}).role == "support"
    other = state.analyser.analyse("Write a Python function that reverses a string")
    assert other.intent == "SIMPLE_CODE"
    assert other.probabilities["REFUND"] < 0.5


def test_an_intent_of_the_same_name_takes_the_place_of_the_built_in_one() -> None:
    state = snapshot({"SIMPLE_CODE": {"role": "support", "examples": ["knit a scarf with two colours"]}})
    assert decide(Task("Write a Python function that reverses a string"), state, {}).role == "support"
    decision = decide(Task("knit a scarf with three colours"), state, {})
    assert (decision.intent, decision.role) == ("SIMPLE_CODE", "support")


def test_a_synonym_shows_its_intent_whatever_the_wording_says() -> None:
    state = snapshot({"LEGAL": {"role": "support", "synonyms": ["Contract Law"]}})
    decision = decide(Task("Write a Python function about contract  law"), state, {})
    assert (decision.intent, decision.role) == ("LEGAL", "support")


def test_a_set_threshold_is_kept() -> None:
    assert learn({"REFUND": REFUND}, {"REFUND": 0.77}, MODEL).thresholds == (0.77,)


def test_examples_without_a_word_are_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match="the examples of intent 'X' hold no word"):
        snapshot({"X": {"role": "support", "examples": [" \n "]}})


def test_too_many_intents_with_examples_are_a_configuration_error() -> None:
    many = {f"I{n}": {"role": "support", "examples": [f"number {n}"]} for n in range(MOST + 1)}
    with pytest.raises(ConfigError, match="17 intents have examples; 16 are possible"):
        snapshot(many)


def test_without_examples_nothing_changes() -> None:
    plain, same = Analyser(Lexicon.default()), snapshot({"X": {"role": "support"}}).analyser
    for text in ("refund me", "Review this code", ""):
        assert plain.analyse(text) == same.analyse(text)


def test_scores_count_what_was_given() -> None:
    found = score(["A", "A", "B", "B"], ["A", "B", "B", "C"], [1.0, 1.0, 1.0, 1.0])
    assert (found.accuracy, found.calibration, found.wrong) == (0.5, 0.5, (1, 3))
    assert found.matrix == {"A": {"A": 1, "B": 1, "C": 0}, "B": {"A": 0, "B": 1, "C": 1}}
    assert (found.intents["B"].precision, found.intents["B"].recall) == (0.5, 0.5)
    assert (found.intents["C"].precision, found.intents["C"].recall) == (0.0, None)

"""The compiled hot path and its plain twin agree on names, results and errors."""

import inspect
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurarouter_core.lexicon import Lexicon

WORDS = [
    *Lexicon.default().verbs,
    *Lexicon.default().words,
    *Lexicon.default().openings,
    *("transpile", "c++ to rust", "code golf", "don\u2019t", "\u603b\u7ed3", "na\u00efve review"),
    *("\u2019", "'", "\ud800", "\udfff", "\0", "\n", "\r\n", "\u2028", "\u0130", "\u03a3", "\u00df", "\U0001f600"),
    *("?", "\uff1f", "(", ".", "_", "```", "e\u0301", "\u0645\u0631\u062d\u0628\u0627", "\u216b", "\u00b2", "\u0f33"),
]
# The lexicon's words with every kind of glue between them, wider code points and half surrogates included.
SENTENCES = st.lists(
    st.tuples(
        st.sampled_from(WORDS) | st.text(max_size=8), st.sampled_from(["", " ", "  ", "\n", "\u3000", ". ", "-"])
    ),
    max_size=80,
).map(lambda pairs: "".join(word + glue for word, glue in pairs))
ANYTHING = st.text(st.characters(exclude_categories=()), max_size=300)


def outcome(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What a call returns, or the type and the words of what it raises."""
    try:
        return call(*args, **kwargs)
    except Exception as exc:
        return type(exc), str(exc)


@pytest.fixture(scope="module")
def twins(plain: ModuleType, compiled: ModuleType, make: Callable[..., Any], odd_lexicon: Lexicon) -> tuple[Any, Any]:
    return make(plain, odd_lexicon), make(compiled, odd_lexicon)


def test_the_same_public_names_in_the_same_order(plain: ModuleType, compiled: ModuleType) -> None:
    assert compiled.__all__ == plain.__all__
    assert {name for name in vars(compiled) if not name.startswith("_")} == set(plain.__all__)
    assert compiled.FEATURES == plain.FEATURES
    methods = [name for name in vars(plain.Analyser) if not name.startswith("_")]
    assert [name for name in vars(compiled.Analyser) if not name.startswith("_")] == methods


@pytest.mark.parametrize("name", ["fold", "words", "Analyser.resolve", "Analyser.analyse"])
def test_the_same_parameters(plain: ModuleType, compiled: ModuleType, name: str) -> None:
    def parameters(module: ModuleType) -> list[str]:
        found: Any = module
        for part in name.split("."):
            found = getattr(found, part)
        return list(inspect.signature(found).parameters)

    assert parameters(compiled) == parameters(plain)


def test_every_code_point_folds_alike_and_is_in_a_word_alike(plain: ModuleType, compiled: ModuleType) -> None:
    everything = [chr(point) for point in range(sys.maxunicode + 1)]
    assert [c for c in everything if compiled.fold(c) != plain.fold(c)] == []
    assert [c for c in everything if compiled.words(c) != plain.words(c)] == []
    assert [c for c in everything if bool(plain.words(c)) != (c.isalnum() or c == "_")] == []
    assert {len(plain.fold(c)) for c in everything} == {1}


@given(SENTENCES)
@settings(max_examples=300, deadline=None)
def test_sentences_of_known_words(twins: tuple[Any, Any], plain: ModuleType, compiled: ModuleType, text: str) -> None:
    assert compiled.words(text) == plain.words(text)
    assert compiled.fold(text) == plain.fold(text)
    first, second = twins
    assert second.analyse(text) == first.analyse(text)
    assert second.resolve(text) == first.resolve(text)


@given(ANYTHING)
@settings(max_examples=300, deadline=None)
def test_any_text(twins: tuple[Any, Any], text: str) -> None:
    first, second = twins
    assert second.analyse(text) == first.analyse(text)
    assert second.resolve(text) == first.resolve(text)


@given(
    SENTENCES, st.integers(5_000, 9_000), st.sampled_from(["x", " ", "\n", "\u00e9", "\u603b ", "\U0001f600", "plan "])
)
@settings(max_examples=60, deadline=None)
def test_texts_longer_than_the_window(twins: tuple[Any, Any], text: str, length: int, filler: str) -> None:
    first, second = twins
    long = text + filler * (length // len(filler)) + text
    assert second.analyse(long) == first.analyse(long)


@pytest.mark.parametrize("wrong", [None, 7, b"bytes", ["list"], 1.5])
@pytest.mark.parametrize("name", ["fold", "words", "resolve", "analyse"])
def test_wrong_types(twins: tuple[Any, Any], plain: ModuleType, compiled: ModuleType, name: str, wrong: object) -> None:
    first, second = (getattr(owner, name) for owner in ((plain, compiled) if name in plain.__all__ else twins))
    kind, message = outcome(first, wrong)
    assert (kind, message) == (TypeError, f"{name}() needs a str, not {type(wrong).__name__}")
    assert outcome(second, wrong) == (kind, message)


@pytest.mark.parametrize(
    "changes",
    [
        {"verbs": {"one two three four five": "coding"}},
        {"verbs": {"???": "coding"}},
        {"verbs": {"": "coding"}},
        {"verbs": {7: "coding"}},
        {"features": []},
        {"signals": {"word": (1, 2)}},
        {"signals": {"word": (1.5,) * 10}},
        {"signals": {"word": (10_001,) * 10}},
        {"intents": (), "features": [], "signals": {}},
        {"roles": (), "features": [], "signals": {}},
        {"levels": ("high",)},
    ],
    ids=str,
)
def test_what_no_analyser_can_be_made_of(
    plain: ModuleType, compiled: ModuleType, make: Callable[..., Any], odd_lexicon: Lexicon, changes: dict[str, Any]
) -> None:
    first = outcome(make, plain, odd_lexicon, **changes)
    assert isinstance(first, tuple)
    assert first[0] in {TypeError, ValueError}
    assert outcome(make, compiled, odd_lexicon, **changes) == first


@given(
    words=st.dictionaries(st.text(max_size=6), st.lists(st.integers(-300, 300), min_size=10, max_size=10), max_size=12),
    verbs=st.dictionaries(st.text("ab +", max_size=9), st.sampled_from(["", "coding", "x", "y"]), max_size=8),
    levels=st.lists(st.floats(allow_nan=True), max_size=4),
    data=st.data(),
)
@settings(max_examples=150, deadline=None)
def test_any_lexicon(
    plain: ModuleType,
    compiled: ModuleType,
    make: Callable[..., Any],
    words: dict[str, list[int]],
    verbs: dict[str, str],
    levels: list[float],
    data: st.DataObject,
) -> None:
    lexicon = Lexicon.default()
    changes = {"signals": words, "verbs": verbs, "levels": levels}
    first, second = (outcome(make, module, lexicon, **changes) for module in (plain, compiled))
    if isinstance(first, tuple):
        assert second == first
        return
    known = [*words, *verbs, "a", "b", " "]
    text = " ".join(data.draw(st.lists(st.sampled_from(known), max_size=20)))
    assert second.analyse(text) == first.analyse(text)
    assert second.resolve(text) == first.resolve(text)

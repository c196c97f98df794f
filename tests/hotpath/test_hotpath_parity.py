"""The compiled hot path and its plain twin agree on names, results and errors."""

import inspect
import random
import sys
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from aurarouter_core import classifier
from aurarouter_core.classifier import Likeness, Model, shipped
from aurarouter_core.lexicon import Lexicon
from aurarouter_hooks import Analysis, Finding, Span

WORDS = [
    *Lexicon.default().verbs,
    *(
        "write",
        "a function",
        "what is",
        "summarize",
        "which answer is better",
        "plan a trip",
        "step by step",
        "def f(x):",
    ),
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
    assert compiled.WIDTH == plain.WIDTH == classifier.WIDTH
    methods = [
        [name for name in vars(module.Analyser) if name[0] != "_" and name != "built"] for module in (plain, compiled)
    ]
    assert methods[0] == methods[1]
    assert "built" in vars(plain.Analyser).keys() & vars(compiled.Analyser).keys()


@pytest.mark.parametrize(
    "name", ["constructor", "fold", "grams", "words", "Analyser.resolve", "Analyser.analyse", "Analyser.value"]
)
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
    made = second.value(text, Analysis, Finding, Span)
    assert made == first.value(text, Analysis, Finding, Span)
    assert (made.intent, made.spans) == (evolve(made).intent, evolve(made).spans)


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
@pytest.mark.parametrize("name", ["fold", "grams", "words", "resolve", "analyse"])
def test_wrong_types(twins: tuple[Any, Any], plain: ModuleType, compiled: ModuleType, name: str, wrong: object) -> None:
    first, second = (getattr(owner, name) for owner in ((plain, compiled) if name in plain.__all__ else twins))
    if name == "grams":
        first, second = (partial(call, head=9, tail=9) for call in (first, second))
    kind, message = outcome(first, wrong)
    assert (kind, message) == (TypeError, f"{name}() needs a str, not {type(wrong).__name__}")
    assert outcome(second, wrong) == (kind, message)


@pytest.mark.parametrize("size", [(-1, 5), (5, -1), (1_000_001, 0)])
def test_sizes_that_no_window_has(plain: ModuleType, compiled: ModuleType, size: tuple[int, int]) -> None:
    first = outcome(plain.grams, "text", *size)
    assert first[0] is ValueError
    assert outcome(compiled.grams, "text", *size) == first


@given(SENTENCES | ANYTHING, st.integers(0, 60), st.integers(0, 60))
@settings(max_examples=200, deadline=None)
def test_grams(plain: ModuleType, compiled: ModuleType, text: str, head: int, tail: int) -> None:
    assert compiled.grams(text, head, tail) == plain.grams(text, head, tail)


@pytest.mark.parametrize("word", ["x" * 600, "\u603b" * 600, "e\u0301" * 300, "_'" * 300, "a'" * 300])
def test_long_words(twins: tuple[Any, Any], word: str) -> None:
    first, second = twins
    assert second.analyse(word) == first.analyse(word)


SHIPPED = shipped()
WRONG_MODELS: list[dict[str, Any]] = [
    {"intents": ("ONE",)},
    {"roles": ()},
    {"roles": tuple("abcdefghij")},
    {"bits": 16},
    {"bits": 3},
    {"bits": 21},
    {"table": memoryview(b"")},
    {"head": -1},
    {"tail": 1_000_001},
    {"scales": (1,) * 9},
    {"scales": (1.5,) * 10},
    {"biases": ((1 << 24) + 1,) * 10},
    {"length": 0.0},
    {"length": float("nan")},
    {"levels": (1,)},
]
WRONG_LIKENESS: list[dict[str, Any]] = [
    {"names": ("a",)},
    {"names": tuple("abcdefghijklmnopq"), "thresholds": (0.5,) * 17},
    {"names": ("a",), "thresholds": (1.5,)},
    {"names": ("a",), "thresholds": (1,)},
    {"one": 0.0},
    {"names": ("a",), "thresholds": (0.5,), "weights": {-1: (1,)}},
    {"names": ("a",), "thresholds": (0.5,), "weights": {1 << 17: (1,)}},
    {"names": ("a",), "thresholds": (0.5,), "weights": {1: (1, 2)}},
    {"names": ("a",), "thresholds": (0.5,), "weights": {1: (-1,)}},
    {"names": ("a",), "thresholds": (0.5,), "weights": {1: (1 << 15,)}},
    {"names": ("a",), "thresholds": (0.5,), "weights": dict.fromkeys(range(1 << 16), (1,))},
]


@pytest.mark.parametrize(
    "changes",
    [
        *({"verbs": {synonym: "coding"}} for synonym in ("one two three four five", "???", "", 7)),
        *({"model": SHIPPED._replace(**wrong)} for wrong in WRONG_MODELS),
        *({"likeness": Likeness(**wrong)} for wrong in WRONG_LIKENESS),
    ],
    ids=lambda changes: ", ".join(map(str, changes)),
)
def test_what_no_analyser_can_be_made_of(
    plain: ModuleType, compiled: ModuleType, make: Callable[..., Any], odd_lexicon: Lexicon, changes: dict[str, Any]
) -> None:
    first = outcome(make, plain, odd_lexicon, **changes)
    assert isinstance(first, tuple)
    assert first[0] in {TypeError, ValueError}
    assert outcome(make, compiled, odd_lexicon, **changes) == first


def model_of(seed: int, bits: int) -> Model:
    """A model of random numbers, as large as they may be."""
    dice = random.Random(seed)
    return Model(
        table=memoryview(dice.randbytes(classifier.WIDTH << bits)),
        bits=bits,
        head=dice.randrange(40),
        tail=dice.randrange(40),
        scales=tuple(dice.randrange(-(1 << 24), 1 << 24) >> dice.randrange(24) for _ in range(6)),
        biases=tuple(dice.randrange(-(1 << 24), 1 << 24) >> dice.randrange(24) for _ in range(6)),
        intents=("A", "B", "C"),
        roles=("", "coding", "x"),
        levels=tuple(dice.random() * 3 for _ in range(3)),
        parts=(0.0, 1.5, 2.0),
        length=2048.0,
        fades=2304.0,
        within=384.0,
    )


@given(
    seed=st.integers(0, 1 << 30),
    bits=st.integers(4, 8),
    verbs=st.dictionaries(st.text("ab +", max_size=9), st.sampled_from(["", "coding", "x", "y"]), max_size=8),
    named=st.sets(st.text("ab +", max_size=9), max_size=8),
    likeness=st.dictionaries(st.integers(0, 15), st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=12),
    name=st.sampled_from(["B", "mine"]),
    data=st.data(),
)
@settings(max_examples=200, deadline=None)
def test_any_lexicon(
    plain: ModuleType,
    compiled: ModuleType,
    seed: int,
    bits: int,
    verbs: dict[str, str],
    named: set[str],
    likeness: dict[int, tuple[int, int]],
    name: str,
    data: st.DataObject,
) -> None:
    examples = Likeness((name, "other"), (0.2, 0.4), likeness, 20.0) if likeness else Likeness()
    given = (verbs, {*named, *list(verbs)[:2]}, model_of(seed, bits), examples)
    first, second = (outcome(module.Analyser, *given) for module in (plain, compiled))
    if isinstance(first, tuple):
        assert second == first
        return
    known = [*verbs, "a", "b", " ", "\u603b", "?", "'"]
    text = " ".join(data.draw(st.lists(st.sampled_from(known), max_size=20)))
    assert second.analyse(text) == first.analyse(text)
    assert second.resolve(text) == first.resolve(text)


@pytest.mark.parametrize("module", ["plain", "compiled"])
def test_what_a_pass_makes_is_given_back(request: pytest.FixtureRequest, odd_lexicon: Lexicon, module: str) -> None:
    """Reference counts of what every pass touches stay where they are."""
    made = request.getfixturevalue(module).Analyser(
        dict(odd_lexicon.verbs), odd_lexicon.named, odd_lexicon.model, odd_lexicon.likeness
    )
    texts = ["Review this code golf", "", "\u603b\u7ed3 caf\u00e9 " * 50, "x" * 9_000]
    watched = [made, *filter(None, texts), *made.analyse("code golf transpile")[7]]
    before = [sys.getrefcount(thing) for thing in watched]
    for _ in range(50 if module == "plain" else 20_000):
        list(map(made.analyse, texts))
        list(map(made.resolve, texts))
    assert [sys.getrefcount(thing) for thing in watched] == before

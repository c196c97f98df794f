"""What a pass finds in a text, in both implementations."""

import subprocess
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from aurarouter_core._grams_py import window
from aurarouter_core.lexicon import Lexicon

MILLION = 1_000_000
MODEL = (Lexicon.default().model.head, Lexicon.default().model.tail)


@pytest.fixture
def analyser(implementation: ModuleType, make: Callable[..., Any], odd_lexicon: Lexicon) -> Any:
    return make(implementation, odd_lexicon)


def verbs(analyser: Any, text: str) -> list[tuple[str, str]]:
    return list(analyser.analyse(text)[7])


@pytest.mark.parametrize(
    ("text", "intent", "role"),
    [
        ("Write a Python function that reverses a string", "SIMPLE_CODE", "coding"),
        ("What is the capital of France?", "DIRECT", ""),
        ("Hello, how are you?", "DIRECT", ""),
        ("Summarise this article: the council met on Tuesday and voted.", "DIRECT", "summarization"),
        ("Design a fault-tolerant event sourcing platform and plan the migration", "COMPLEX_REASONING", "reasoning"),
        ("Prove that the square root of 2 is irrational", "COMPLEX_REASONING", "reasoning"),
        ("Analyze the sales data and interpret the trend: 1, 2, 3, 40", "COMPLEX_REASONING", "analysis"),
        ("Review this pull request", "COMPLEX_REASONING", "reviewer"),
        ("Classify the intent of this message: I lost my card", "DIRECT", "router"),
    ],
)
def test_intent_and_role(analyser: Any, text: str, intent: str, role: str) -> None:
    found = analyser.analyse(text)
    assert (found[0], found[3]) == (intent, role)


def test_probabilities_are_of_all_intents_and_sum_to_one(analyser: Any) -> None:
    intent, confidence, probabilities, _, role_confidence, *_ = analyser.analyse("Write a parser for dates in Rust")
    assert list(probabilities) == ["DIRECT", "SIMPLE_CODE", "COMPLEX_REASONING"]
    assert sum(probabilities.values()) == pytest.approx(1.0)
    assert confidence == max(probabilities.values()) == probabilities[intent]
    assert 0.0 < role_confidence <= 1.0


def test_complexity_is_continuous_and_the_level_follows_it(analyser: Any) -> None:
    texts = [
        "hi",
        "What is the capital of France?",
        "Write a haiku about rain and a second one about snow",
        "Write a Python function that reverses a string",
        "Design a fault-tolerant event sourcing platform and plan the migration. " * 20,
    ]
    found = [analyser.analyse(text) for text in texts]
    complexities = [each[5] for each in found]
    levels = [each[6] for each in found]
    assert complexities == sorted(set(complexities))
    assert levels == sorted(levels)
    assert levels[0] == 1
    assert levels[-1] >= 9


def test_the_longest_phrase_wins_and_its_words_are_not_counted_again(analyser: Any) -> None:
    assert verbs(analyser, "code golf, then code") == [("code golf", "golfer"), ("code", "coding")]
    assert verbs(analyser, "Code  Generation\nplease") == [("code generation", "coding")]
    assert verbs(analyser, "tl;dr") == [("tl;dr", "summarization")]
    assert verbs(analyser, "TLDR or a code-review?") == [("tldr", "summarization"), ("code review", "reviewer")]
    assert verbs(analyser, "generation code") == [("code", "coding")]


def test_words_are_whole_words(analyser: Any) -> None:
    assert verbs(analyser, "encode decoder_code codec") == []
    assert verbs(analyser, "don't") == verbs(analyser, "DON\u2019T") == [("don't", "refuser")]
    assert verbs(analyser, "'code'") == [("code", "coding")]


@pytest.mark.parametrize(
    ("synonym", "forms"),
    [
        ("frobnicate", "frobnicates frobnicated frobnicating"),
        ("backport", "backports backported Backporting"),
        ("debug", "debugs debugged debugging"),
        ("classify", "classifies classified classifying"),
        ("fix", "fixes fixed fixing"),
        ("polish", "polishes polished polishing"),
        ("agree", "agrees agreed agreeing"),
        ("dye", "dyes dyed dyeing"),
        ("play", "plays played playing"),
    ],
)
def test_an_inflected_word_is_its_synonym(
    implementation: ModuleType, make: Callable[..., Any], synonym: str, forms: str
) -> None:
    analyser = make(implementation, Lexicon.default().with_verbs({synonym: "coding"}))
    for form in forms.split():
        assert verbs(analyser, f"She {form} it") == [(synonym, "coding")], form


def test_an_inflection_takes_no_synonym_s_place_and_others_have_none(
    implementation: ModuleType, make: Callable[..., Any]
) -> None:
    own = {
        "plane": "coding",
        "planing": "analysis",
        "go on": "coding",
        "résumé": "coding",
        "c3": "coding",
        "at": "coding",
    }
    analyser = make(implementation, Lexicon.default().with_verbs(own))
    assert verbs(analyser, "planing") == [("planing", "analysis")]
    assert verbs(analyser, "goes on, résumés, c3s, ats, go ons") == []
    assert analyser.resolve("planes") is None  # the name of a synonym, not a word in a text


def test_each_synonym_is_reported_once_and_a_bounded_number_of_them(
    implementation: ModuleType, make: Callable[..., Any]
) -> None:
    assert verbs(make(implementation, Lexicon.default()), "plan plan PLAN") == [("plan", "reasoning")]
    many = Lexicon.default().with_verbs({f"verb{i}": "coding" for i in range(100)})
    found = verbs(make(implementation, many), " ".join(f"verb{i}" for i in range(100)))
    assert found == [(f"verb{i}", "coding") for i in range(32)]


def test_a_synonym_leads_to_a_role_that_has_no_weights(analyser: Any) -> None:
    found = analyser.analyse("transpile this for me")
    assert (found[3], found[7]) == ("translator", (("transpile", "translator"),))


def test_spans_lie_in_the_text_in_order_and_are_few(analyser: Any) -> None:
    text = "Please review this pull request: does the Python function return the right value for every test?" * 5
    spans = analyser.analyse(text)[9]
    assert 0 < len(spans) <= 4
    assert [span[0] for span in spans] == sorted(span[0] for span in spans)
    assert all(0 <= start < end <= len(text) and weight >= 0.1 for start, end, _, weight in spans)


def test_no_private_data_is_claimed_to_be_found(analyser: Any) -> None:
    assert analyser.analyse("write to jane@example.org")[8] == ()


def test_a_long_text_is_read_at_both_ends_and_no_word_is_cut(analyser: Any) -> None:
    padding = "lorem " * 5_000
    assert verbs(analyser, f"summarize {padding} critique") == [
        ("summarize", "summarization"),
        ("critique", "reviewer"),
    ]
    assert verbs(analyser, f"{padding} critique {padding}") == []
    # the 4,000th character falls into "codegolf", and so does the 2,000th from the end
    assert verbs(analyser, "." * 3_996 + "codegolf" + "." * 90_000 + "golfcode" + "." * 1_996) == []
    assert verbs(analyser, "." * 3_995 + "code golf" + "." * 90_000) == [("code", "coding")]


def test_blanks_around_a_text_change_nothing(analyser: Any) -> None:
    text = "Write a Python function that reverses a string"
    assert analyser.analyse("\n \u3000" * 10_000 + text + "\t" * 10_000)[:8] == analyser.analyse(text)[:8]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " " * MILLION,
        "\n" * MILLION,
        "x" * MILLION,
        "\0" * MILLION,
        "\ud800" * MILLION,
        "e\u0301" * (MILLION // 2),
        "`" * MILLION,
        "'" * MILLION,
        "a'" * (MILLION // 2),
        "code " * (MILLION // 5),
        "which response is " * (MILLION // 18),
        "\U0001f600 \u603b" * (MILLION // 3),
        ". " * (MILLION // 2),
    ],
    ids=lambda text: f"{len(text)} of {text[:4]!r}",
)
def test_hostile_texts_are_read_to_the_end(analyser: Any, text: str) -> None:
    found = analyser.analyse(text)
    assert sum(found[2].values()) == pytest.approx(1.0)
    assert found[6] in range(1, 11)
    assert analyser.analyse(text) == found


def test_a_pass_reads_a_bounded_part() -> None:
    """Work doesn't grow with the text: the plain twin's window says so for both."""
    for text in ("x " * MILLION, "x" * MILLION, "\n" * MILLION):
        parts = [*window(text, 0, len(text), 4_000, 2_000), *window(text, 0, len(text), *MODEL)]
        assert sum(last - first for first, last in parts) <= 6_000 + sum(MODEL)


def test_resolve(analyser: Any) -> None:
    assert analyser.resolve("planner") == "reasoning"
    assert analyser.resolve("  Code Generation\n") == "coding"
    assert analyser.resolve("TL;DR") == "summarization"
    assert analyser.resolve("C++ to Rust") == "translator"
    assert analyser.resolve("Don't") == analyser.resolve("don\u2019t") == "refuser"
    assert [analyser.resolve(role) for role in ("coding", "Reviewer", "translator")] == [
        "coding",
        "reviewer",
        "translator",
    ]
    assert [analyser.resolve(word) for word in ("", " ", "plann", "code generations")] == [None] * 4


def test_a_program_that_ends_with_an_error_ends_with_that_error() -> None:
    """At the very end Python takes apart what its last error still holds, in an order of its own."""
    program = """
from aurarouter_core.hotpath import Analyser
from aurarouter_core.lexicon import Lexicon

def main():
    lexicon = Lexicon.default()
    analyser = Analyser(lexicon)
    ring = [analyser, lexicon]
    ring.append(ring)
    raise ValueError("of its own")

main()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, "ValueError: of its own")

"""Which implementation runs, and what the kernel gets from it."""

import os
import subprocess
import sys
from types import ModuleType

import pytest

from aurarouter_core import hotpath
from aurarouter_core.lexicon import Lexicon
from aurarouter_hooks import Analysis, ConfigError, Span

ASK = "from aurarouter_core import hotpath; print(hotpath.IMPLEMENTATION, hotpath.analyse('Review this code').role)"
# Hides the compiled module from the import system, as a machine without a compiler does.
HIDE = "import sys; sys.modules['aurarouter_core._speedups'] = None; "


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A fresh interpreter that sees the same packages."""
    path = os.pathsep.join(entry for entry in sys.path if entry)
    variables = {**os.environ, "PYTHONPATH": path, **environment}
    return subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=False)


def test_the_compiled_one_is_taken_where_it_is(compiled: ModuleType) -> None:
    assert python(ASK, AURAROUTER_REQUIRE_SPEEDUPS="1").stdout.split() == ["cython", "reviewer"]


def test_the_plain_one_is_taken_on_request() -> None:
    assert python(ASK, AURAROUTER_NO_SPEEDUPS="1").stdout.split() == ["python", "reviewer"]


def test_the_plain_one_takes_over_silently() -> None:
    done = python(HIDE + ASK)
    assert (done.stdout.split(), done.stderr) == (["python", "reviewer"], "")


def test_a_missing_compiled_one_is_an_error_on_request() -> None:
    done = python(HIDE + ASK, AURAROUTER_REQUIRE_SPEEDUPS="1")
    assert done.returncode != 0
    assert "ModuleNotFoundError" in done.stderr or "ImportError" in done.stderr


def test_analyse_makes_an_analysis() -> None:
    found = hotpath.analyse("Review this pull request")
    assert isinstance(found, Analysis)
    assert (found.intent, found.role) == ("COMPLEX_REASONING", "reviewer")
    assert found.confidence == found.probabilities["COMPLEX_REASONING"]
    assert found.verbs == (("review", "reviewer"), ("pull request", "reviewer"))
    assert found.findings == ()
    assert found.spans[0] == Span(0, 6, found.spans[0].what, found.spans[0].weight)


def test_an_analyser_has_its_own_words() -> None:
    mine = hotpath.Analyser(Lexicon.default().with_verbs({"yodel": "singer"}))
    assert (mine.resolve("Yodel "), mine.analyse("yodel for me").role) == ("singer", "singer")
    assert hotpath.analyse("yodel for me").verbs == ()


def test_the_default_lexicon_is_one_object_and_is_not_changed_by_additions() -> None:
    lexicon = Lexicon.default()
    assert lexicon is Lexicon.default()
    assert lexicon.with_verbs({"digest": "coding"}).verbs["digest"] == "coding"
    assert lexicon.verbs["digest"] == "summarization"


@pytest.mark.parametrize("synonym", ["one two three four five", "!!!"])
def test_a_synonym_that_cannot_be_found_in_a_text_is_a_configuration_error(synonym: str) -> None:
    with pytest.raises(ConfigError, match="1 to 4 are possible") as caught:
        hotpath.Analyser(Lexicon.default().with_verbs({synonym: "coding"}))
    assert str(caught.value.problems[0]).startswith("semantic_verbs: ")
    assert caught.value.hint


@pytest.mark.parametrize("role", ["router", "reasoning", "coding", "summarization", "analysis"])
def test_the_promised_synonyms_are_built_in(role: str) -> None:
    promised = {
        "router": ("classifier", "triage", "intent"),
        "reasoning": ("planner", "architect", "planning"),
        "coding": ("code generation", "programming", "developer"),
        "summarization": ("summarize", "tldr", "digest"),
        "analysis": ("analyze", "evaluate", "assess"),
    }[role]
    analyser = hotpath.Analyser(Lexicon.default())
    assert {analyser.resolve(word) for word in promised} == {role}

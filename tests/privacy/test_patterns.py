"""Patterns of one's own: they match what `re` matches, and what can't be linear is refused when it is loaded."""

import re
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurarouter_core.detection import patterns
from aurarouter_core.detection.alphabet import plane
from aurarouter_core.detection.patterns import POSITIONS, program
from aurarouter_core.detection.plain import Pattern
from aurarouter_core.detector import Detector
from aurarouter_core.layers import Layers
from aurarouter_core.privacy_settings import PatternEntry, Privacy
from aurarouter_core.structure import build
from aurarouter_hooks import ConfigError

ATOMS = st.sampled_from(
    ["a", "b", "ab", "[ab]", "[^a]", ".", r"\d", r"\w", r"\s", "(a|bc)", "(?:ab|c)", r"\.", "[a-c1-3]"]
)
TIMES = st.sampled_from(["", "", "", "?", "*", "+", "{2}", "{1,3}", "{2,}"])
PATTERN = st.tuples(
    st.sampled_from(["", r"\b", "(?i)"]),
    st.lists(st.tuples(ATOMS, TIMES).map("".join), min_size=1, max_size=4).map("".join),
    st.sampled_from(["", "", "|cc", "|a1"]),
    st.sampled_from(["", "", r"\b"]),
)


def covered(front: str, middle: str, back: str, text: str) -> set[int]:
    """Characters that belong to any match of `re`, whatever its length and place."""
    compiled = re.compile(front.replace(r"\b", "") + middle, re.ASCII)
    edges = {edge.start() for edge in re.finditer(r"\b", text, re.ASCII)}
    found: set[int] = set()
    for start in range(len(text)):
        for end in range(len(text), start, -1):
            if (front == r"\b" and start not in edges) or (back and end not in edges):
                continue
            if compiled.fullmatch(text, start, end):
                found.update(range(start, end))
                break
    return found


@given(PATTERN, st.text("abc1. A\n", max_size=12))
@settings(max_examples=500, deadline=None)
def test_it_covers_what_re_covers(parts: tuple[str, ...], text: str) -> None:
    front, middle, other, back = parts
    if "|" in other and (front == r"\b" or back):
        other = ""  # `\b` belongs to the whole pattern here, and to one alternative there
    middle += other
    if re.compile(middle).fullmatch(""):
        with pytest.raises(ValueError, match="empty text"):
            program(front + middle + back)
        return
    made = program(front + middle + back)
    found = {at for _, start, end in Pattern(plane, made).scan(text) for at in range(start, end)}
    assert found == covered(front, middle, back, text)


REFUSED = {
    "(?=a)": "only plain groups",
    "(?P<a>b)": "only plain groups",
    r"(a)\1": r"\1 is not possible",
    "a**": "two repetitions in a row",
    "a{3,1}": "below its least",
    "a{,3}": "least number",
    "a{x}": "a repetition is written",
    "*a": "nothing to repeat",
    "^a": "'^' is not possible",
    "a$": "'$' is not possible",
    "(a": "not closed",
    "a)": "a ')' too many",
    "[a": "ends too early",
    "[b-a]": "is no range",
    r"a\bb": "two ends",
    "a*": "matches the empty text",
    "": "matches the empty text",
    "a{0}": "repetition of nothing",
    "a{63}": "too large",
    "(((a{9}){9}){9}){9}": "too large",
    "(" * 200 + "a" + ")" * 200: "nests too deeply",
    "a\\": "ends too early",
}


@pytest.mark.parametrize(("pattern", "why"), REFUSED.items(), ids=ascii)
def test_what_is_refused(pattern: str, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        program(pattern)


@given(st.text(max_size=30) | st.text("ab(|)[]{}*+?\\^$-,123.", max_size=20))
@settings(max_examples=500, deadline=None)
def test_any_pattern_is_made_or_refused(text: str) -> None:
    with suppress(ValueError):
        assert len(program(text)) >= 4232


def test_digits_of_any_script_are_digits() -> None:
    found = Pattern(plane, program(r"KD-\d{3}")).scan("KD-１２３ KD\u2013\u0664\u0665\u0666 KD-12")
    assert [(start, end) for _, start, end in found] == [(0, 6), (7, 13)]


def test_a_pattern_as_large_as_possible() -> None:
    made = program(f"[a-z0-9]{{{POSITIONS}}}")
    assert len(Pattern(plane, made).scan("x" * POSITIONS)) == 1
    assert Pattern(plane, made).scan("x" * (POSITIONS - 1)) == []


def problems(monkeypatch: Any, re2: bool, **privacy: Any) -> list[str]:
    from aurarouter_core import privacy_settings

    monkeypatch.setattr(privacy_settings, "RE2", re2)
    with pytest.raises(ConfigError) as told:
        build(Layers.of({"privacy": privacy}, {}))
    return [str(problem) for problem in told.value.problems]


def test_the_error_says_where_and_what(monkeypatch: Any) -> None:
    (told,) = problems(monkeypatch, False, patterns={"mine": {"pattern": "(?=a)b"}})
    assert "privacy.patterns.mine.pattern: only plain groups" in told
    assert "the extra 're2' brings a larger syntax" in told
    (told,) = problems(monkeypatch, True, patterns={"mine": {"pattern": "(?=a)b"}})
    assert "and RE2 says" in told


@pytest.mark.parametrize(
    ("privacy", "words"),
    [
        ({"profile": "loose"}, "privacy.profile"),
        ({"rules": {"cards": "block"}}, "no rule is called 'cards'"),
        ({"rules": {"card": "reject"}}, "'reject' is no action"),
        ({"patterns": {"card": {"pattern": "a"}}}, "a pattern can't be called 'card'"),
        ({"patterns": {"a": {"pattern": "a", "action": "x"}}}, "privacy.patterns.a.action"),
        ({"patterns": {"a": {}}}, "privacy.patterns.a.pattern: is missing"),
        ({"trusted_networks": ["10.0.0.1/8"]}, "is no network"),
        ({"markers": "secret"}, "privacy.markers"),
    ],
    ids=str,
)
def test_what_no_configuration_may_hold(monkeypatch: Any, privacy: dict[str, Any], words: str) -> None:
    (told,) = problems(monkeypatch, False, **privacy)
    assert words in told


def test_re2_runs_what_is_too_large() -> None:
    pytest.importorskip("re2")
    large = "acme_[0-9a-f]{64}"
    with pytest.raises(ValueError, match="too large"):
        patterns.program(large)
    detector = Detector(Privacy(patterns={"acme": PatternEntry(pattern=large)}))
    text = "\ud800 é acme_" + "0f" * 32 + "."
    assert [(f.rule, f.start, f.end) for f in detector.find(text)] == [("acme", 4, len(text) - 1)]


def test_off_is_off_although_yaml_reads_a_bare_one_as_false() -> None:
    for written in ("off", False):
        assert build(Layers.of({"privacy": {"profile": written}}, {})).privacy.profile == "off"


def test_rules_may_be_set_by_variables_which_have_no_dashes() -> None:
    settings = build(Layers.of({"privacy": {"rules": {"de_tax_id": "block"}}}, {})).privacy
    assert Detector(settings).actions["de-tax-id"] == "block"

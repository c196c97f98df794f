"""The compiled scan and its plain twin agree on names, results and errors."""

import inspect
import itertools
import sys
from types import ModuleType
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aurarouter_core.detection.alphabet import NOTHING, OTHER, folded, plane
from aurarouter_core.detection.patterns import program
from make_samples import samples

PIECES = [
    *("@", "a@b.de", "(at)", " (dot) ", "-----BEGIN ", "PRIVATE KEY-----", "AKIA", "ghp_", "sk-", "eyJ", "://", ":", "=", "::"),
    *("fe80", "DE", "FR76", "4539148803436467", "4539 1488 ", "12", "1", "007", "123-45-6789", "ssn ", "tel ", "+49", "10.2.3.4"),
    *("password", "api_key", "'", '"', "[", "(", ")", "\n", " ", ".", "-", "/", "_", "X", "confidential", "Projekt  Blau", "re:"),
    *("\u0664", "\uff14", "\u200b", "\u00a0", "\u00ad", "\u2013", "\u00e9", "\u6c49", "\U0001f600", "\U0001d7d2", "\ud800", "\0"),
]  # fmt: skip
REAL = [sample["text"] for sample in samples(3)]
MIXED = st.lists(st.sampled_from(PIECES) | st.text(st.characters(exclude_categories=()), max_size=5), max_size=60).map(
    "".join
)
CUT = st.tuples(st.sampled_from(REAL), st.integers(0, 80), st.integers(0, 80), MIXED).map(
    lambda t: t[0][t[1] :] + t[3] + t[0][: t[2]]
)
PATTERNS = [
    r"\bPRJ-\d{3,5}\b",
    r"(?i)kunde(n)?nummer:? *[a-z0-9]{4,}",
    r"[^a-z]x+y?",
    r"(ab|cd)*e\b",
    r"\w\w@",
    "\u6c49|\u00e9+",
    r".{3}!",
]


def test_the_same_public_names(plain: ModuleType, compiled: ModuleType) -> None:
    assert compiled.__all__ == plain.__all__
    for name in plain.__all__:
        first, second = getattr(plain, name), getattr(compiled, name)
        assert list(inspect.signature(second.scan).parameters) == list(inspect.signature(first.scan).parameters)


@given(MIXED | CUT, st.sampled_from([-1, 0, 1, 3, 100]))
@settings(max_examples=600, deadline=None)
@example("4539148803436467 " * 150, -1)
@example("1 " * 400, -1)
@example("4444 " * 300, 100)
def test_any_text(scanners: tuple[Any, Any], text: str, most: int) -> None:
    first, second = scanners
    found = first.scan(text, most)
    assert second.scan(text, most) == found
    assert all(0 <= start < end <= len(text) for _, start, end in found)
    assert all(before[2] <= after[1] for before, after in itertools.pairwise(found))


def test_every_sample(scanners: tuple[Any, Any]) -> None:
    first, second = scanners
    assert [text for text in REAL if first.scan(text) != second.scan(text)] == []


@given(st.sampled_from(PATTERNS), MIXED | st.text("abcdexy! \u6c49\u00e9PRJ-0123456789", max_size=80))
@settings(max_examples=400, deadline=None)
def test_any_text_and_pattern(plain: ModuleType, compiled: ModuleType, pattern: str, text: str) -> None:
    made = program(pattern)
    found = plain.Pattern(plane, made).scan(text)
    assert compiled.Pattern(plane, made).scan(text) == found
    assert compiled.Pattern(plane, made).scan(text, 2) == found[:2] == plain.Pattern(plane, made).scan(text, 2)


@pytest.mark.parametrize("wrong", [None, 7, b"bytes", ["list"]])
def test_wrong_types(scanners: tuple[Any, Any], wrong: Any) -> None:
    for scanner in scanners:
        with pytest.raises(TypeError, match=rf"scan\(\) needs a str, not {type(wrong).__name__}"):
            scanner.scan(wrong)


def test_every_decimal_digit_of_the_basic_plane_is_one_and_nothing_else() -> None:
    everything = [chr(point) for point in range(0x10000)]
    assert [c for c in everything if c.isdecimal() and plane()[ord(c)] != 48 + int(c)] == []
    assert [c for c in everything if 48 <= plane()[ord(c)] <= 57 and not c.isdecimal()] == []
    assert [c for c in everything if c.isspace() and plane()[ord(c)] not in b" \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f"] == []


def test_every_character_becomes_the_same_byte(scanners: tuple[Any, Any]) -> None:
    assert bytes(folded(point) for point in range(0x10000)) == plane()
    assert {folded(point) for point in range(0x10000, sys.maxunicode + 1)} == {OTHER, *range(48, 58)}
    assert plane().count(NOTHING) == 51
    first, second = scanners
    for point in range(0x1D7CE - 3, 0x1D800 + 3):
        text = f"card {chr(point)}539148803436467"
        assert first.scan(text) == second.scan(text)

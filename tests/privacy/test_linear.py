"""The scan takes time in proportion to a text, whatever stands in it: counted in steps, not in seconds."""

import sys
from types import FrameType
from typing import Any

import pytest

from aurarouter_core.detection import match, scan
from aurarouter_core.detection.alphabet import folded
from aurarouter_core.detection.codes import FOUND, ROOM
from aurarouter_core.detection.patterns import program
from aurarouter_core.detection.phrases import PHRASES, marks_of

HOSTILE = [
    *("4", "4 ", "4444 ", "1.", "1-", "1/", "123-45-6789 ", "ssn 123-45-6789 ", "4539148803436467 ", "+4", "(4", "tel 1 "),
    *("@", "a@", "a@a", "a@a.", "a.", "x@y.de ", "(at)", "a (at) b (dot) ", "[at]", "://", "://a:", "://a:b@", "a://b:c"),
    *("-", "-----BEGIN ", "-----BEGIN PRIVATE KEY-----", "-----END ", "eyJ", "eyJ.", "eyJ ", "eyJ-", "eyJ_", "sk-eyJ", "sk-", "-AIza", " sk-", "ghp_", "AKIA"),
    *("=", ":", "a=", "password=", "pwd=?.", "token=1!", "(6(", "(6", "(0)(0)10.0.0.1@", "123-123-12 ", "123-45-6789-pwd=b3x@", "10.0.0.1-pwd=J@SS@aA99@", "/pwd=SK121-212312312999", "1-SA84-1-9 6-SA35-9-", "[(4 3:", "47[(0((3((3-9((89-23(63:(3((9 (5-1((81-81(", "[2[at:", "[att:", "SA35-", "MD11-", "3(1(1-", "(3\n(6((1((9(43-5-6", "pwd=SK111-11-11111-1", "SK13-SK80pwd:SK84-SK84-SK28-", "pwd=\"pwd='pwd=`a9", "12345678901 ", "123456789 ", "pwd=9f8", "pwd=-a$!555555", "password: ", "password='", "password='\"", "api_key=api_key:", "Bearer ", "::", "fe80::", "a:b:"),
    *("DE12 ", "DE12", "FR12 ", "FR7630006000011234567890189 ", "AB12345", "RSSMRA85T10A562S", "X1234567", "131052-308"),
    *("\n", "c\n", "confidential\n", "confidential ", "\n\u6a5fA", "subject: ", "[", "{", "\u200b", "4\u200b", "\u0664 ", "\ud800", "\0", "\U0001f600"),
]  # fmt: skip
SHORT, LONG = 3_000, 12_000


class Steps:
    """Counts the lines of Python that run inside."""

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> "Steps":
        self._before = sys.gettrace()
        sys.settrace(self._call)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._before)

    def _call(self, frame: FrameType, event: str, argument: Any) -> Any:
        return self._line

    def _line(self, frame: FrameType, event: str, argument: Any) -> Any:
        self.count += event == "line"
        return self._line


def steps(unit: str, length: int, pattern: str = "") -> int:
    text = (unit * (length // len(unit) + 1))[:length]
    data = bytes(folded(ord(c)) for c in text)
    marks = marks_of(PHRASES)
    made = program(pattern) if pattern else []
    out = [0] * (FOUND + 3 * length)
    out[ROOM] = length
    with Steps() as counted:
        if pattern:
            if match.matches(text, data, length, made):
                match.cover(text, data, length, made, [0] * length, out)
        else:
            scan.scan(text, data, length, marks, out)
    return counted.count


@pytest.mark.parametrize("unit", HOSTILE, ids=ascii)
def test_four_times_the_text_takes_four_times_the_steps(unit: str) -> None:
    short, long = steps(unit, SHORT), steps(unit, LONG)
    assert long <= 4.4 * short + 500
    assert long <= 150 * LONG


@pytest.mark.parametrize("unit", ["a", "ab", "ab ", "a1", "aaab"])
@pytest.mark.parametrize(
    "pattern", [r"(a|a)*b", r"a{1,30}a{1,30}b", r"(a*)*c", r"(a|b|ab)+\b", r".+x", r"\w+@\w+", r"\ba+b?\b"]
)
def test_no_pattern_takes_more_than_its_part_for_each_character(unit: str, pattern: str) -> None:
    short, long = steps(unit, SHORT, pattern), steps(unit, LONG, pattern)
    assert long <= 4.4 * short + 500
    assert long <= 150 * LONG

"""Characters without width hide nothing: what is found is found with them, too, wherever they stand."""

import random
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurarouter_core.detection.alphabet import INVISIBLE, plane
from aurarouter_core.detection.codes import API_KEY, CARD, EMAIL, ES_DNI, IBAN, MARKER, PASSWORD, PHONE, US_SSN
from aurarouter_core.detection.patterns import program
from aurarouter_core.detection.re2_pattern import RE2, Re2Pattern
from aurarouter_core.detection.visible import Visible
from make_samples import samples

PRIVATE = {
    "4539148803436467": CARD,
    "DE89 3704 0044 0532 0130 00": IBAN,
    "GB82WEST12345698765432": IBAN,
    "ssn 123-45-6789": US_SSN,
    "+1 (201) 555-0123": PHONE,
    "me.too@corp.de": EMAIL,
    "me (at) corp (dot) de": EMAIL,
    "pwd=b3x9-k2!q": PASSWORD,
    "ghp_nG3x9Qw7Lk2Zp8Rt5Vb1YcUe4Mi6Oa0Sd2Fh": API_KEY,
    "\nstreng vertraulich\n": MARKER,
}
TEXTS = [sample["text"] for sample in samples(3)]
SOME = sorted(map(chr, INVISIBLE))


def filled(text: str, runs: dict[int, str]) -> tuple[str, list[int]]:
    """The text with these runs before its characters; and where each of these went."""
    made, places = "", []
    for at, c in enumerate(text):
        made += runs.get(at, "")
        places.append(len(made))
        made += c
    return made + runs.get(len(text), ""), places


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_the_same_is_found(scanners: tuple[Any, Any], data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(TEXTS) | st.sampled_from(sorted(PRIVATE)).map(lambda c: f"a {c} b" * 9))
    run = st.text(st.sampled_from(SOME), min_size=1, max_size=3) | st.just("\u200b" * 70)
    made, places = filled(text, data.draw(st.dictionaries(st.integers(0, len(text)), run, max_size=30)))
    for scanner in scanners:
        wanted = [(rule, places[start], places[end - 1] + 1) for rule, start, end in scanner.scan(text)]
        assert scanner.scan(made) == wanted


@pytest.mark.parametrize("length", [*range(1, 5), *range(58, 70), 127, 128, 129])
def test_wherever_and_however_many(scanners: tuple[Any, Any], length: int) -> None:
    dice = random.Random(length)
    for private, rule in PRIVATE.items():
        text = "-" * dice.randrange(90) + f", {private},"
        made, places = filled(text, {at: "\u200b" * length for at in range(len(text)) if dice.random() < 0.6})
        for scanner in scanners:
            found = [(kind, start) for kind, start, _ in scanner.scan(made)]
            assert found == [(kind, places[start]) for kind, start, _ in scanner.scan(text)]
            assert rule in {kind for kind, _ in found}


@pytest.mark.parametrize("run", ["\u200b", "\u200b\ufeff", "\u2060" * 64])
@pytest.mark.parametrize("before", range(0, 70, 3))
def test_they_part_a_number_from_a_word(scanners: tuple[Any, Any], run: str, before: int) -> None:
    lead = " " * before
    for scanner in scanners:
        text = f"{lead}Karte{run}4539148803436467{run}danke"
        start = text.index("4")
        assert scanner.scan(text) == [(CARD, start, start + 16)]
        assert scanner.scan(f"{lead}Karte4539148803436467{run}") == []
        assert scanner.scan(f"{lead}_{run}4539148803436467") == [(CARD, before + 1 + len(run), before + 17 + len(run))]


def test_nothing_else_is_left(scanners: tuple[Any, Any]) -> None:
    for scanner in scanners:
        for text in ("\u200b", "\u200b" * 200, "\xad\xad", "\u200b\n\u200b"):
            assert scanner.scan(text) == []


@pytest.mark.parametrize("private", PRIVATE)
def test_cut_anywhere(scanners: tuple[Any, Any], private: str) -> None:
    for scanner in scanners:
        for at in range(1, len(private)):
            text = f"{private[:at]}\u200b{private[at:]}"
            assert [rule for rule, _, _ in scanner.scan(text)] == [PRIVATE[private]], text


def test_a_word_stays_whole(scanners: tuple[Any, Any]) -> None:
    for scanner in scanners:
        assert scanner.scan("X\u200b0952961W, 12345678\u200bZ") == [(ES_DNI, 0, 10), (ES_DNI, 12, 22)]
        assert scanner.scan("NL91 ABNA\u200b0417164300") == [(IBAN, 0, 20)]
        assert scanner.scan("me@host7\u200bcorp.de") == [(EMAIL, 0, 16)]


@given(
    st.text(
        st.sampled_from(["\u200b", "\xad", "a", "1", "1", "_", "\xe9", "X", "E", "-", " ", "\u6c49", "\u0661"]),
        max_size=60,
    )
)
@settings(max_examples=300, deadline=None)
def test_what_is_left_out(text: str) -> None:
    seen = Visible(text, False)
    places = [seen.stood(at, at + 1)[0] for at in range(len(seen.text))]
    assert seen.text == "".join(text[at] for at in places)
    hidden = [at for at in range(len(text)) if at not in places]
    assert all(text[at] in SOME for at in hidden)
    assert Visible(text, True).text == text


@pytest.mark.parametrize("kind", ["plain", "compiled", "re2"])
def test_patterns_of_ones_own_see_what_a_reader_sees(plain: ModuleType, compiled: ModuleType, kind: str) -> None:
    if kind == "re2" and not RE2:
        pytest.skip("re2 is not installed")

    def found(pattern: str, text: str) -> Any:
        if kind == "re2":
            return Re2Pattern(pattern).scan(text)
        return {"plain": plain, "compiled": compiled}[kind].Pattern(plane, program(pattern)).scan(text)

    assert found(r"\bPRJ-\d{3,5}\b", "PRJ\u2060-1\u200b\u200b23\xad4 \u6c49") == [(0, 0, 12)]
    assert found(r"\bPRJ-\d{3,5}\b", "\u200bx\u200bPRJ-1234") == []
    assert found(r"\bPRJ-\d{3,7}\b", "7654321\u200bPRJ-1234567\u200bx") == [(0, 8, 19)]
    assert found(r"\bPRJ-\d{3,7}\b", "7\u200bPRJ-1234567 PRJ-123\u200bx") == []
    assert found("b\u200b?!", "ab\u200b! b!") == [(0, 1, 4), (0, 5, 7)]

"""What the classifier counts, in plain Python: words, pairs of neighbours, and short runs of characters, as hashes.

A word gives one gram for itself, one with what stood before it, and one for each two, three and four characters of it,
with a blank at both ends. Signs count like words, up to three of a kind as one. Everything is folded and counted by
code point. The twin of `_speedups/grams.pxi`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from aurarouter_core._words_py import fold, in_word

Unit = tuple[int, int, list[int]]  # start, end, hashes; end 0 for a sign

_ALL = 0xFFFFFFFF
_WHOLE = 0x80000000  # words, pairs and signs; runs have the other half
_WORD, _PAIR, _RUN, _SIGN = 7, 3, 11, 23  # seeds that keep the kinds apart


def mix(state: int, value: int) -> int:
    """Stir a number into 32 bits."""
    state = ((state ^ value) * 0x9E3779B1) & _ALL
    return state ^ (state >> 15)


def _last(state: int, half: int) -> int:
    """The finished hash: its upper bits are the good ones, and the first says in which half of the table its row is."""
    return ((state * 0x85EBCA6B) & _ALL) >> 1 | half


def window(text: str, begin: int, end: int, head: int, tail: int) -> list[tuple[int, int]]:
    """The parts of `text[begin:end]` that are read: all, or `head` and `tail` characters less a word cut in two."""
    if end - begin <= head + tail:
        return [(begin, end)]
    first, last = begin + head, end - tail
    while first > begin and in_word(text[first - 1]) and in_word(text[first]):
        first -= 1
    while last < end and in_word(text[last - 1]) and in_word(text[last]):
        last += 1
    return [(begin, first), (last, end)]


def units(text: str, parts: Sequence[tuple[int, int]]) -> Iterator[Unit]:
    """Every word and sign of the parts, with its grams."""
    for begin, end in parts:
        before = 1
        i = begin
        while i < end:
            start = i
            if in_word(text[i]):
                state = _WORD
                folded = []
                while i < end and (in_word(text[i]) or (text[i] in "'\u2019" and i + 1 < end and in_word(text[i + 1]))):
                    folded.append(ord(fold(text[i])))
                    state = mix(state, folded[-1])
                    i += 1
                yield (
                    start,
                    i,
                    [
                        _last(state, _WHOLE),
                        _last(mix(before * _PAIR + 1 & _ALL, state), _WHOLE),
                        *_runs([32, *folded, 32]),
                    ],
                )
                before = state
            elif text[i].isspace():
                i += 1
            else:
                state = _SIGN
                sign = fold(text[i])
                while i < end and fold(text[i]) == sign:
                    if i - start < 3:
                        state = mix(state, ord(sign))
                    i += 1
                yield start, 0, [_last(state, _WHOLE), _last(mix(before * _PAIR + 1 & _ALL, state), _WHOLE)]
                before = state


def _runs(points: list[int]) -> Iterator[int]:
    """The runs of two, three and four characters, each hashed from its end."""
    for j in range(1, len(points)):
        state = mix(_RUN, points[j])
        for back in range(1, min(j, 3) + 1):
            state = mix(state, points[j - back])
            yield _last(state, 0)

"""The hot path in plain Python: one bounded pass over a text, and the truth that the compiled twin is held to.

A pass looks at the whole text once for cheap counts (the scan for private data belongs there), then reads the words of
its first 4,000 and last 2,000 characters, which is where people say what they want. All sums are whole numbers until
the final softmax, so the compiled twin gives the same bits on every machine.

`_speedups/hotpath.pyx` has the same names in the same order. Both get plain data and return plain tuples; change them
together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from aurarouter_core._words_py import Word, check, cut, fold, in_word, words

__all__ = ["FEATURES", "Analyser", "fold", "words"]

# What is measured besides words: counts as log2(1 + n), the last four as yes or no.
FEATURES = (
    *("always", "length", "lines", "digits", "code", "maths", "ticks", "quotes", "capitals", "foreign", "questions"),
    *("words", "sentences", "names", "asks", "imperative", "interrogative"),
)

_HEAD, _TAIL = 4000, 2000  # characters whose words are read
_PHRASE = 4  # words that a synonym may have
_SPANS = 4  # signals that are shown as an explanation; each costs the caller an object
_SHOWN = 25  # hundredths below which a signal explains nothing
_VERBS = 32  # distinct synonyms that are reported
_ONE = 256  # the fixed-point 1 of a measurement
_UNIT = 100.0 * _ONE  # weights are hundredths
_LONG = 2048.0  # fixed-point log2 of a length that counts for as much as certainty that a text isn't easy
_MOST = 10_000  # the largest weight; keeps every sum far from 64 bits
_NAMED = 800  # weight, in hundredths, of a synonym for a role that the weights don't know

_CLASSES = (b"\n", b"0123456789", b"{}[]();<>=|&#_\\", b"+*/^%$", b"`", b'"', b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")

_Pair = tuple[str, str]  # synonym, role
_Span = tuple[int, int, str, float]  # start, end, what, weight
_Finding = tuple[str, int, int]  # rule, start, end
# intent, confidence, probabilities, role, role_confidence, complexity, level, verbs, findings, spans
Raw = tuple[
    str, float, dict[str, float], str, float, float, int, tuple[_Pair, ...], tuple[_Finding, ...], tuple[_Span, ...]
]
_Hit = tuple[int, int, int]  # number of the signal or synonym, start, end


class _Entry(NamedTuple):
    """What is known about a word or phrase; -1 or 0 for nothing."""

    signal: int = -1  # row of weights
    verb: int = -1  # synonym
    opening: int = 0  # 1 imperative, 2 interrogative
    longest: int = 1  # words in the longest phrase that begins with this word


_NOTHING = _Entry()


def _log(n: int) -> int:
    """log2(1 + n) in fixed point, with straight lines between the powers of two."""
    power = (n + 1).bit_length() - 1
    return (power - 1) * _ONE + (((n + 1) << 8) >> power)


def _softmax(scores: Sequence[int]) -> list[float]:
    top = max(scores)
    powers = [math.exp((score - top) / _UNIT) for score in scores]
    total = 0.0
    for power in powers:  # sum() rounds differently from Python 3.12 on
        total += power
    return [power / total for power in powers]


class Analyser:
    """A lexicon made ready for passes. Immutable, so any number of threads may share it.

    Args:
        verbs: Synonym → role; synonyms of up to four words are found in texts.
        signals: Word → weights in hundredths, one for each intent and each role.
        openings: First word of a text → "imperative" or "interrogative".
        features: Weights of each of `FEATURES`, then of "a synonym was found" for each role but the first.
        intents: Names of the intents; the first is the easy one.
        roles: Names of the roles; the first stands for "none of the others".
        levels: Complexities at which the next level begins, ascending.

    Raises:
        ValueError: A synonym has no word or too many, or a row has the wrong length.
    """

    def __init__(
        self,
        verbs: Mapping[str, str],
        signals: Mapping[str, Sequence[int]],
        openings: Mapping[str, str],
        features: Sequence[Sequence[int]],
        intents: Sequence[str],
        roles: Sequence[str],
        levels: Sequence[float],
    ) -> None:
        self._intents = tuple(intents)
        self._known = len(roles)
        self._roles = (*roles, *sorted(set(verbs.values()) - set(roles)))
        self._levels = tuple([float(level) for level in levels])
        self._features = [tuple(row) for row in features]
        self._signals = [tuple(row) for row in signals.values()]
        columns = len(intents) + len(roles)
        if not intents or not roles:
            raise ValueError("an analyser needs an intent and a role")
        if len(features) != len(FEATURES) + len(roles) - 1:
            raise ValueError(f"{len(features)} rows of features; {len(FEATURES) + len(roles) - 1} are needed")
        for row in (*self._features, *self._signals):
            if len(row) != columns or not all(type(weight) is int and abs(weight) <= _MOST for weight in row):
                raise ValueError(f"a row has {columns} weights, whole numbers from {-_MOST} to {_MOST}; not {row}")
        self._canonical = {fold(synonym).strip(): role for synonym, role in verbs.items()}
        self._canonical.update({fold(role): role for role in self._roles if role})
        number = {role: i for i, role in enumerate(self._roles)}
        self._verbs = [(fold(synonym).strip(), number[role]) for synonym, role in verbs.items()]
        self._entries: dict[str, _Entry] = {}
        for i, word in enumerate(signals):
            self._learn(word, signal=i)
        for word, kind in openings.items():
            self._learn(word, opening=1 if kind == "imperative" else 2)
        for i, (synonym, _) in enumerate(self._verbs):
            parts = [word for _, _, word in words(synonym)]
            if not 1 <= len(parts) <= _PHRASE:
                raise ValueError(f"synonym {synonym!r} has {len(parts)} words; 1 to {_PHRASE} are possible")
            self._learn(" ".join(parts), verb=i)
            self._learn(parts[0], longest=max(len(parts), self._entries.get(parts[0], _NOTHING).longest))

    def _learn(self, key: str, **what: int) -> None:
        self._entries[key] = self._entries.get(key, _NOTHING)._replace(**what)

    def resolve(self, word: str) -> str | None:
        """The role that a synonym (or a role's own name) stands for, or None."""
        check("resolve", word)
        role = self._canonical.get(word)
        return self._canonical.get(fold(word.strip())) if role is None else role

    def analyse(self, text: str) -> Raw:
        """One pass over a text."""
        check("analyse", text)
        begin = len(text) - len(text.lstrip())
        end = max(begin, len(text.rstrip()))
        # The scan for private data joins the counting: it has to see every character too.
        values = self._count(text, begin, end)
        verbs, hits = self._read(text, begin, end, values)
        scores = [0] * (len(self._intents) + self._known)
        for row, value in zip(self._features, values, strict=True):
            if value:
                scores = [score + weight * value for score, weight in zip(scores, row, strict=True)]
        for signal, _, _ in hits:
            scores = [score + weight * _ONE for score, weight in zip(scores, self._signals[signal], strict=True)]
        return self._weigh(scores, _log(end - begin), verbs, hits)

    def _count(self, text: str, begin: int, end: int) -> list[int]:
        """Measure the whole text: everything in `FEATURES` up to "questions"; the rest is 0 for now."""
        body = text[begin:end]
        plain = body.encode("ascii", "ignore")
        counts = [len(plain) - len(plain.translate(None, kind)) for kind in _CLASSES]
        questions = body.count("?") + body.count("\uff1f")
        measured = [len(body), *counts, len(body) - len(plain), questions]
        values = [_ONE, *(_log(count) for count in measured)]
        return values + [0] * (len(FEATURES) + self._known - 1 - len(values))

    def _window(self, text: str, begin: int, end: int) -> list[tuple[int, int]]:
        """The parts whose words are read; no word is cut."""
        if end - begin <= _HEAD + _TAIL:
            return [(begin, end)]
        head, tail = begin + _HEAD, end - _TAIL
        while head > begin and in_word(text[head - 1]) and in_word(text[head]):
            head -= 1
        while tail < end and in_word(text[tail - 1]) and in_word(text[tail]):
            tail += 1
        return [(begin, head), (tail, end)]

    def _read(self, text: str, begin: int, end: int, values: list[int]) -> tuple[list[_Hit], list[_Hit]]:
        """Read the words and fill in the rest of `values`; returns synonyms and signals, each at its first place."""
        tokens: list[Word] = []
        for first, last in self._window(text, begin, end):
            tokens += [*cut(text, first, last), (last, last, "")]  # the empty word keeps phrases inside a part
        sentences = names = 0
        verbs: dict[int, _Hit] = {}
        hits: dict[int, _Hit] = {}
        free = 0  # the first token that no phrase has taken yet
        for i, (start, stop, word) in enumerate(tokens):
            if not word:
                continue
            after = text[stop] if stop < end else " "
            then = text[stop + 1] if stop + 1 < end else " "
            sentences += after in ".!?" and then.isspace()
            names += "_" in word or after == "(" or (after == "." and then.isalpha())
            entry = self._entries.get(word)
            if entry is None:
                continue
            if entry.signal >= 0 and entry.signal not in hits:
                hits[entry.signal] = (entry.signal, start, stop)
            for count in range(entry.longest if i >= free else 0, 0, -1):
                key = " ".join([word for _, _, word in tokens[i : i + count]])
                verb = self._entries.get(key, _NOTHING).verb
                if verb >= 0:
                    free = i + count
                    if len(verbs) < _VERBS:
                        verbs.setdefault(verb, (verb, start, tokens[free - 1][1]))
                    at = len(FEATURES) - 1 + self._verbs[verb][1]
                    if len(FEATURES) <= at < len(values):
                        values[at] = max(values[at], 2 * _ONE if i == 0 else _ONE)  # twice, when it opens the text
                    break
        opening = self._entries.get(tokens[0][2], _NOTHING).opening
        asks = end > begin and text[end - 1] in "?\uff1f"
        read = (
            *(_log(n) for n in (len(tokens), sentences, names)),
            *(_ONE * yes for yes in (asks, opening == 1, opening == 2)),
        )
        values[len(FEATURES) - len(read) : len(FEATURES)] = read
        return list(verbs.values()), list(hits.values())

    def _weigh(self, scores: list[int], length: int, verbs: list[_Hit], hits: list[_Hit]) -> Raw:
        """Turn sums into probabilities, and choose."""
        split = len(self._intents)
        chances = _softmax(scores[:split])
        intent = chances.index(max(chances))
        named = dict.fromkeys(self._verbs[verb][1] for verb, _, _ in verbs if self._verbs[verb][1] >= self._known)
        roles = [*range(self._known), *named]
        likely = _softmax([*scores[split:], *(_NAMED * _ONE for _ in named)])
        best = likely.index(max(likely))
        role = roles[best]
        own = _NAMED if role >= self._known else self._features[len(FEATURES) - 1 + role][split + role]
        what = self._roles[role]
        clues = [(own, start, stop, what) for verb, start, stop in verbs if role and self._verbs[verb][1] == role]
        what = self._intents[intent]
        clues += [(self._signals[signal][intent], start, stop, what) for signal, start, stop in hits]
        clues = sorted([clue for clue in clues if clue[0] >= _SHOWN], key=lambda clue: -clue[0])[:_SPANS]
        clues.sort(key=lambda clue: clue[1])
        complexity = length / _LONG + (1.0 - chances[0])
        return (
            self._intents[intent],
            chances[intent],
            dict(zip(self._intents, chances, strict=True)),
            self._roles[role],
            likely[best],
            complexity,
            1 + sum([level <= complexity for level in self._levels]),
            tuple([(self._verbs[verb][0], self._roles[self._verbs[verb][1]]) for verb, _, _ in verbs]),
            (),
            tuple([(start, stop, what, weight / 100.0) for weight, start, stop, what in clues]),
        )

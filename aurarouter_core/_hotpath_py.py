"""The hot path in plain Python: one bounded pass over a text, and the truth that the compiled twin is held to.

Synonyms are looked for in the first 4,000 and the last 2,000 characters; the classifier reads the first and last few
hundred (`_grams_py` says what it counts), because that is where people say what they want. A scan for private data
belongs before both, and has to see every character. All sums are whole numbers until the final softmax, so the
compiled twin gives the same bits on every machine.

`_speedups/hotpath.pyx` has the same names in the same order. Both get plain data and return plain tuples; change them
together.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from aurarouter_core._choice_py import Found, Hit, Known, Piece, Raw, choice
from aurarouter_core._fits_py import RARITY, WIDTH, fits
from aurarouter_core._grams_py import units, window
from aurarouter_core._inflections_py import inflected
from aurarouter_core._json_text_py import json_writer
from aurarouter_core._values_py import constructor
from aurarouter_core._words_py import Word, check, cut, fold, words

if TYPE_CHECKING:
    from aurarouter_core.classifier import Likeness, Model
    from aurarouter_hooks.values import Analysis, Finding, Span

__all__ = ["WIDTH", "Analyser", "constructor", "fold", "grams", "json_writer", "words"]

_HEAD, _TAIL = 4000, 2000  # characters in which synonyms are looked for
_PHRASE = 4  # words that a synonym may have
_VERBS = 32  # distinct synonyms that are reported
_STEEP = 24.0  # how fast likeness to examples turns from no to yes


def grams(text: str, head: int, tail: int) -> list[int]:
    """What the classifier counts in a text, as 32-bit hashes in no useful order.

    Raises:
        ValueError: `head` or `tail` is negative, or above a million.
    """
    check("grams", text)
    if not 0 <= head <= 1_000_000 or not 0 <= tail <= 1_000_000:
        raise ValueError(f"head and tail are 0 to 1,000,000 characters, not {head} and {tail}")
    begin, end = _stripped(text)
    return sorted([gram for _, _, found in units(text, window(text, begin, end, head, tail)) for gram in found])


def _stripped(text: str) -> tuple[int, int]:
    begin = len(text) - len(text.lstrip())
    return begin, max(begin, len(text.rstrip()))


class Analyser:
    """Words and a classifier made ready for passes. Immutable, so any number of threads may share it.

    Args:
        verbs: Synonym → role; synonyms of up to four words are found in texts.
        named: The synonyms that make their role likelier: the user's. What the others say is in the classifier.
        model: The classifier.
        likeness: Intents that are made of examples.
        kept: What `table` of an analyser of the same synonyms gave. Whatever else it is changes nothing.

    Attributes:
        built: The synonyms' table was built, and not taken from `kept`.

    Raises:
        ValueError: A synonym has no word or too many, or the model's parts don't fit each other.
    """

    built = True

    def __init__(
        self,
        verbs: Mapping[str, str],
        named: Collection[str],
        model: Model,
        likeness: Likeness,
        kept: memoryview | None = None,
    ) -> None:
        fits(model, likeness)
        self._model, self._like = model, likeness
        self._table = memoryview(model.table).cast("b")
        self._split, self._known = len(model.intents), len(model.roles)
        self._roles = (*model.roles, *sorted(set(verbs.values()) - set(model.roles)))
        self._canonical = {fold(synonym).strip(): role for synonym, role in verbs.items()}
        self._canonical.update({fold(role): role for role in self._roles if role})
        number = {role: i for i, role in enumerate(self._roles)}
        own = set(named)
        self._verbs = [(fold(synonym).strip(), number[role], synonym in own) for synonym, role in verbs.items()]
        self._what = Known(model, likeness.names, self._roles, self._verbs)
        self._phrases: dict[str, int] = {}
        self._longest: dict[str, int] = {}  # words in the longest phrase that begins with this word
        for i, (synonym, _, _) in enumerate(self._verbs):
            parts = [word for _, _, word in words(synonym)]
            if not 1 <= len(parts) <= _PHRASE:
                raise ValueError(f"synonym {synonym!r} has {len(parts)} words; 1 to {_PHRASE} are possible")
            self._phrases[" ".join(parts)] = i
            self._longest[parts[0]] = max(len(parts), self._longest.get(parts[0], 1))
        for i, (synonym, _, _) in enumerate(self._verbs):  # now, since a synonym of its own comes first
            parts = [word for _, _, word in words(synonym)]
            for form in inflected(parts[0]) if len(parts) == 1 else ():
                self._phrases.setdefault(form, i)
                self._longest.setdefault(form, 1)

    def table(self) -> bytes:
        """The synonyms' table, for `kept` of another analyser of the same synonyms; here there is none."""
        return b""

    def resolve(self, word: str) -> str | None:
        """The role that a synonym (or a role's own name) stands for, or None."""
        check("resolve", word)
        role = self._canonical.get(word)
        return self._canonical.get(fold(word.strip())) if role is None else role

    def analyse(self, text: str) -> Raw:
        """One pass over a text."""
        check("analyse", text)
        begin, end = _stripped(text)
        verbs = self._find(text, window(text, begin, end, _HEAD, _TAIL))
        model = self._model
        columns = self._split + self._known
        sums = [0] * columns
        pieces: list[Piece] = []
        like = [0] * len(self._like.names)
        rarity = total = 0
        for start, stop, found in units(text, window(text, begin, end, model.head, model.tail)):
            own = [0] * columns
            for gram in found:
                row = gram >> (32 - model.bits)
                weights = self._table[row * WIDTH : row * WIDTH + WIDTH]
                for column in range(columns):
                    own[column] += weights[column]
                if like:
                    rarity += weights[RARITY] * weights[RARITY]
                    for intent, weight in enumerate(self._like.weights.get(row, ())):
                        like[intent] += weight
            total += len(found)
            for column in range(columns):
                sums[column] += own[column]
            if stop:
                pieces.append((start, stop, own))
        root = math.sqrt(total) or 1.0
        scores = [
            math.floor(sums[column] * model.scales[column] / root) + model.biases[column] for column in range(columns)
        ]
        return choice(self._what, Found(scores, end - begin, verbs, pieces, root, self._alike(like, rarity)))

    def value(self, text: str, analysis: type[Analysis], finding: type[Finding], span: type[Span]) -> Analysis:
        """One pass over a text, as the values that these classes make."""
        intent, sure, chances, role, role_sure, complexity, level, verbs, findings, spans = self.analyse(text)
        return analysis(
            intent=intent,
            confidence=sure,
            probabilities=chances,
            role=role,
            role_confidence=role_sure,
            complexity=complexity,
            level=level,
            verbs=verbs,
            findings=tuple([finding(*each) for each in findings]),
            spans=tuple([span(*each) for each in spans]),
        )

    def _find(self, text: str, parts: Sequence[tuple[int, int]]) -> list[Hit]:
        """The synonyms, each at its first place."""
        tokens: list[Word] = []
        for first, last in parts:
            tokens += [*cut(text, first, last), (last, last, "")]  # the empty word keeps phrases inside a part
        verbs: dict[int, Hit] = {}
        free = 0  # the first token that no phrase has taken yet
        for i, (start, _, word) in enumerate(tokens):
            for count in range(self._longest.get(word, 0) if i >= free else 0, 0, -1):
                verb = self._phrases.get(" ".join([word for _, _, word in tokens[i : i + count]]), -1)
                if verb >= 0:
                    free = i + count
                    if len(verbs) < _VERBS:
                        verbs.setdefault(verb, (verb, start, tokens[free - 1][1]))
                    break
        return list(verbs.values())

    def _alike(self, like: Sequence[int], rarity: int) -> tuple[int, float]:
        """The intent whose examples a text is most like, and how likely it is of that intent; -1 without examples."""
        best, sure = -1, 0.0
        root = math.sqrt(rarity) * self._like.one
        for intent, threshold in enumerate(self._like.thresholds):
            likeness = like[intent] / root if rarity else 0.0
            chance = 1.0 / (1.0 + math.exp((threshold - likeness) * _STEEP))
            if chance > sure:
                best, sure = intent, chance
        return best, sure

"""The analyser, compiled where that worked: `analyse(text)` with the built-in words, `Analyser` with your own.

`IMPLEMENTATION` says which it is, "cython" or "python".
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from attrs import evolve

from aurarouter_core import kept_synonyms
from aurarouter_core.detector import ENOUGH, standard
from aurarouter_core.lexicon import Lexicon
from aurarouter_core.twins import chosen
from aurarouter_hooks.errors import ConfigError
from aurarouter_hooks.values import Analysis, Finding, Span

if TYPE_CHECKING:
    from aurarouter_core import _hotpath_py as _passes

    IMPLEMENTATION: str
else:
    _passes, IMPLEMENTATION = chosen("_speedups", "_hotpath_py")

__all__ = ["IMPLEMENTATION", "Analyser", "analyse", "fault_of", "grams", "reported"]

MOST_WORDS = 4
"""Words that a synonym may have."""

grams: Callable[[str, int, int], list[int]] = _passes.grams
"""What the classifier counts in the first and last so many characters of a text, as 32-bit hashes."""


def reported(synonym: str) -> str:
    """A synonym as `Analysis.verbs` reports it."""
    return _passes.fold(synonym).strip()


def fault_of(synonym: str) -> str:
    """Why a synonym can't be used, in words; empty when it can."""
    count = len(_passes.words(synonym))
    return "" if 1 <= count <= MOST_WORDS else f"synonym {synonym!r} has {count} words; 1 to {MOST_WORDS} are possible"


class Analyser:
    """A lexicon made ready to analyse texts. Immutable: share it between threads as you like.

    Attributes:
        model, likeness: The lexicon's own.
        resolve: The role that a synonym, or a role's own name, stands for; None when it stands for none. A TypeError
            when it isn't given a str. It is the implementation's own method: one more call would cost as much again.

    Raises:
        ConfigError: A synonym of the lexicon has no word or more than four.
    """

    __slots__ = ("_passes", "likeness", "model", "resolve")

    def __init__(self, lexicon: Lexicon) -> None:
        verbs = dict(lexicon.verbs)
        name = kept_synonyms.name_of(verbs, _passes.__file__)
        kept = kept_synonyms.recall(name) if name else None
        try:
            self._passes = _passes.Analyser(verbs, lexicon.named, lexicon.model, lexicon.likeness, kept)
        except ValueError as exc:
            hint = "Shorten or remove that entry of semantic_verbs, or of a plugin's register_verbs."
            raise ConfigError(
                f"the lexicon cannot be used: {exc}", problems=[f"semantic_verbs: {exc}"], hint=hint
            ) from exc
        if name and self._passes.built and (table := self._passes.table()):
            kept_synonyms.remember(name, table)
        self.model, self.likeness = lexicon.model, lexicon.likeness
        self.resolve: Callable[[str], str | None] = self._passes.resolve

    def analyse(self, text: str) -> Analysis:
        """One pass over a text of any length and content.

        Raises:
            TypeError: `text` is not a str.
        """
        return self._passes.value(text, Analysis, Finding, Span)


@cache
def _default() -> Analyser:
    return Analyser(Lexicon.default())


def analyse(text: str) -> Analysis:
    """Analyse a text with the built-in words and privacy rules; a router has an `Analyser` of its own.

    Raises:
        TypeError: `text` is not a str.
    """
    found = standard().find(text, ENOUGH)
    analysis = _default().analyse(text)
    return evolve(analysis, findings=tuple(found)) if found else analysis

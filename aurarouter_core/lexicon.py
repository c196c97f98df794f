"""The words that the analyser knows: synonyms of roles, signals of intents, and how prompts open. Data, no logic."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from attrs import evolve, frozen

from aurarouter_core import signals

# Found in a text and resolved on their own; a phrase has up to four words.
VERBS: Mapping[str, tuple[str, ...]] = {
    "router": (
        *("classifier", "triage", "intent"),
        *("classify the intent", "route this", "dispatch"),
    ),
    "reasoning": (
        *("planner", "architect", "planning"),
        *("plan", "design", "reason", "think through", "step by step", "architecture", "strategy", "trade offs"),
        *("prove", "solve", "derive"),
    ),
    "coding": (
        *("code generation", "programming", "developer"),
        *("code", "program", "implement", "refactor", "debug", "script", "function", "unit test", "unit tests"),
    ),
    "summarization": (
        *("summarize", "tldr", "digest"),
        *("summarise", "summarizing", "summarising", "summary", "summaries", "tl;dr", "condense", "recap"),
        *("key points", "sum up", "shorten"),
    ),
    "analysis": (
        *("analyze", "evaluate", "assess"),
        *("analyse", "analyzing", "analysing", "evaluation", "assessment", "compare", "interpret", "extract"),
        *("sentiment",),
    ),
    "reviewer": (
        *("review", "critique", "audit"),
        *("reviewing", "proofread", "code review", "pull request", "find bugs", "give feedback", "rate the"),
        *("which response is better",),
    ),
}

IMPERATIVE = """
    add advise analyse analyze answer assess audit break build calculate change check choose classify code compare
    complete compute condense convert create debug decide define derive describe design determine develop draft
    edit estimate evaluate examine explain extend extract find fix generate get give help identify implement
    improve interpret investigate judge list make move optimize outline paraphrase parse plan prepare print
    propose prove provide rank rate read recommend refactor remove rename replace rewrite return review route run
    shorten show simplify solve sort split suggest sum summarise summarize tell test translate triage update use
    verify work write
"""

INTERROGATIVE = """
    who whom whose what what's when where which why how how's is are was were do does did can could would will
    should has have am may
"""


@frozen
class Lexicon:
    """Everything that an `Analyser` is made of. Weights are whole hundredths: one for each intent, then each role.

    Attributes:
        verbs: Synonym → role.
        words: Word → its weights; a word counts once per text.
        openings: First word of a text → "imperative" or "interrogative".
        features: Measurement, or role of which a synonym was found → its weights.
        intents: The intents; the first is the easy one.
        roles: The roles that have weights; the first, "", stands for "none of the others".
        levels: Complexities at which levels 2 to 10 begin.
    """

    verbs: Mapping[str, str]
    words: Mapping[str, tuple[int, ...]]
    openings: Mapping[str, str]
    features: Mapping[str, tuple[int, ...]]
    intents: tuple[str, ...]
    roles: tuple[str, ...]
    levels: tuple[float, ...]

    @classmethod
    @cache
    def default(cls) -> Lexicon:
        """The built-in words."""
        return cls(
            verbs={synonym: role for role, synonyms in VERBS.items() for synonym in synonyms},
            words=signals.WORDS,
            openings={
                **dict.fromkeys(INTERROGATIVE.split(), "interrogative"),
                **dict.fromkeys(IMPERATIVE.split(), "imperative"),
            },
            features=signals.FEATURES,
            intents=signals.INTENTS,
            roles=signals.ROLES,
            levels=signals.LEVELS,
        )

    def with_verbs(self, verbs: Mapping[str, str]) -> Lexicon:
        """The same with more synonyms; a synonym that is there already changes its role."""
        return evolve(self, verbs={**self.verbs, **verbs})

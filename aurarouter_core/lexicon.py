"""What the analyser knows: synonyms of roles, the classifier, and intents that are made of examples."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from attrs import Factory, evolve, frozen

from aurarouter_core.classifier import Likeness, Model, shipped

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


@frozen
class Lexicon:
    """Everything that an `Analyser` is made of.

    Attributes:
        verbs: Synonym → role.
        named: Those synonyms that make their role likelier: the user's and the plugins'. What the built-in ones say
            is in the classifier.
        model: The classifier.
        likeness: Intents that are made of examples.
    """

    verbs: Mapping[str, str]
    named: frozenset[str]
    model: Model
    likeness: Likeness = Factory(Likeness)

    @classmethod
    @cache
    def default(cls) -> Lexicon:
        """The built-in words, and the classifier that came with this program."""
        return cls(
            verbs={synonym: role for role, synonyms in VERBS.items() for synonym in synonyms},
            named=frozenset(),
            model=shipped(),
        )

    def with_verbs(self, verbs: Mapping[str, str]) -> Lexicon:
        """The same with more synonyms; a synonym that is there already changes its role."""
        return evolve(self, verbs={**self.verbs, **verbs}, named=self.named | verbs.keys())

    def with_model(self, model: Model) -> Lexicon:
        """The same with another classifier."""
        return evolve(self, model=model)

    def with_likeness(self, likeness: Likeness) -> Lexicon:
        """The same with intents that are made of examples."""
        return evolve(self, likeness=likeness)

"""What hooks may answer: each function passes a right answer on and refuses a wrong one with TypeError."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aurarouter_hooks import Constraint, Intent, Middleware

NUMBER = (int, float)
LARGEST = 1e300
"""A score; the sum of all plugins' scores must be a number, too."""


class WrongAnswerError(TypeError):
    """A hook answered with something else. Its words name kinds, and quote nothing of what was answered."""


def anything(answer: Any) -> Any:
    """For plugins' own hooks: what they answer is their affair."""
    return answer


def nothing(answer: Any) -> None:
    """For those who are told: whatever they answer is dropped."""


def classes(answer: Any) -> Mapping[str, type]:
    """Name → class."""
    for name, kind in _mapping(answer).items():
        _need(isinstance(name, str) and isinstance(kind, type), "a mapping of names to classes", answer)
    return answer  # type: ignore[no-any-return]


def words(answer: Any) -> Mapping[str, str]:
    """String → string."""
    for word, other in _mapping(answer).items():
        if not (isinstance(word, str) and isinstance(other, str)):
            raise _wrong("a mapping of strings to strings", answer)
    return answer  # type: ignore[no-any-return]


def settings(answer: Any) -> Mapping[str, Any]:
    """A layer of settings."""
    return _mapping(answer)


def scores(answer: Any) -> Mapping[str, float]:
    """Model id → a number that can be summed."""
    for model, score in _mapping(answer).items():
        if not (isinstance(model, str) and isinstance(score, NUMBER) and abs(score) <= LARGEST):
            raise _wrong(f"a mapping of model ids to numbers of at most {LARGEST:g}", answer)
    return answer  # type: ignore[no-any-return]


def intents(answer: Any) -> Mapping[str, Intent]:
    """Several intents, by name."""
    _need(isinstance(answer, Sequence), "intents", answer)
    return {item.name: item for item in map(intent, answer)}


def intent(answer: Any) -> Intent:
    """One intent."""
    fits = isinstance(answer, Intent) and isinstance(answer.name, str) and isinstance(answer.role, str)
    _need(fits, "an Intent whose name and role are strings", answer)
    return answer  # type: ignore[no-any-return]


def constraint(answer: Any) -> Constraint:
    """One constraint."""
    _need(isinstance(answer, Constraint), "a Constraint", answer)
    for name, kind in (("private", bool), ("here", bool), ("min_context", int), ("reasons", tuple)):
        if not isinstance(getattr(answer, name), kind):
            raise WrongAnswerError(f"'{name}' of its Constraint must be a {kind.__name__}")
    if not all(isinstance(reason, str) for reason in answer.reasons):
        raise WrongAnswerError("the reasons of its Constraint must be strings")
    return answer  # type: ignore[no-any-return]


def middleware(answer: Any) -> Sequence[Middleware]:
    """Several middleware."""
    fits = isinstance(answer, Sequence) and all(
        callable(layer)
        and not isinstance(layer, type)
        and getattr(layer, "scope", None) in ("task", "attempt")
        and isinstance(getattr(layer, "order", None), int)
        for layer in answer
    )
    _need(fits, "objects (not classes) of middleware, each with a scope and an order", answer)
    return answer  # type: ignore[no-any-return]


def _mapping(answer: Any) -> Mapping[str, Any]:
    if type(answer) is not dict:  # of most it is true, and an abstract class takes its time
        _need(isinstance(answer, Mapping), "a mapping", answer)
    return answer  # type: ignore[no-any-return]


def _need(fits: bool, what: str, answer: Any) -> None:
    if not fits:
        raise _wrong(what, answer)


def _wrong(what: str, answer: Any) -> WrongAnswerError:
    return WrongAnswerError(f"must answer {what}, not {type(answer).__name__}")

"""Kinds of task as people see them: who serves each, what shows it, and how sure one must be."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from aurarouter_core.config import Config
from aurarouter_core.plugins import Plugins
from aurarouter_core.snapshot import Snapshot


@frozen(kw_only=True)
class IntentRow:
    """An intent.

    Attributes:
        role: The role that serves it; "" for the role of the wording, else the default one.
        examples: Tasks of this kind.
        synonyms: Words that show it.
        threshold: How like the examples a task must be, 0 to 1; None without examples.
        configured: It stands in the configuration; others are built in, or a plugin's.
    """

    intent: str
    role: str
    description: str
    examples: tuple[str, ...]
    synonyms: tuple[str, ...]
    threshold: float | None
    configured: bool


def intents_in(snapshot: Snapshot) -> Iterator[IntentRow]:
    """The built-in intents, the plugins', and those of the configuration."""
    likeness = snapshot.analyser.likeness
    limits = dict(zip(likeness.names, likeness.thresholds, strict=True))
    for name, intent in snapshot.intents.items():
        yield IntentRow(
            intent=name,
            role=intent.role,
            description=intent.description,
            examples=tuple(intent.examples),
            synonyms=tuple(intent.synonyms),
            threshold=limits.get(name),
            configured=name in snapshot.config.intents,
        )


def intents_of(config: Config, plugins: Plugins) -> list[IntentRow]:
    """The same, of a configuration.

    Raises:
        ConfigError: A synonym or an example is none.
    """
    return list(intents_in(Snapshot.of(config, plugins)))

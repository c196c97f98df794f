"""What a model can do, by the provider's own word: asked right before an attempt, where the user says nothing of it."""

from __future__ import annotations

from aurarouter_hooks import Constraint, NoModelLeftError, Provider


def refuse_incapable(provider: Provider, limits: Constraint) -> None:
    """What the user says a model can do was looked at when deciding; else the provider's own word counts.

    Raises:
        NoModelLeftError: The model lacks something.
    """
    model = provider.model
    can = provider.capabilities().names
    if not limits.capabilities or model.capabilities.names is not None or can is None:
        return
    lacking = ", ".join(sorted(limits.capabilities - can))
    if lacking:
        raise not_allowed(model.id, f"its provider can't do {lacking}")


def keeps_to_schemas(provider: Provider) -> bool:
    """An answer of the model fits the schema that it is sent."""
    said = provider.model.capabilities.names
    return "json_schema" in ((provider.capabilities().names if said is None else said) or ())


def not_allowed(model: str, reason: str, kind: type[NoModelLeftError] = NoModelLeftError) -> NoModelLeftError:
    """A model is ruled out at its attempt; the chain goes on."""
    return kind(f"model '{model}' is not allowed: {reason}", vetoes={model: reason})

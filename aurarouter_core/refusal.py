"""Why nobody answered, as the one right error."""

from __future__ import annotations

from collections.abc import Sequence

from aurarouter_core import install
from aurarouter_core.snapshot import Snapshot
from aurarouter_hooks import (
    AllModelsFailedError,
    Attempt,
    AuraRouterError,
    Decision,
    NoModelLeftError,
    PluginMissingError,
    PrivacyError,
)


def nothing_left(decision: Decision, snapshot: Snapshot) -> AuraRouterError:
    """No model may be tried."""
    limits = decision.constraint
    if not decision.chain and not decision.vetoes:
        return NoModelLeftError(
            f"role '{decision.role}' names no model" if decision.role else "no role is configured",
            hint="Name at least one model under 'roles:' in the configuration.",
        )
    reasons = "; ".join(f"{model}: {reason}" for model, reason in decision.vetoes.items())
    absent = {snapshot.models[name].provider for name in decision.vetoes} - set(snapshot.plugins.providers)
    if absent and all(snapshot.models[name].provider in absent for name in decision.vetoes):
        first = min(absent)
        return PluginMissingError(
            f"role '{decision.role}' has no model that an installed plugin can reach ({reasons})",
            plugin=first,
            hint=install.hint(first),
        )
    if limits.private or limits.here:
        return PrivacyError(
            f"no model is cleared for this task ({reasons})",
            vetoes=decision.vetoes,
            hint="Add a model that runs on this machine to the role, or tag one 'private' if you trust where it runs.",
        )
    return NoModelLeftError(
        f"every model of role '{decision.role}' was ruled out ({reasons})",
        vetoes=decision.vetoes,
        hint="See 'aurarouter explain' for the same prompt.",
    )


def all_failed(decision: Decision, attempts: Sequence[Attempt]) -> AuraRouterError:
    """Each model was tried."""
    words = "; ".join(f"{attempt.model}: {attempt.error.message}" for attempt in attempts if attempt.error)
    refused = {
        attempt.model: attempt.error.message
        for attempt in attempts
        if attempt.error and attempt.error.type == "PrivacyError"
    }
    if refused and len(refused) == len(attempts):
        return PrivacyError(
            f"no model is cleared for this task ({words})",
            vetoes={**decision.vetoes, **refused},
            hint="Add a model that runs on this machine to the role, or tag one 'private' if you trust where it runs.",
        )
    hints = dict.fromkeys(attempt.error.hint for attempt in attempts if attempt.error and attempt.error.hint)
    return AllModelsFailedError(
        f"every model failed ({words})",
        attempts=attempts,
        hint=" ".join(hints) or "Run 'aurarouter doctor' to see how each model is.",
    )

"""Why nobody answered, as the one right error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from aurarouter_core import install, privacy
from aurarouter_core.snapshot import Snapshot
from aurarouter_core.wallet import PRICE_IT, UNPRICED
from aurarouter_hooks import (
    AllModelsFailedError,
    Attempt,
    AuraRouterError,
    BudgetError,
    Decision,
    ForbiddenError,
    Location,
    NoModelLeftError,
    PluginMissingError,
    PrivacyError,
)

WAIT = "Wait until the day (in UTC) or the month is over, raise the budget, or add a model that costs nothing."
CLEAR_ONE = "Add a model that runs on this machine to the role, or tag one 'private' if you trust where it runs."


def nothing_left(decision: Decision, snapshot: Snapshot, locations: Mapping[str, Location]) -> AuraRouterError:
    """No model may be tried. `locations` says where models run, as far as that was asked."""
    limits = decision.constraint
    if not decision.chain and not decision.vetoes:
        return NoModelLeftError(
            f"role '{decision.role}' names no model" if decision.role else "no role is configured",
            hint="Name at least one model under 'roles:' in the configuration.",
        )
    if not limits.allows_role(decision.role):
        return _forbidden(f"the role '{decision.role}'", limits.roles, decision)
    if not any(map(limits.allows_model, decision.vetoes)):
        return _forbidden("the models that the task could go to", limits.models, decision)
    # Whoever may not use a model need not hear of it.
    vetoes = {model: reason for model, reason in decision.vetoes.items() if limits.allows_model(model)}
    reasons = "; ".join(f"{model}: {reason}" for model, reason in vetoes.items())
    absent = {snapshot.models[name].provider for name in decision.vetoes} - set(snapshot.plugins.providers)
    if absent and all(snapshot.models[name].provider in absent for name in decision.vetoes):
        first = min(absent)
        return PluginMissingError(
            f"role '{decision.role}' has no model that a loaded plugin can reach ({reasons})",
            plugin=first,
            hint=install.install_hint(*_extras(first, decision, snapshot)),
        )
    if any(privacy.refusal(snapshot.models[name], limits, locations.get(name)) for name in decision.vetoes):
        return PrivacyError(
            f"no model is cleared for this task ({reasons})",
            vetoes=decision.vetoes,
            hint=CLEAR_ONE,
        )
    if decision.over_budget:
        return BudgetError(
            f"the budget leaves no model for this task ({reasons})",
            vetoes=decision.vetoes,
            hint=PRICE_IT if UNPRICED in decision.vetoes.values() else WAIT,
        )
    return NoModelLeftError(
        f"every model of role '{decision.role}' was ruled out ({reasons})",
        vetoes=decision.vetoes,
        hint="See 'aurarouter explain' for the same prompt.",
    )


def _forbidden(what: str, allowed: Iterable[str] | None, decision: Decision) -> ForbiddenError:
    known = ", ".join(sorted(allowed or ())) or "nothing"
    return ForbiddenError(f"whoever asks may not use {what}", vetoes=decision.vetoes, hint=f"Allowed is: {known}.")


def _extras(provider: str, decision: Decision, snapshot: Snapshot) -> list[str]:
    """The plugin of a provider, and the one that fetches files when a model of it needs one."""
    entries = [snapshot.config.models[name] for name in decision.vetoes]
    fetched = any(
        entry.provider == provider
        and entry.asset is not None
        and entry.asset.source.partition(":")[0] not in snapshot.plugins.asset_sources
        for entry in entries
    )
    return ["assets", provider] if fetched else [provider]


def all_failed(decision: Decision, attempts: Sequence[Attempt], passed_over: Mapping[str, str]) -> AuraRouterError:
    """Each model was tried, or may not be asked now."""
    reasons = [f"{attempt.model}: {attempt.error.message}" for attempt in attempts if attempt.error]
    tried = {attempt.model for attempt in attempts}
    left_alone = {model: why for model, why in passed_over.items() if model not in tried}
    words = "; ".join([*reasons, *(f"{model}: {why}" for model, why in left_alone.items())])
    hints = dict.fromkeys(attempt.error.hint for attempt in attempts if attempt.error and attempt.error.hint)
    seen = "See 'aurarouter explain' for the same prompt."
    for kind, what, hint in (
        (PrivacyError, "no model is cleared for this task", CLEAR_ONE),
        (BudgetError, "the budget leaves no model for this task", WAIT),
        (ForbiddenError, "whoever asks may use none of the models", seen),
        (NoModelLeftError, "every model was ruled out", seen),
    ):
        names = [one.__name__ for one in (kind, *kind.__subclasses__())]
        refused = {a.model: a.error.message for a in attempts if a.error and a.error.type in names}
        if refused and len(refused) == len(attempts) and not left_alone:
            return kind(f"{what} ({words})", vetoes={**decision.vetoes, **refused}, hint=" ".join(hints) or hint)
    return AllModelsFailedError(
        f"every model failed ({words})" if attempts else f"no model may be asked now ({words})",
        attempts=attempts,
        refused=bool(attempts) and not left_alone and all(a.error is not None and a.error.refused for a in attempts),
        hint=" ".join(hints) or "Run 'aurarouter doctor' to see how each model is.",
    )

"""Merged settings become one configuration, or every problem at once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import evolve

from aurarouter_core import converter
from aurarouter_core.asset_settings import Assets
from aurarouter_core.budget_settings import Budget
from aurarouter_core.config import RESERVED, Config, IntentEntry, ModelEntry, RoleEntry, System, VerbsEntry
from aurarouter_core.converter import Problems, nearest, strangers
from aurarouter_core.plan_settings import Plans
from aurarouter_core.prices import listed
from aurarouter_core.privacy_settings import Privacy
from aurarouter_core.prompts import Prompts
from aurarouter_core.request import Request
from aurarouter_hooks import ConfigError, Problem

if TYPE_CHECKING:
    from cattrs import Converter

    from aurarouter_core.layers import Layers

SINGLE: dict[str, type] = {
    "system": System,
    "privacy": Privacy,
    "budget": Budget,
    "plans": Plans,
    "prompts": Prompts,
    "assets": Assets,
}
NAMED: dict[str, type] = {
    "models": ModelEntry,
    "roles": RoleEntry,
    "semantic_verbs": VerbsEntry,
    "intents": IntentEntry,
}
KERNEL_SECTIONS: dict[str, Any] = {**SINGLE, **{name: Mapping[str, kind] for name, kind in NAMED.items()}}  # type: ignore[valid-type]


def build(layers: Layers, *, request: Request | None = None, environ: Mapping[str, str] | None = None) -> Config:
    """Make a configuration of merged settings.

    Args:
        layers: Where the settings come from.
        request: How they were asked for.
        environ: The variables that settings may name; None for this process's own.

    Raises:
        ConfigError: With every problem found, each with its path, and its line or layer.
    """
    taken = sorted(set(KERNEL_SECTIONS) & set(layers.plugin_sections))
    if taken:
        kind = layers.plugin_sections[taken[0]]
        whose = f"a plugin ({kind.__module__}.{kind.__qualname__})"
        raise ConfigError(
            f"{whose} brings the section '{taken[0]}', which is the kernel's own",
            hint="Switch that plugin off with AURAROUTER_WITHOUT; 'aurarouter plugins' lists all of them.",
        )
    known = {**KERNEL_SECTIONS, **layers.plugin_sections}
    unknown = ((str(name), (str(name),)) for name in layers.settings if name not in known)
    problems = strangers("unknown section", unknown, known)
    making = converter.make(os.environ if environ is None else environ)
    values: dict[str, Any] = {}
    for name in known:
        raw = layers.settings.get(name)
        raw = {} if raw is None else raw
        if name in NAMED:
            values[name] = _entries(making, name, raw, problems)
        else:
            values[name] = _one(making, raw, known[name], (name,), problems)
    problems.extend(_pointing_nowhere(values, layers.settings))
    problems = [*layers.problems, *map(layers.located, problems)]
    if problems:
        where = f" in {layers.file}" if layers.file else ""
        raise ConfigError(
            f"the configuration{where} has {len(problems)} problem{'s' if len(problems) > 1 else ''}",
            problems=problems,
            hint="Correct them; manifests/sample_config.yaml shows every setting.",
        )
    kernel = {name: values.pop(name) for name in KERNEL_SECTIONS}
    return Config(**kernel, sections=values, path=layers.file, warnings=layers.warnings, request=request)


def _one(making: Converter, raw: Any, kind: type, path: tuple[str, ...], problems: list[Problem]) -> Any:
    """The object; None when it has problems, which are then added."""
    try:
        return converter.structured(making, raw, kind, path)
    except Problems as error:
        problems.extend([*error.found, *error.unset])
        return None


def _entries(making: Converter, section: str, raw: Any, problems: list[Problem]) -> dict[str, Any]:
    """The entries that have no problems."""
    if not isinstance(raw, Mapping):
        problems.append(Problem(f"expected a mapping of names, got {converter.word(type(raw))}", (section,)))
        return {}
    values: dict[str, Any] = {}
    for name, entry in raw.items():
        path = (section, str(name))
        if not isinstance(name, str) or not name:
            what = f"a name must be text, and this is {converter.word(type(name))}; put it in quotes"
            problems.append(Problem("a name is empty" if name == "" else what, path))
            continue
        if section == "models" and RESERVED.match(name):
            what = "'auto', 'role:…' and 'intent:…' can't be models' names: clients write them to name no model"
            problems.append(Problem(what, path))
            continue
        try:
            values[name] = converter.structured(making, entry, NAMED[section], path)
        except Problems as error:
            problems.extend(error.found)
            if error.unset and section == "models":
                if not error.found:
                    values[name] = _unusable(making, entry, path, error.unset)
            else:
                problems.extend(error.unset)
    return values


def _unusable(making: Converter, entry: Mapping[str, Any], path: tuple[str, ...], unset: list[Problem]) -> ModelEntry:
    """A model that names variables that aren't set: right for all the others, told when somebody uses it."""
    fields = {problem.path[len(path)] for problem in unset}
    rest = {key: value for key, value in entry.items() if key not in fields}
    made: ModelEntry = converter.structured(making, {"provider": "", **rest}, ModelEntry, path)
    return evolve(made, unset=tuple(str(problem) for problem in unset))


def _pointing_nowhere(values: Mapping[str, Any], settings: Mapping[str, Any]) -> list[Problem]:
    """Names that only the whole can show to be wrong. What is there but faulty itself is not missing."""
    models, roles = (
        named if isinstance(named := settings.get(section), Mapping) else {} for section in ("models", "roles")
    )
    named = ((model, ("roles", role, "models")) for role, entry in values["roles"].items() for model in entry.models)
    problems = strangers("no model is called '{}'", (found for found in named if found[0] not in models), models)
    served = ((entry.role, ("intents", name, "role")) for name, entry in values["intents"].items())
    problems.extend(strangers("no role is called '{}'", (found for found in served if found[0] not in roles), roles))
    if values["plans"] is not None and values["plans"].review and "reviewer" not in roles:
        problems.append(Problem("no role is called 'reviewer'", ("plans", "review")))
    budget = values["budget"]
    if budget is not None and budget.reference and budget.reference not in models and not listed(budget.reference):
        words = f"no model is called '{budget.reference}', and no price is listed for one of that name"
        problems.append(Problem(words + nearest(budget.reference, models), ("budget", "reference")))
    return problems

"""Merged settings become one configuration, or every problem at once."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import fields

from aurarouter_core.config import Config, IntentEntry, ModelEntry, RoleEntry, System, VerbsEntry
from aurarouter_hooks import ConfigError

if TYPE_CHECKING:
    from cattrs import Converter

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

KERNEL_SECTIONS: dict[str, Any] = {
    "system": System,
    "models": Mapping[str, ModelEntry],
    "roles": Mapping[str, RoleEntry],
    "semantic_verbs": Mapping[str, VerbsEntry],
    "intents": Mapping[str, IntentEntry],
}


def build(
    settings: Mapping[str, Any],
    plugin_sections: Mapping[str, type],
    *,
    path: Path | None = None,
    warnings: tuple[str, ...] = (),
) -> Config:
    """Make a configuration of merged settings.

    Raises:
        ConfigError: With every problem found, each with its path.
    """
    known = {**KERNEL_SECTIONS, **plugin_sections}
    converter = _converter()
    problems = [f"{name}: unknown section{_nearest(str(name), known)}" for name in settings if name not in known]
    values: dict[str, Any] = {}
    for name, kind in known.items():
        raw = settings.get(name)
        if raw is None:
            raw = {}
        try:
            values[name] = converter.structure(_short_forms(name, raw), kind)
        except Exception as error:  # noqa: BLE001 - cattrs groups anything that its hooks raise; all of it is a finding
            problems.extend(_problems(error, name))
    problems.extend(_checks(values, settings.get("models")))
    if problems:
        where = f" in {path}" if path else ""
        raise ConfigError(
            f"the configuration{where} has {len(problems)} problem{'s' if len(problems) > 1 else ''}",
            problems=problems,
            hint="Correct the lines named, then run 'aurarouter doctor'.",
        )
    kernel = {name: values.pop(name) for name in KERNEL_SECTIONS}
    return Config(**kernel, sections=values, path=path, warnings=warnings)


def _short_forms(section: str, raw: Any) -> Any:
    """`roles: {coding: [a, b]}` is short for `{coding: {models: [a, b]}}`; verbs alike; `chain` is an older name."""
    if section not in ("roles", "semantic_verbs") or not isinstance(raw, Mapping):
        return raw
    key = "models" if section == "roles" else "synonyms"
    long: dict[str, Any] = {}
    for name, entry in raw.items():
        if isinstance(entry, list | tuple):
            entry = {key: entry}
        elif isinstance(entry, Mapping) and section == "roles" and "chain" in entry and "models" not in entry:
            entry = {("models" if part == "chain" else part): value for part, value in entry.items()}
        long[name] = entry
    return long


def _checks(values: Mapping[str, Any], named: Any) -> list[str]:
    """What only the whole can show: names that point nowhere, values out of range."""
    problems: list[str] = []
    models = named if isinstance(named, Mapping) else {}
    for role, entry in values.get("roles", {}).items():
        problems.extend(
            f"roles.{role}: no model is called '{model}'{_nearest(model, models)}"
            for model in entry.models
            if model not in models
        )
    system = values.get("system")
    if system is not None:
        if system.log_level.upper() not in LOG_LEVELS:
            problems.append(f"system.log_level: '{system.log_level}' is none of {', '.join(LOG_LEVELS)}")
        if not system.default_timeout > 0:
            problems.append("system.default_timeout: must be more than 0 seconds")
    return problems


def _nearest(name: str, known: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(name, [str(key) for key in known], n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""


def _converter() -> Converter:
    from cattrs import Converter

    converter = Converter(forbid_extra_keys=True)

    def exactly(*kinds: type) -> Any:
        def structure(value: Any, kind: Any) -> Any:
            if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
                raise TypeError(f"expected {kind.__name__}, got {type(value).__name__}")
            return kind(value)

        return structure

    converter.register_structure_hook(str, exactly(str))
    converter.register_structure_hook(int, exactly(int))
    converter.register_structure_hook(bool, exactly(bool))
    converter.register_structure_hook(float, exactly(int, float))

    def a_list(value: Any, kind: Any) -> tuple[str, ...]:
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            raise TypeError("expected a list of strings")
        return tuple(value)

    converter.register_structure_hook_func(lambda kind: kind == tuple[str, ...], a_list)

    def a_mapping(value: Any, kind: Any) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            raise TypeError(f"expected a mapping, got {type(value).__name__}")
        return dict(value)

    converter.register_structure_hook_func(lambda kind: kind == Mapping[str, Any], a_mapping)
    return converter


def _problems(error: BaseException, path: str) -> list[str]:
    """Flatten what cattrs raises into lines of `path: what`."""
    from cattrs import ForbiddenExtraKeysError
    from cattrs.errors import AttributeValidationNote, IterableValidationNote

    if isinstance(error, ExceptionGroup):
        found: list[str] = []
        for inner in error.exceptions:
            below = path
            for note in getattr(inner, "__notes__", ()):
                if isinstance(note, AttributeValidationNote):
                    below = f"{path}.{note.name}"
                elif isinstance(note, IterableValidationNote):
                    below = f"{path}.{note.index}"
            found.extend(_problems(inner, below))
        return found
    if isinstance(error, ForbiddenExtraKeysError):
        known = {attribute.name: None for attribute in fields(error.cl)}
        return [f"{path}.{name}: unknown key{_nearest(name, known)}" for name in sorted(error.extra_fields)]
    if isinstance(error, KeyError):
        return [f"{path}: is missing"]
    return [f"{path}: {error}"]

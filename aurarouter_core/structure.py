"""Merged settings become one configuration, or every problem at once."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import fields, has

from aurarouter_core.config import Config, IntentEntry, ModelEntry, Request, RoleEntry, System, VerbsEntry
from aurarouter_hooks import ConfigError, Secret

if TYPE_CHECKING:
    from cattrs import Converter

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
    request: Request | None = None,
) -> Config:
    """Make a configuration of merged settings.

    Raises:
        ConfigError: With every problem found, each with its path.
    """
    taken = sorted(set(KERNEL_SECTIONS) & set(plugin_sections))
    if taken:
        raise ConfigError(f"a plugin brings the section '{taken[0]}', which is the kernel's own")
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
            hint="Correct them; manifests/sample_config.yaml shows every setting.",
        )
    kernel = {name: values.pop(name) for name in KERNEL_SECTIONS}
    return Config(**kernel, sections=values, path=path, warnings=warnings, request=request)


def _short_forms(section: str, raw: Any) -> Any:
    """`roles: {coding: [a, b]}` is short for `{coding: {models: [a, b]}}`; verbs alike; `chain` is an older name."""
    if section not in ("roles", "semantic_verbs") or not isinstance(raw, Mapping):
        return raw
    key = "models" if section == "roles" else "synonyms"
    long: dict[str, Any] = {}
    for name, entry in raw.items():
        if isinstance(entry, list | tuple):
            entry = {key: entry}
        elif isinstance(entry, Mapping) and section == "roles" and "chain" in entry:
            entry = {"models": entry["chain"], **{part: value for part, value in entry.items() if part != "chain"}}
        long[name] = entry
    return long


def _checks(values: Mapping[str, Any], named: Any) -> list[str]:
    """What only the whole can show: names that point nowhere."""
    problems: list[str] = []
    models = named if isinstance(named, Mapping) else {}
    problems.extend(f"{section}: a name is empty" for section in ("models", "roles") if "" in values.get(section, {}))
    for role, entry in values.get("roles", {}).items():
        problems.extend(
            f"roles.{role}: no model is called '{model}'{_nearest(model, models)}"
            for model in entry.models
            if model not in models
        )
    return problems


def _nearest(name: str, known: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(name, [str(key) for key in known], n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""


def _converter() -> Converter:
    from cattrs import Converter
    from cattrs.gen import make_dict_structure_fn

    converter = Converter()

    def an_entry(kind: type) -> Any:
        structured: Callable[[Any, Any], Any] = make_dict_structure_fn(kind, converter, _cattrs_forbid_extra_keys=True)

        def structure(value: Any, _: Any) -> Any:
            if not isinstance(value, Mapping):
                raise TypeError(f"expected a mapping, got {type(value).__name__}")
            return structured(value, kind)

        return structure

    converter.register_structure_hook_factory(has, an_entry)

    def exactly(*kinds: type) -> Any:
        def structure(value: Any, kind: Any) -> Any:
            if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
                raise TypeError(f"expected {kind.__name__}, got {type(value).__name__}")
            return kind(value)

        return structure

    converter.register_structure_hook(str, exactly(str))
    converter.register_structure_hook(int, exactly(int))
    converter.register_structure_hook(bool, exactly(bool))
    converter.register_structure_hook(Secret, lambda value, _: Secret(exactly(str)(value, str)))
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
        return [f"{path}.{name}: unknown key{_nearest(name, known)}" for name in sorted(map(str, error.extra_fields))]
    if isinstance(error, KeyError):
        return [f"{path}: is missing"]
    words = error.args[0] if error.args and isinstance(error.args[0], str) else error  # attrs adds its own objects
    return [f"{path}: {words}"]

"""Why this node can't honour settings that the cell is to get, as its own plugins, files and variables say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import evolve, frozen

from aurarouter_auragrid.configuration.travelling import travelling
from aurarouter_auragrid.configuration.version import leaves
from aurarouter_core import Checkup, Router, check_config
from aurarouter_core.aftermath import new
from aurarouter_core.dotted import shown
from aurarouter_core.home import expanded
from aurarouter_hooks import ConfigError

LAYER = "cell configuration"
"""The name of its layer, where people are told which layer a setting comes from."""


@frozen
class Examination:
    """What was found.

    Attributes:
        problems: Why it can't; empty when it can.
        warnings: What works, but perhaps not as meant.
    """

    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def examine(router: Router, settings: Mapping[str, Any]) -> Examination:
    """Look at the settings as if they were in force here. Nothing is connected to, fetched or changed."""
    request = router.snapshot.config.request
    if request is None:
        return Examination(problems=("its configuration was put together by a program and can't be changed",))
    try:
        wanted = travelling(settings, router.plugins.sections)
        kept = tuple(layer for layer in request.layers if layer[0] != LAYER)
        after = check_config(router.plugins, evolve(request, layers=((LAYER, wanted), *kept)))
        if after.problems:
            return Examination(problems=tuple(map(str, after.problems)))
        before = check_config(router.plugins, request)
    except ConfigError as error:
        return Examination(problems=tuple(map(str, error.problems or [error])))
    fresh = new(after.warnings, before.warnings)
    lacking = [one for one in fresh if one.path[:1] == ("models",) and one.path[-1:] == ("provider",)]
    problems = [*lacking, *_missing_files(before, after)]
    warnings = [*(one for one in fresh if one not in lacking), *_hidden(wanted, after)]
    return Examination(tuple(map(str, problems)), tuple(map(str, warnings)))


def _missing_files(before: Checkup, after: Checkup) -> Iterator[str]:
    """Models of which this machine has no file."""
    known = before.config.models if before.config else {}
    for name, entry in after.config.models.items() if after.config else ():
        changed = name not in known or known[name].model_path != entry.model_path
        if changed and entry.model_path and not expanded(entry.model_path).is_file():
            yield f"models.{name}.model_path: there is no file at {entry.model_path}"


def _hidden(settings: Mapping[str, Any], after: Checkup) -> Iterator[str]:
    """What this machine's flags and variables say otherwise."""
    for path, value in leaves(settings):
        layer = after.layers.origin(path) if path and value is not None else None
        if layer is not None and layer.name != LAYER:
            yield f"{shown(path)} is not in force here: {layer.place(path)[0]} sets it and comes first"

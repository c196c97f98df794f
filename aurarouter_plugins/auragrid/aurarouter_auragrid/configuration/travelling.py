"""Which settings may travel through the cell: no secrets, nothing that is a machine's own affair, not too much."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aurarouter_auragrid.configuration.version import leaves
from aurarouter_core.layers import long_forms
from aurarouter_core.shown import masked
from aurarouter_core.structure import KERNEL_SECTIONS
from aurarouter_hooks import ConfigError, Problem

LARGEST = 512 << 10
"""Bytes of all settings of a cell as JSON; the engine takes messages of twice that."""
OWN = "grid"


def travelling(settings: Mapping[str, Any], sections: Mapping[str, Any]) -> dict[str, Any]:
    """The settings in their long form, as every node will get them.

    Args:
        settings: The cell's layer of settings.
        sections: Section name → type, of the sections that plugins bring.

    Raises:
        ConfigError: They hold a secret or a node's own settings, are no settings, or are too many.
    """
    try:
        text = json.dumps(long_forms(settings), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ConfigError(
            f"these settings can't travel through the cell: {error}", hint="Use texts, numbers, lists and mappings."
        ) from error
    if len(text) > LARGEST:
        raise ConfigError(
            f"these settings take {len(text):,} bytes, and a cell keeps up to {LARGEST:,}",
            hint="Leave to each machine's own file what need not be the same everywhere.",
        )
    said: dict[str, Any] = json.loads(text)
    problems = [*_secrets(said, {**KERNEL_SECTIONS, **sections})]
    if OWN in said:
        problems.append(Problem("how a machine takes part in its cell is told there alone", (OWN,)))
    if problems:
        raise ConfigError(
            "these settings don't travel through the cell",
            problems=problems,
            hint="Secrets stay on their machines: write ${env.NAME} or ${key.NAME}, and set it on each node.",
        )
    return said


def _secrets(settings: Mapping[str, Any], kinds: Mapping[str, Any]) -> list[Problem]:
    shown = dict(leaves(masked(settings, kinds)))
    told = "a secret does not travel through the cell"
    return [Problem(told, path) for path, value in leaves(settings) if shown.get(path) != value]

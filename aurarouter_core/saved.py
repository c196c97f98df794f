"""What the same tokens would have cost at a reference model, and so what was saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aurarouter_core.config import Config
from aurarouter_core.configured import configured
from aurarouter_core.cost import cost
from aurarouter_core.prices import listed
from aurarouter_hooks import Price, Usage


def reference_price(config: Config) -> Price | None:
    """What the reference of the budget costs; None without one, or where that is unknown."""
    name = config.budget.reference
    if not name:
        return None
    known = configured(config).get(name)
    return known.price if known else listed(name)


def with_savings(rows: Sequence[dict[str, Any]], reference: Price) -> list[dict[str, Any]]:
    """The same rows with `reference` and `saved`."""
    return [{**row, **_savings(row, reference)} for row in rows]


def _savings(row: Mapping[str, Any], reference: Price) -> dict[str, float | None]:
    usage = Usage(
        input_tokens=row["input_tokens"],
        output_tokens=row["output_tokens"],
        cached_input_tokens=row["cached_input_tokens"],
    )
    return savings(usage, None if row["unpriced"] else row["cost"], reference)


def savings(usage: Usage, spent: float | None, reference: Price | None) -> dict[str, float | None]:
    """`reference`, what the tokens would have cost there, and `saved`; None for unknown."""
    if reference is None:
        return {"reference": None, "saved": None}
    there = cost(usage, reference)
    if spent is None and not there:
        spent = 0.0
    return {"reference": there, "saved": None if spent is None else there - spent}

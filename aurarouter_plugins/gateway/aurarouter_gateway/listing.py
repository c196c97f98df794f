"""`GET /v1/models`: what a client may write as its model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from aurarouter_hooks import Constraint, Model


def names(models: Iterable[str], roles: Sequence[str], intents: Sequence[str], limits: Constraint) -> Iterator[str]:
    """`auto`, the roles, the intents and the models themselves, as far as the app may use them."""
    yield "auto"
    yield from (f"role:{name}" for name in filter(limits.allows_role, roles))
    yield from (f"intent:{name}" for name in intents)
    yield from filter(limits.allows_model, models)


def listed(found: Sequence[str], models: Mapping[str, Model]) -> Mapping[str, Any]:
    """In a shape that the clients of both vendors read; with what a model can do, where its configuration says so."""
    data = [
        {
            "id": name,
            "object": "model",
            "created": 0,
            "owned_by": "aurarouter",
            "type": "model",
            "display_name": name,
            "created_at": "1970-01-01T00:00:00Z",
            **_able(models.get(name)),
        }
        for name in found
    ]
    ends = {"first_id": found[0], "last_id": found[-1]} if found else {"first_id": None, "last_id": None}
    return {"object": "list", "data": data, "has_more": False, **ends}


def _able(model: Model | None) -> dict[str, Any]:
    can = model.capabilities.names if model is not None else None
    return {} if can is None else {"capabilities": sorted(can)}

"""What decided at a time who may have what: the rules, and which models are cleared. As JSON, and without secrets."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from aurarouter_core.config import ModelEntry
from aurarouter_core.plain import origin, plain
from aurarouter_core.shown import masked
from aurarouter_core.snapshot import Snapshot
from aurarouter_core.store import Configuration


@lru_cache(maxsize=4)
def in_effect(snapshot: Snapshot) -> Configuration:
    """The part of a configuration that matters for private data."""
    settings = snapshot.config.privacy
    body: dict[str, Any] = {
        "profile": str(settings.profile),
        "actions": dict(snapshot.inspector.detector.actions),
        "patterns": {name: masked(entry.pattern) for name, entry in settings.patterns.items()},
        "markers": masked(list(settings.markers)),
        "restore": settings.restore,
        "trusted_networks": list(settings.trusted_networks),
        "models": {name: _model(entry) for name, entry in snapshot.config.models.items()},
    }
    return Configuration(body=json.dumps(plain(body), sort_keys=True))


def _model(entry: ModelEntry) -> dict[str, Any]:
    endpoints = [*([entry.endpoint] if entry.endpoint else []), *entry.endpoints]
    return {"provider": entry.provider, "tags": sorted(entry.tags), "endpoints": [origin(each) for each in endpoints]}

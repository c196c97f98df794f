"""What a cell knows about its members, as JSON in the engine."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import asdict, field, fields, frozen

from aurarouter_auragrid.errors import GridError


def _models(value: Mapping[str, str]) -> dict[str, str]:
    return {str(name): str(state) for name, state in value.items()}


def _texts(value: Iterable[str]) -> tuple[str, ...]:
    return tuple(value)


@frozen(kw_only=True)
class NodeRecord:
    """A member, as of its last heartbeat.

    Attributes:
        name: Its name in the cell.
        instance: This start of it; a restarted node is a new instance.
        address: Where its services listen.
        version: The program's.
        load: Calls and events that it works on, over those that it can take at a time: 0 is idle.
        models: Model id → state of health.
        state: "serving" or "draining".
        cleared: The cell's configuration lists it for private work.
        unloaded: Of the models, those that are on its disk and not in its memory; their next prompt loads them.
        assets: Model files that it has registered; model id → bytes.
        places: Where the servers of those listen on its machine; model id → host:port.
        memory: Bytes that models may take there together.
        discovered: Of the models, those that were found on servers of its machine; model id → provider. 24 at most.
        seen: When it said so, in seconds since 1970: by its own clock, or where `heard` was asked, by the reader's.
    """

    name: str
    instance: str
    address: str
    version: str = ""
    load: float = 0.0
    models: Mapping[str, str] = field(factory=dict, converter=_models)
    state: str = "serving"
    cleared: bool = False
    unloaded: tuple[str, ...] = field(default=(), converter=_texts)
    assets: Mapping[str, int] = field(factory=dict)
    discovered: Mapping[str, str] = field(factory=dict, converter=_models)
    places: Mapping[str, str] = field(factory=dict, converter=_models)
    memory: int = 0
    seen: float = 0.0


@frozen(kw_only=True)
class Endpoint:
    """Where a node offers services; registered for as long as its lease is renewed."""

    node: str
    instance: str
    address: str
    services: tuple[str, ...] = field(default=(), converter=_texts)
    load: float = 0.0
    cleared: bool = False


def to_bytes(record: NodeRecord | Endpoint) -> bytes:
    """The record as JSON."""
    return json.dumps(asdict(record)).encode()


def node_of(data: bytes) -> NodeRecord:
    """A member's record.

    Raises:
        GridError: It can't be read.
    """
    return NodeRecord(**_known(NodeRecord, data))


def endpoint_of(data: bytes) -> Endpoint:
    """An endpoint's record.

    Raises:
        GridError: It can't be read.
    """
    return Endpoint(**_known(Endpoint, data))


def _known(kind: type, data: bytes) -> dict[str, Any]:
    """The keys that we know: a newer node of the cell may say more."""
    try:
        said = json.loads(data)
        needed = {"name" if kind is NodeRecord else "node", "instance", "address"}
        if not isinstance(said, dict) or not needed <= set(said):
            raise ValueError("keys are missing")
    except ValueError as error:
        raise GridError(f"a record of the cell can't be read: {error}") from error
    return {item.name: said[item.name] for item in fields(kind) if item.name in said}

"""What a cell needs of the engine below it: one small port for each capability."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any, Protocol

from attrs import field, frozen

from aurarouter_auragrid.records import Endpoint, NodeRecord

Piece = tuple[int, str]
"""A chunk of a file: its number, and its SHA-256."""


@frozen(kw_only=True)
class Event:
    """Something that was published on a topic.

    Attributes:
        event_id: The same for an event that was published twice.
        sequence_number: Its place among all events of the cell.
        timestamp: When it was stored, in seconds since 1970.
        headers: What travels beside the payload.
    """

    topic: str
    payload: bytes = field(repr=False)
    event_id: str = ""
    sequence_number: int = 0
    timestamp: float = 0.0
    headers: Mapping[str, str] = field(factory=dict)


@frozen(kw_only=True)
class Published:
    """The engine holds the event. `duplicate` when it held it before."""

    event_id: str
    sequence_number: int
    duplicate: bool = False


class Lease(Protocol):
    """A name that nobody else has for now."""

    async def renew(self, value: bytes) -> bool:
        """Keep it for another term; False when somebody else has it now."""

    async def release(self) -> None:
        """Give it back, if it is still ours."""


class Leases(Protocol):
    """Names that end by themselves when their holder falls silent."""

    async def take(self, key: str, value: bytes, *, seconds: int) -> Lease | None:
        """Take a free name; None when somebody has it."""

    async def take_over(self, key: str, value: bytes, *, seconds: int) -> Lease:
        """Take a name, whoever has it; he notices when he renews it."""

    async def all(self) -> Mapping[str, bytes]:
        """What each holder says."""


class Membership(Protocol):
    """Who belongs to the cell now."""

    async def nodes(self) -> list[NodeRecord]:
        """Every member that was heard of lately, by name."""

    async def heard(self) -> list[NodeRecord]:
        """The same, with `seen` by the clock of whoever reads."""

    async def node(self, name: str) -> NodeRecord | None:
        """A member that was heard of lately."""


class Registry(Protocol):
    """Where services are to be found."""

    async def endpoints(self, service: str = "") -> list[Endpoint]:
        """Who offers a service now; all endpoints without a name."""


class Configuration(Protocol):
    """What the cell as a whole is told, the same for every member."""

    async def get(self, key: str) -> Any:
        """A value, or None."""

    async def put(self, key: str, value: Any) -> None:
        """Set a value."""

    async def read(self, key: str) -> tuple[Any, int]:
        """A value, or None; and the revision to write upon."""

    async def replace(self, key: str, value: Any, upon: int) -> int | None:
        """Set a value upon a revision; the new one, or None when another was written meanwhile."""

    async def amend(self, key: str, change: Callable[[Any], Any]) -> Any:
        """Set a value to what `change` makes of it; again upon the new one when somebody else was faster."""

    async def newer(self, key: str, than: int) -> tuple[Any, int] | None:
        """A value that was set beyond a revision, and its own; None when there is none, or none to be seen yet."""

    async def all(self) -> Mapping[str, Any]:
        """Every value by its key."""


class Events(Protocol):
    """Topics, kept for a while; each subscriber reads on from where it was."""

    async def publish(self, topic: str, payload: bytes, *, event_id: str, headers: Mapping[str, str]) -> Published:
        """Store an event; the same id is stored once."""

    def read(self, topic: str, *, after: int) -> AsyncGenerator[Event]:
        """Events of a topic beyond a sequence number, and then those that come."""

    async def latest(self) -> int:
        """The sequence number of the last event."""


class Records(Protocol):
    """What the cell keeps until somebody removes it."""

    async def all(self) -> Mapping[str, bytes]:
        """Every record, by key."""

    async def get(self, key: str) -> bytes | None:
        """A record, or None."""

    async def put(self, key: str, value: bytes) -> None:
        """Write a record."""

    async def remove(self, key: str) -> None:
        """Remove a record, if it is there."""


class Storage(Protocol):
    """Large files in chunks; a file is called by its SHA-256, and so is each chunk."""

    async def room(self) -> tuple[int, int]:
        """Bytes in use, and bytes in all."""

    async def pieces(self, file: str) -> frozenset[Piece]:
        """The chunks that are there."""

    async def store(self, file: str, number: int, data: bytes) -> None:
        """Store a chunk."""

    async def fetch(self, file: str, piece: Piece) -> bytes:
        """A chunk as it was stored, checked."""

    async def drop(self, file: str, piece: Piece | None = None) -> None:
        """Remove a file's chunks, or one."""

"""What the cell as a whole is told, in a bucket that keeps it: which nodes are cleared for private work, and more."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from nats.errors import Error as NatsError
from nats.js.api import Header
from nats.js.errors import KeyNotFoundError, NotFoundError

from aurarouter_auragrid.engine.answers import TAKEN
from aurarouter_auragrid.engine.connection import Connection, translated
from aurarouter_auragrid.engine.reading import last_of_each
from aurarouter_auragrid.engine.streams import bucket, make_stream
from aurarouter_auragrid.names import CELL

APPS, CLEARED = "apps", "cleared"


class NatsConfiguration:
    """Values of the whole cell, with ten versions of each kept in its first bucket."""

    def __init__(self, connection: Connection, replicas: int = 1, name: str = CELL) -> None:
        self._connection, self._replicas, self._name = connection, replicas, name

    async def make(self) -> None:
        """Make the bucket where it is missing."""
        history = 10 if self._name == CELL else 1
        await make_stream(self._connection, bucket(self._name, self._replicas, history=history))

    async def get(self, key: str) -> Any:
        """A value, or None."""
        with translated(f"reading {self._name}"):
            try:
                entry = await (await self._connection.js.key_value(self._name)).get(key)
            except KeyNotFoundError:
                return None
            return json.loads(entry.value) if entry.value else None

    async def put(self, key: str, value: Any) -> None:
        """Set a value."""
        with translated(f"writing {self._name}"):
            await (await self._connection.js.key_value(self._name)).put(key, json.dumps(value).encode())

    async def read(self, key: str) -> tuple[Any, int]:
        """A value, or None; and the revision to write upon."""
        with translated(f"reading {self._name}"):
            try:  # of the leader: a server that lags behind would show what was before
                found = await self._connection.js.get_msg(f"KV_{self._name}", subject=self._subject(key))
            except NotFoundError:
                return None, 0
            return (json.loads(found.data) if found.data else None), found.seq or 0

    async def replace(self, key: str, value: Any, upon: int) -> int | None:
        """Set a value upon a revision; the new one, or None when another was written meanwhile."""
        headers: dict[str, Any] = {Header.EXPECTED_LAST_SUBJECT_SEQUENCE: str(upon)}
        with translated(f"writing {self._name}"):
            try:
                stored = await self._connection.js.publish(
                    self._subject(key), json.dumps(value).encode(), headers=headers
                )
            except NatsError as error:
                if getattr(error, "err_code", None) not in TAKEN:
                    raise
                return None
            return stored.seq

    async def amend(self, key: str, change: Callable[[Any], Any]) -> Any:
        """Set a value to what `change` makes of it; again upon the new one when somebody else was faster."""
        while True:
            known, revision = await self.read(key)
            value = change(known)
            if await self.replace(key, value, revision) is not None:
                return value

    async def newer(self, key: str, than: int) -> tuple[Any, int] | None:
        """A value that was set beyond a revision, and its own; None when there is none, or none to be seen yet."""
        stream, subject = f"KV_{self._name}", self._subject(key)
        with translated(f"reading {self._name}"):
            try:  # of any server: one that lags behind has it the next time
                found = await self._connection.js.get_msg(stream, seq=than + 1, subject=subject, next=True, direct=True)
            except NotFoundError:
                return None
            return (json.loads(found.data) if found.data else None), found.seq or 0

    async def all(self) -> Mapping[str, Any]:
        """Every value by its key."""
        with translated(f"reading {self._name}"):
            found = await last_of_each(self._connection, f"KV_{self._name}", self._subject(">"))
        start = len(self._subject(""))
        return {subject[start:]: json.loads(data) for subject, data in found.items() if data}

    async def cleared(self) -> frozenset[str]:
        """The nodes that may do private work; nothing else clears a node."""
        return nodes_of((await self.read(CLEARED))[0])

    async def clear(self, nodes: Iterable[str]) -> None:
        """List exactly these nodes."""
        await self.put(CLEARED, sorted(set(nodes)))

    def _subject(self, key: str) -> str:
        return f"$KV.{self._name}.{key}"


def nodes_of(said: Any) -> frozenset[str]:
    """The names in a list of nodes; what is no name is left out."""
    return frozenset(name for name in said if isinstance(name, str)) if isinstance(said, list) else frozenset()

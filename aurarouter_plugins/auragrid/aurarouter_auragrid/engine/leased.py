"""Leases on a key-value bucket: a key lives for its own term, and only whoever holds it renews it."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from nats.errors import Error as NatsError
from nats.js.api import Header
from nats.js.errors import KeyWrongLastSequenceError, NotFoundError
from nats.js.kv import KeyValue

from aurarouter_auragrid.engine.connection import Connection, translated
from aurarouter_auragrid.engine.reading import last_of_each, last_with_ages
from aurarouter_auragrid.engine.streams import bucket, make_stream
from aurarouter_auragrid.errors import CellUnavailableError

LARGEST = 64 << 10
MOST = 64
"""Renewals without an answer that are kept in mind; of older ones the term is long over."""


class KvLease:
    """A key that is ours up to its term."""

    def __init__(self, bucket: LeaseBucket, key: str, value: bytes, revision: int, seconds: int) -> None:
        self._bucket, self._key = bucket, key
        self._revision, self._seconds = revision, seconds
        self._ours = deque([value], MOST)  # what was stored last, and what was given since to be stored, with no answer

    async def renew(self, value: bytes) -> bool:
        """Keep it for another term; False when somebody else has it now.

        Raises:
            CellUnavailableError: The cell does not answer; it may or may not be renewed.
        """
        self._ours.append(value)
        written = await self._bucket.write(self._key, value, self._revision, self._seconds)
        if written is None:
            # It ran out while the cell was out of reach, or an earlier renewal was stored and its answer lost.
            held, revision = await self._bucket.read(self._key)
            if held is not None and held not in self._ours:
                return False
            written = await self._bucket.write(self._key, value, revision, self._seconds)
            if written is None:
                return False
        self._revision = written
        self._ours.clear()
        self._ours.append(value)
        return True

    async def release(self) -> None:
        """Give it back, if it is still ours."""
        await self._bucket.remove(self._key, self._revision)


class LeaseBucket:
    """Names that end by themselves when their holder falls silent."""

    def __init__(self, connection: Connection, name: str, replicas: int = 1) -> None:
        self._connection, self._name, self._replicas = connection, name, replicas

    async def make(self) -> None:
        """Make the bucket where it is missing.

        Raises:
            CellUnavailableError: The cell does not answer.
        """
        await make_stream(self._connection, bucket(self._name, self._replicas, largest=LARGEST))

    async def take(self, key: str, value: bytes, *, seconds: int) -> KvLease | None:
        """Take a free name; None when somebody has it."""
        held, revision = await self.read(key)
        if held is not None:
            return None
        written = await self.write(key, value, revision, seconds)
        return None if written is None else KvLease(self, key, value, written, seconds)

    async def take_over(self, key: str, value: bytes, *, seconds: int) -> KvLease:
        """Take a name, whoever has it; he notices when he renews it.

        Raises:
            CellUnavailableError: Several take it at once, again and again.
        """
        for _ in range(10):
            _, revision = await self.read(key)
            written = await self.write(key, value, revision, seconds)
            if written is not None:
                return KvLease(self, key, value, written, seconds)
        raise CellUnavailableError(f"the name '{key}' is fought over", hint="Give each node a name of its own.")

    async def read(self, key: str) -> tuple[bytes | None, int]:
        """What the holder says, and the revision to write upon; None when nobody holds it."""
        with translated(f"reading {self._name}"):
            try:  # of the leader: a server that lags behind would have us believe that a name is taken
                found = await self._connection.js.get_msg(f"KV_{self._name}", subject=f"$KV.{self._name}.{key}")
            except NotFoundError:
                return None, 0
            return (found.data or None), found.seq or 0  # what marks the end of a term has no data

    async def write(self, key: str, value: bytes, upon: int, seconds: int) -> int | None:
        """Write for a term upon a revision; the new revision, or None when another was written meanwhile."""
        headers: dict[str, Any] = {Header.EXPECTED_LAST_SUBJECT_SEQUENCE: str(upon)}
        with translated(f"writing {self._name}"):
            try:
                stored = await self._connection.js.publish(
                    f"$KV.{self._name}.{key}", value, headers=headers, msg_ttl=seconds
                )
            except NatsError as error:
                if getattr(error, "err_code", None) in (10071, 10164):  # wrong last sequence
                    return None
                raise
            return stored.seq

    async def noted(self, key: str, seconds: int) -> float:
        """Set a mark; the time at which the server noted it, in seconds since 1970."""
        with translated(f"writing {self._name}"):
            stored = await self._connection.js.publish(f"$KV.{self._name}.{key}", b"-", msg_ttl=seconds)
            found = await self._connection.js.get_msg(f"KV_{self._name}", seq=stored.seq)
            if found.time is None:
                raise CellUnavailableError("the cell's servers do not say what time it is")
            return found.time.timestamp()

    async def remove(self, key: str, upon: int) -> None:
        """Remove what stands at this revision, and nothing else."""
        with translated(f"writing {self._name}"):
            try:
                await (await self._bucket()).delete(key, last=upon)
            except (KeyWrongLastSequenceError, NatsError) as error:
                if getattr(error, "err_code", None) not in (10071, 10164):
                    raise

    async def all(self) -> Mapping[str, bytes]:
        """What each holder says.

        Raises:
            CellUnavailableError: The cell does not answer.
        """
        with translated(f"reading {self._name}"):
            found = await last_of_each(self._connection, f"KV_{self._name}", f"$KV.{self._name}.>")
        start = len(f"$KV.{self._name}.")
        return {subject[start:]: data for subject, data in sorted(found.items()) if data}

    async def aged(self) -> Mapping[str, tuple[bytes, float]]:
        """What each holder says, and for how many seconds it has said nothing since.

        Raises:
            CellUnavailableError: The cell does not answer.
        """
        with translated(f"reading {self._name}"):
            found = await last_with_ages(self._connection, f"KV_{self._name}", f"$KV.{self._name}.>")
        start = len(f"$KV.{self._name}.")
        return {subject[start:]: (data, age) for subject, (data, age) in sorted(found.items()) if data}

    async def _bucket(self) -> KeyValue:
        return await self._connection.js.key_value(self._name)

"""Membership and registry: the records that nodes keep alive in lease buckets."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from attrs import evolve

from aurarouter_auragrid.engine.leased import LeaseBucket
from aurarouter_auragrid.errors import GridError
from aurarouter_auragrid.records import Endpoint, NodeRecord, endpoint_of, node_of

log = logging.getLogger(__name__)
T = TypeVar("T")


class NatsMembership:
    """Who belongs to the cell now."""

    def __init__(self, bucket: LeaseBucket) -> None:
        self._bucket = bucket

    async def nodes(self) -> list[NodeRecord]:
        """Every member that was heard of lately, by name."""
        return readable(await self._bucket.all(), node_of)

    async def heard(self) -> list[NodeRecord]:
        """The same for people to read: when each was heard is told by our own clock, however wrong its own may be."""
        said = await self._bucket.aged()
        now = time.time()
        return [
            evolve(record, seen=now - age)
            for key, (data, age) in said.items()
            for record in readable({key: data}, node_of)
        ]

    async def node(self, name: str) -> NodeRecord | None:
        """A member that was heard of lately; None when it was not, or can't be read."""
        data, _ = await self._bucket.read(name)
        return next(iter(readable({name: data} if data else {}, node_of)), None)


class NatsRegistry:
    """Where services are to be found."""

    def __init__(self, bucket: LeaseBucket) -> None:
        self._bucket = bucket

    async def endpoints(self, service: str = "") -> list[Endpoint]:
        """Who offers a service now; all endpoints without a name."""
        known = readable(await self._bucket.all(), endpoint_of)
        return [endpoint for endpoint in known if not service or service in endpoint.services]


def readable(records: Mapping[str, bytes], read: Callable[[bytes], T]) -> list[T]:
    """One member that writes nonsense hides no other."""
    found = []
    for key, data in records.items():
        try:
            found.append(read(data))
        except (GridError, TypeError, ValueError) as error:
            log.warning("the record of '%s' is left out: %s", key, error)
    return found

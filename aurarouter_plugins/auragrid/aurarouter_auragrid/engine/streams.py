"""Makes the streams and buckets of the cell, where they are missing or other than they should be."""

from __future__ import annotations

from typing import Any

from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import BadRequestError

from aurarouter_auragrid import names
from aurarouter_auragrid.engine.connection import Connection, translated
from aurarouter_auragrid.settings import Events

DEDUPLICATION = 3600.0
"""Seconds in which the engine itself knows a message's id again; beyond, the answers' bucket does."""
DEAD_KEPT = 7 * 86400.0
DEAD_MANY = 100_000
"""Beyond, the oldest that was set aside goes."""
TOPICS_BYTES = 1 << 30
IN_USE = 10058
"""The engine's code for a stream that is there with other settings."""


def streams(events: Events, replicas: int) -> list[StreamConfig]:
    """What the cell's events are kept in."""
    window = min(DEDUPLICATION, events.retention)
    shared: dict[str, Any] = {"storage": StorageType.FILE, "num_replicas": replicas, "duplicate_window": window}
    return [
        StreamConfig(
            name=names.REQUESTS,
            subjects=[f"{names.REQUEST_SUBJECT}.*", f"{names.SEALED_SUBJECT}.*"],
            retention=RetentionPolicy.WORK_QUEUE,
            discard=DiscardPolicy.NEW,  # who has too much to do says so; nothing that was accepted goes
            max_msgs=events.max_pending,
            **shared,
        ),
        StreamConfig(
            name=names.TOPICS,
            subjects=[f"{names.TOPIC_SUBJECT}.>"],
            retention=RetentionPolicy.LIMITS,
            discard=DiscardPolicy.NEW,
            max_age=events.retention,
            max_bytes=TOPICS_BYTES,
            **shared,
        ),
        StreamConfig(
            name=names.DEAD,
            subjects=[f"{names.DEAD_SUBJECT}.*"],
            retention=RetentionPolicy.LIMITS,
            max_age=DEAD_KEPT,
            max_msgs=DEAD_MANY,
            **shared,
        ),
    ]


async def make_stream(connection: Connection, config: StreamConfig) -> None:
    """Make a stream. One that is there keeps the limits that the cell's first node gave it; copies are only added.

    Raises:
        CellUnavailableError: The cell does not answer.
        GridError: There are not as many servers as copies are wanted.
    """
    with translated(f"making {config.name}"):
        try:
            await connection.js.add_stream(config)
        except BadRequestError as error:
            if error.err_code != IN_USE:
                raise
            known = (await connection.js.stream_info(str(config.name))).config
            if (known.num_replicas or 1) < (config.num_replicas or 1):
                await connection.js.update_stream(known.evolve(num_replicas=config.num_replicas))


def bucket(name: str, replicas: int, *, history: int = 1, largest: int = -1) -> StreamConfig:
    """A bucket of keys as the client library makes it, but one that can be changed later; keys may have terms."""
    return StreamConfig(
        name=f"KV_{name}",
        subjects=[f"$KV.{name}.>"],
        storage=StorageType.FILE,
        num_replicas=replicas,
        max_msgs_per_subject=history,
        max_msg_size=largest,
        discard=DiscardPolicy.NEW,
        duplicate_window=120.0,
        deny_delete=True,
        allow_rollup_hdrs=True,
        allow_direct=True,
        allow_msg_ttl=True,
        subject_delete_marker_ttl=1.0,  # a bucket's own time limit would end keys without telling anyone
    )

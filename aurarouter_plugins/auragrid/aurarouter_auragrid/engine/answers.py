"""The one answer to each request, written once: whoever comes second gets the first one's."""

from __future__ import annotations

import json
from typing import Any

from attrs import asdict, frozen
from nats.errors import Error as NatsError
from nats.js.api import Header
from nats.js.errors import NotFoundError

from aurarouter_auragrid.engine.connection import Connection, translated
from aurarouter_auragrid.names import ANSWERS

TAKEN = {10071, 10164}
"""The engine's codes for a key that was written meanwhile."""


@frozen(kw_only=True)
class Answer:
    """What is said to a request, once and for all.

    Attributes:
        digest: Of the request that it answers.
        event_id: The id of its event, so that publishing it again changes nothing.
        return_topic: Where it goes.
        result: What it says.
    """

    digest: str
    event_id: str
    return_topic: str
    result: dict[str, Any]


class Answers:
    """Answers by request, for as long as a request's id means the same request."""

    def __init__(self, connection: Connection, retention: float) -> None:
        self._connection, self._seconds = connection, max(1, int(retention))

    async def get(self, key: str) -> Answer | None:
        """The answer, when there is one."""
        return (await self._read(key))[0]

    async def settle(self, key: str, answer: Answer) -> Answer:
        """Write an answer unless there is one; the one that counts is returned.

        Raises:
            CellUnavailableError: The cell does not answer; asking again finds out.
        """
        while True:
            settled, revision = await self._read(key)
            if settled is not None:
                return settled
            headers: dict[str, Any] = {Header.EXPECTED_LAST_SUBJECT_SEQUENCE: str(revision)}
            with translated("writing an answer"):
                try:
                    await self._connection.js.publish(
                        f"$KV.{ANSWERS}.{key}",
                        json.dumps(asdict(answer)).encode(),
                        headers=headers,
                        msg_ttl=self._seconds,
                    )
                    return answer
                except NatsError as error:
                    if getattr(error, "err_code", None) not in TAKEN:
                        raise

    async def forget(self, key: str) -> None:
        """Let the request be answered anew."""
        with translated("forgetting an answer"):
            await (await self._connection.js.key_value(ANSWERS)).purge(key)

    async def _read(self, key: str) -> tuple[Answer | None, int]:
        with translated("reading an answer"):
            try:
                found = await self._connection.js.get_msg(f"KV_{ANSWERS}", subject=f"$KV.{ANSWERS}.{key}")
            except NotFoundError:
                return None, 0
        return (Answer(**json.loads(found.data)) if found.data else None), found.seq or 0

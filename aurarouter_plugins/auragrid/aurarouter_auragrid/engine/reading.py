"""Reads what the client library has no call for: the last message of every subject, in one request."""

from __future__ import annotations

import json

from aurarouter_auragrid.engine.connection import ANSWER, Connection
from aurarouter_auragrid.errors import GridError

END, NOTHING = "204", "404"


async def last_of_each(connection: Connection, stream: str, subjects: str) -> dict[str, bytes]:
    """The last message of each subject that fits; subject → data.

    Raises:
        GridError: The engine refuses.
        nats.errors.TimeoutError: It does not answer.
    """
    inbox = connection.nats.new_inbox()
    answers = await connection.nats.subscribe(inbox)
    found: dict[str, bytes] = {}
    try:
        wish = json.dumps({"multi_last": [subjects]}).encode()
        await connection.nats.publish(f"$JS.API.DIRECT.GET.{stream}", wish, reply=inbox)
        while True:
            message = await answers.next_msg(ANSWER)
            headers = message.headers or {}
            status = headers.get("Status")
            if status in (END, NOTHING):
                return found
            if status is not None:
                raise GridError(f"{stream} can't be read: {headers.get('Description', status)}")
            found[headers["Nats-Subject"]] = message.data
    finally:
        await answers.unsubscribe()

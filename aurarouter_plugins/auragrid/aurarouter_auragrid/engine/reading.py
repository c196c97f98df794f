"""Reads what the client library has no call for: the last message of every subject, in one request."""

from __future__ import annotations

import json

from aurarouter_auragrid.engine.connection import ANSWER, MAJORITY, Connection
from aurarouter_auragrid.errors import CellUnavailableError, GridError

END, NOTHING, NOBODY = "204", "404", "503"


async def last_of_each(connection: Connection, stream: str, subjects: str) -> dict[str, bytes]:
    """The last message of each subject that fits; subject → data.

    Raises:
        CellUnavailableError: No server can answer for the stream now.
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
            if status == NOBODY:
                raise CellUnavailableError(f"the cell does not answer: reading {stream}", hint=MAJORITY)
            if status is not None:
                raise GridError(f"{stream} can't be read: {headers.get('Description', status)}")
            found[headers["Nats-Subject"]] = message.data
    finally:
        await answers.unsubscribe()

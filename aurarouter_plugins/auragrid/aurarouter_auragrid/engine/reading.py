"""Reads what the client library has no call for: the last message of every subject at once, and how old it is."""

from __future__ import annotations

import json
from datetime import datetime

from nats.aio.msg import Msg

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
    return {subject: message.data for subject, message in (await _messages(connection, stream, subjects)).items()}


async def last_with_ages(connection: Connection, stream: str, subjects: str) -> dict[str, tuple[bytes, float]]:
    """The same with the seconds since each was stored: by the clock of the stream's server alone, whatever others say.

    Raises:
        CellUnavailableError: No server can answer for the stream now.
        GridError: The engine refuses.
        nats.errors.TimeoutError: It does not answer.
    """
    found = await _messages(connection, stream, subjects)
    told = await connection.nats.request(f"$JS.API.STREAM.INFO.{stream}", timeout=ANSWER)
    said = json.loads(told.data)
    if "ts" not in said:
        raise CellUnavailableError(f"the cell does not answer: reading {stream}", hint=MAJORITY)
    now = datetime.fromisoformat(said["ts"])
    return {
        subject: (
            message.data,
            (now - datetime.fromisoformat((message.headers or {})["Nats-Time-Stamp"])).total_seconds(),
        )
        for subject, message in found.items()
    }


async def _messages(connection: Connection, stream: str, subjects: str) -> dict[str, Msg]:
    inbox = connection.nats.new_inbox()
    answers = await connection.nats.subscribe(inbox)
    found: dict[str, Msg] = {}
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
            found[headers["Nats-Subject"]] = message
    finally:
        await answers.unsubscribe()

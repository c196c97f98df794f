"""A fault server that keeps every byte that reached its socket, and answers each of our prompts as that asks for."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

from actors import kind_of, plan_of
from fault_server import FaultServer
from faults import Turn, answer, piece, stream


class Listener(FaultServer):
    """Answers each of our prompts as that asks for.

    Attributes:
        heard: All bytes, in order.
        says: What it answers to the third step of a plan.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__(host, port)
        self.heard = bytearray()
        self.says = "fine"
        self.always(self.plays)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        feed = reader.feed_data

        def listening(data: bytes) -> None:
            self.heard += data
            feed(data)

        reader.feed_data = listening  # type: ignore[method-assign, assignment]
        super()._connected(reader, writer)

    def forget(self) -> None:
        """Begin anew."""
        super().forget()
        self.heard.clear()
        self.requests.clear()
        self.always(self.plays)

    async def plays(self, turn: Turn) -> None:
        """A plan of four steps, an answer to one, a verdict, or just a word."""
        body: Any = turn.request.json if turn.request.body else {}
        content = body["messages"][-1]["content"] if body.get("messages") else ""
        text = content if isinstance(content, str) else ""
        said = {
            "plan": plan_of("List the things", "Sort them", "Count the things", "Add them up"),
            "step": self.says if "Count the things" in text.rpartition("The step:")[2] else "one",
            "review": json.dumps({"verdict": "pass", "reasons": []}),
        }.get(kind_of(text), "Hello.")
        if body.get("stream"):
            await stream([piece(said), piece(finish="stop"), "[DONE]"])(turn)
        else:
            message = {"role": "assistant", "content": said}
            await answer(
                {"id": "1", "model": "m", "choices": [{"index": 0, "finish_reason": "stop", "message": message}]}
            )(turn)


def leaked(heard: bytes, secret: str) -> list[str]:
    """In which forms a text stands in what was heard: as it is, as JSON, as base64, in parts of an address."""
    raw = secret.encode()
    forms = {"raw": raw, "json": json.dumps(secret)[1:-1].encode(), "percent": secret.replace(" ", "%20").encode()}
    for shift in range(3):  # wherever it begins inside what was encoded
        inner = base64.b64encode(b"\0" * shift + raw)
        forms[f"base64 {shift}"] = inner[(0, 2, 3)[shift] : len(inner) // 4 * 4 - 4]
    return [name for name, form in forms.items() if form in heard]

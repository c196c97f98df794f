"""A gateway whose requests and answers are held to its own description while other tests call it."""

from __future__ import annotations

import json
import re
from typing import Any

from jsonschema import Draft202012Validator
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aurarouter_gateway.document import document


class Described:
    """Lets requests through, and takes note of what the description does not say.

    Args:
        inside: The gateway.

    Attributes:
        wrong: What it does not say, in words.
    """

    def __init__(self, inside: ASGIApp) -> None:
        self.wrong: list[str] = []
        self._inside = inside
        self._paths = [(re.compile(re.sub(r"{\w+}", ".+", path)), found) for path, found in document()["paths"].items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        found: dict[str, Any] = next((methods for path, methods in self._paths if path.fullmatch(scope["path"])), {})
        described = found.get(scope["method"].lower())
        if described is None:
            await self._inside(scope, receive, send)
            return
        asked, answered = bytearray(), bytearray()
        head: Message = {}

        async def heard() -> Message:
            message = await receive()
            asked.extend(message.get("body", b""))
            return message

        async def told(message: Message) -> None:
            head.update(message if message["type"] == "http.response.start" else {})
            answered.extend(message.get("body", b""))
            await send(message)

        await self._inside(scope, heard, told)
        where = f"{scope['method']} {scope['path']}"
        if head.get("status") == 200 and "requestBody" in described:
            self._check(f"{where} takes", described["requestBody"]["content"], "application/json", bytes(asked))
        if head:
            kind = dict(head["headers"])[b"content-type"].decode().partition(";")[0]
            responses = described["responses"]
            known = responses.get(str(head["status"]), responses["default"])
            self._check(f"{where} {head['status']}", known["content"], kind, bytes(answered))

    def _check(self, where: str, content: dict[str, Any], kind: str, data: bytes) -> None:
        if kind not in content:
            self.wrong.append(f"{where}: {kind} is not described")
        elif kind == "application/json":
            value = json.loads(data.decode(json.detect_encoding(data), "surrogatepass"))
            errors = Draft202012Validator(content[kind]["schema"]).iter_errors(value)
            self.wrong.extend(f"{where}: {error.json_path}: {error.message[:500]}" for error in errors)

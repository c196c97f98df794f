"""The access log: one line for each request, once it is over, and nothing of what was said in it."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from urllib.parse import quote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

LONGEST_PATH = 200
TOLD = ("model", "provider", "task", "error")
"""What the headers of an answer say of it, each behind `x-aurarouter-`."""


class Access:
    """Lets each request through, and writes it down where the log is at INFO or lower.

    Args:
        inside: The application, whose door says which app asks.
    """

    def __init__(self, inside: ASGIApp) -> None:
        self._inside = inside

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or not log.isEnabledFor(logging.INFO):
            await self._inside(scope, receive, send)
            return
        began = time.perf_counter()
        head: Message = {"status": "left", "headers": ()}  # whoever goes before its answer began has none

        async def seeing(message: Message) -> None:
            nonlocal head
            if message["type"] == "http.response.start":
                head = message
            await send(message)

        try:
            await self._inside(scope, receive, seeing)
        finally:
            path = quote(_path(scope, head)[:LONGEST_PATH], safe="/:()")  # decoded, it may hold the end of a line
            took = 1000 * (time.perf_counter() - began)
            log.info("%s %s %s %.1f ms%s", scope["method"], path, head["status"], took, "".join(_more(scope, head)))


def _path(scope: Scope, head: Message) -> str:
    """The path. A name in it that nobody knows may be anything, and is not repeated."""
    path: str = scope["path"]
    if head["status"] == 404:
        for name, given in scope.get("path_params", {}).items():
            path = path.replace(given, f"({name})") if given else path
    return path


def _more(scope: Scope, head: Message) -> Iterator[str]:
    caller = scope.get("state", {}).get("caller")
    if caller is not None and caller.app:
        yield f" app={caller.app}"
    said = dict(head["headers"])
    for name in TOLD:
        if value := said.get(f"x-aurarouter-{name}".encode(), b"").decode("latin-1"):
            yield f" {name}={value}"

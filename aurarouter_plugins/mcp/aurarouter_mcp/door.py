"""The door of the server over HTTP: who may come in, from which page, and under which name the server was called."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any
from urllib.parse import quote

import mcp_types as types
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aurarouter_core import Doorkeeper, NotAllowedError, Refusal, headers_of, turned_away
from aurarouter_hooks import AuraRouterError
from aurarouter_mcp.settings import HttpSettings

log = logging.getLogger(__name__)
PATH = "/mcp"
LONGEST_PATH = 200


class Door:
    """Lets requests in, each with its app known, and the session bound to it.

    Args:
        inside: The SDK's server.
        settings: How the server listens.
        keys: Knows whose key a request carries.
    """

    def __init__(self, inside: ASGIApp, settings: HttpSettings, keys: Doorkeeper) -> None:
        self._inside = inside
        self._settings = settings
        self._keys = keys
        self._calls: set[asyncio.Event] = set()

    def stop(self) -> None:
        """End all calls that run, as if their clients had gone: whoever still listens is told."""
        for gone in self._calls:
            gone.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check one request and pass it on."""
        headers = headers_of(scope["headers"])
        refused, app = turned_away(headers, self._settings, "mcp.http"), ""
        if refused is None:
            try:
                app = self._keys.app_of(headers)
            except NotAllowedError as error:
                refused = Refusal(401, f"{error}. {error.hint}")
            except AuraRouterError as error:
                log.error("%s", error)  # noqa: TRY400 - its words say it all
                refused = Refusal(500, "the list of client keys can't be read; the server's log says why")
        if refused is None and scope["path"].removesuffix("/") != PATH:
            refused = Refusal(404, f"there is nothing here; the MCP server is at {PATH}")
        if refused is not None:
            path = quote(scope["path"][:LONGEST_PATH], safe="/:")  # decoded, it may hold the end of a line
            log.info("%s %s: %d", scope["method"], path, refused.status)
            await _refuse(refused, send)
            return
        gone = asyncio.Event()

        async def hearing() -> Message:
            message = await receive()
            if message["type"] == "http.disconnect":
                gone.set()
            return message

        scope.setdefault("state", {}).update(app=app, gone=gone)
        if app:
            scope["user"] = AuthenticatedUser(AccessToken(token="", client_id=app, scopes=[]))
        self._calls.add(gone)
        try:
            await self._inside(scope, hearing, send)
        finally:
            self._calls.discard(gone)


async def _refuse(refused: Refusal, send: Send) -> None:
    told: dict[str, Any] = {"code": types.INVALID_REQUEST, "message": refused.words}
    body = json.dumps({"jsonrpc": "2.0", "id": None, "error": told}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    headers += [(b"www-authenticate", b"Bearer")] if refused.status == 401 else []
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})

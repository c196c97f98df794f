"""The door: who may come in, from which page, and under which name this server was called."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

from aurarouter_core import Doorkeeper, Pause, headers_of, turned_away
from aurarouter_gateway.caller import Caller
from aurarouter_gateway.faults import Fault, fault
from aurarouter_gateway.reply import Reply
from aurarouter_gateway.settings import AppLimits, GatewaySettings
from aurarouter_hooks import AuraRouterError

OPEN = ("/health",)
"""What anybody may read: it says no more than that the server lives."""
MOST_HEADERS = 100
UNLIMITED = AppLimits()


class Door:
    """Lets requests in, each with its caller known.

    Args:
        inside: The application.
        settings: The section `gateway`, as it is now.
        keys: Knows whose key a request carries.
        pause: While it lasts, nothing is worked on, and whoever asks how the gateway is hears that.
    """

    def __init__(
        self,
        inside: ASGIApp,
        settings: Callable[[], GatewaySettings],
        keys: Doorkeeper,
        pause: Pause,
    ) -> None:
        self._inside = inside
        self._settings = settings
        self._keys = keys
        self._pause = pause

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check one request and pass it on."""
        if scope["type"] != "http":
            await self._inside(scope, receive, send)
            return
        settings = self._settings()
        headers = headers_of(scope["headers"])
        wrong, app = self._refusal(scope, headers, settings), ""
        if wrong is None:
            try:
                if scope["path"] not in OPEN:
                    app = self._keys.app_of(headers)
                if scope["method"] == "POST" or scope["path"] in OPEN:
                    self._pause.check()
            except AuraRouterError as error:
                wrong = fault(error)
        if wrong is not None:
            told = wrong.anthropic() if scope["path"].startswith("/v1/messages") else wrong.openai()
            await Reply(send).json(told, wrong.status, wrong.headers)
            return
        scope.setdefault("state", {})["caller"] = Caller.of(app, settings.apps.get(app, UNLIMITED), headers)
        await self._inside(scope, receive, send)

    @staticmethod
    def _refusal(scope: Scope, headers: Mapping[str, str], settings: GatewaySettings) -> Fault | None:
        if len(scope["headers"]) > MOST_HEADERS:
            return Fault(431, "RequestError", f"more than {MOST_HEADERS} headers")
        refused = turned_away(headers, settings, "gateway")
        return Fault(refused.status, "RequestError", refused.words) if refused is not None else None

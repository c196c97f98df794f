"""Who may call: one check for every method, before anything of a request is read."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from typing import Any

import grpc
import grpc.aio

from aurarouter_auragrid.names import ANONYMOUS
from aurarouter_core.apps import App, hashed
from aurarouter_core.auth import Doorkeeper, NotAllowedError, presented
from aurarouter_hooks import Secret

HEALTH = "/grpc.health."
caller: ContextVar[str] = ContextVar("caller", default=ANONYMOUS)
"""The app whose key came with the call."""


class Door:
    """Lets in who has the cell's own token, the key of an app of the cell, or of an app of this machine.

    Args:
        token: The cell's own; None when it has none.
        here: Knows the apps of this machine.
    """

    def __init__(self, token: Secret | None, here: Doorkeeper) -> None:
        self._token, self._here = token, here
        self.apps: tuple[App, ...] = ()

    def app_of(self, headers: Mapping[str, str]) -> str:
        """Whose key a call carries.

        Raises:
            NotAllowedError: It carries none that is known.
            ConfigError: The list of this machine's keys can't be read.
        """
        if self.is_cells(headers):
            return ANONYMOUS
        given = presented(headers)
        found = [app.name for app in self.apps if hmac.compare_digest(app.hash, hashed(given))]
        return found[0] if found else self._here.app_of(headers)

    def is_cells(self, headers: Mapping[str, str]) -> bool:
        """A call carries the cell's own token, as nodes do."""
        token = self._token.reveal() if self._token else ""
        return bool(token) and hmac.compare_digest(hashed(presented(headers)), hashed(token))


def apps_of(said: Any) -> tuple[App, ...]:
    """The cell's apps out of its configuration; what is no app is left out."""
    if not isinstance(said, Iterable):
        return ()
    keys = {"name", "start", "hash", "since"}
    return tuple(App(**entry) for entry in said if isinstance(entry, dict) and set(entry) == keys)


class DoorInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in its stubs alone
    """Refuses calls that nobody vouches for. Health alone is open: load balancers hold no keys.

    Args:
        door: Knows who may come in.
        inner: What the full name of a service begins with that is for nodes alone.
    """

    def __init__(self, door: Door, inner: str) -> None:
        self._door, self._inner = door, f"/{inner}"

    async def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
        """Let the call in, or answer UNAUTHENTICATED."""
        if handler_call_details.method.startswith(HEALTH):
            return await continuation(handler_call_details)
        sent = handler_call_details.invocation_metadata or ()
        headers = {key: value for key, value in sent if isinstance(value, str)}
        try:
            caller.set(self._door.app_of(headers))
        except NotAllowedError:
            return grpc.unary_unary_rpc_method_handler(_refused)
        if handler_call_details.method.startswith(self._inner) and not self._door.is_cells(headers):
            return grpc.unary_unary_rpc_method_handler(_not_for_apps)
        return await continuation(handler_call_details)


async def _refused(_: bytes, context: Any) -> None:
    await context.abort(grpc.StatusCode.UNAUTHENTICATED, "a key is needed: 'authorization: Bearer …' or 'x-api-key: …'")


async def _not_for_apps(_: bytes, context: Any) -> None:
    await context.abort(grpc.StatusCode.PERMISSION_DENIED, "nodes ask this of each other, with the cell's own token")

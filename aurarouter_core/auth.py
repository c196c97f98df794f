"""The one check of client keys, for every surface that strangers can reach."""

from __future__ import annotations

import hmac
import time
from collections.abc import Mapping

from aurarouter_core.apps import App, Apps, hashed
from aurarouter_core.home import Home
from aurarouter_hooks import AuraRouterError

ANYBODY = ""
"""Who asks where no client keys exist."""
FRESH = 0.01
"""Seconds for which a look at the list of keys holds, until this process itself changes it. With each look the store's
thread may take Python's lock, so at thousands of requests a second a look for each would cost a twentieth of them."""


class NotAllowedError(AuraRouterError):
    """A client key is needed, and none or a wrong one was given."""


class Doorkeeper:
    """Knows the client keys of one home folder as they are now, or were a hundredth of a second ago.

    Args:
        home: Whose keys.
        always: A key is needed even while there are none: strangers can reach the surface.
    """

    def __init__(self, home: Home, *, always: bool = False) -> None:
        self._always = always
        self._apps = Apps(home)
        self._stamp: int | None = None
        self._looked = float("-inf")
        self._changes = Apps.changes
        self._known: tuple[App, ...] = ()

    @property
    def has_keys(self) -> bool:
        """Whether there are any keys.

        Raises:
            ConfigError: The list of keys can't be read.
        """
        return bool(self._now())

    def app_of(self, headers: Mapping[str, str]) -> str:
        """The name of the app whose key a request carries; `ANYBODY` where none is needed.

        Args:
            headers: Names in small letters: `authorization: Bearer KEY` or `x-api-key: KEY`.

        Raises:
            NotAllowedError: A key is needed, and this is none.
            ConfigError: The list of keys can't be read.
        """
        known = self._now()
        if not known and not self._always:
            return ANYBODY
        given = hashed(presented(headers))
        found = ""
        for app in known:  # all of them, so that the time tells nothing
            if hmac.compare_digest(app.hash, given):
                found = app.name
        if not found:
            raise NotAllowedError(
                "a client key is needed, and this is none",
                hint="Send 'Authorization: Bearer KEY' or 'x-api-key: KEY'; 'aurarouter apps create' makes keys.",
            )
        return found

    def _now(self) -> tuple[App, ...]:
        now = time.monotonic()
        if now - self._looked < FRESH and Apps.changes == self._changes:
            return self._known
        self._changes, stamp = Apps.changes, self._apps.stamp
        if stamp != self._stamp:
            self._looked = float("-inf")  # while the list can't be read, nobody is let in
            self._known = tuple(self._apps.kept().values())
            self._stamp = stamp
        self._looked = now
        return self._known


def presented(headers: Mapping[str, str]) -> str:
    """The key that a request carries; empty when there is none."""
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" and key.strip() else headers.get("x-api-key", "").strip()

"""The configuration as a client of the engine reads it: again when its files have changed, as the engine does."""

from __future__ import annotations

import logging
import time

from aurarouter_core.config import Config
from aurarouter_core.daemon.identity import Identity
from aurarouter_core.loading import files_of, load, load_config
from aurarouter_core.plugins import Plugins
from aurarouter_core.watch import Look, look
from aurarouter_hooks import AuraRouterError

log = logging.getLogger(__name__)
EVERY = 1.0
"""Seconds between two looks at the files."""


class Followed:
    """A configuration that is read when it is first asked for.

    Args:
        identity: Says which files and flags it is made of.
        plugins: Bring the classes of its sections.
    """

    def __init__(self, identity: Identity, plugins: Plugins) -> None:
        self._order = identity.order
        self._plugins = plugins
        self._config: Config | None = None
        self._seen: Look = ()
        self._next = 0.0

    @property
    def config(self) -> Config:
        """As it is now. While its files can't be used, as it was before.

        Raises:
            ConfigError: It can't be used, and never could.
        """
        if self._config is None:
            return self._keep(load_config(self._plugins, path=self._order["path"], overrides=self._order["flags"]))
        now = time.monotonic()
        if now < self._next:
            return self._config
        self._next = now + EVERY
        request = self._config.request
        if request is None or (seen := look(files_of(request))) == self._seen:
            return self._config
        self._seen = seen
        try:
            return self._keep(load(self._plugins, request, self._config))
        except AuraRouterError as error:
            log.warning("the configuration has changed and can't be used: %s", error)
            return self._config

    def _keep(self, config: Config) -> Config:
        self._config = config
        self._seen, self._next = config.seen, time.monotonic() + EVERY
        return config

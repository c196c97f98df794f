"""A server's pause: one signal has it refuse new work with a clear answer, another has it take work again."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable

from aurarouter_hooks import RoutingError

log = logging.getLogger(__name__)
PAUSE, RESUME = "SIGUSR1", "SIGUSR2"


class Pause:
    """Whether a server takes new work. What runs is not touched.

    Args:
        who: The server, as clients are told.

    Attributes:
        paused: It does not.
    """

    def __init__(self, who: str) -> None:
        self._who = who
        self.paused = False

    def listen(self, told: Callable[[bool], None]) -> None:
        """Heed SIGUSR1 and SIGUSR2 from now on, where the system has them. Call it in the server's loop.

        Args:
            told: Called with `paused` after each change.
        """
        loop = asyncio.get_running_loop()

        def turn(paused: bool) -> None:
            self.paused = paused
            log.info("%s is %s", self._who, "paused" if paused else "at work again")
            told(paused)

        for name, paused in ((PAUSE, True), (RESUME, False)):
            if hasattr(signal, name):
                loop.add_signal_handler(getattr(signal, name), turn, paused)

    def check(self) -> None:
        """Let new work in.

        Raises:
            RoutingError: The server is paused.
        """
        if self.paused:
            raise RoutingError(f"{self._who} is paused and takes no new tasks", hint="Ask again later.")

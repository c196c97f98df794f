"""An alarm that ends a wait which takes too long, and the clean-up that the end sets off."""

from __future__ import annotations

import asyncio

from aurarouter_core.cancelled import truly

CLEANUP = 1.0
"""Seconds that a clean-up may take."""
OVERTIME = 0.02
"""The same once the deadline has passed."""


class Alarm:
    """Cancels a wait that takes too long, like `asyncio.timeout_at`, for many waits with one timer.

    Setting it again costs nothing while the new time is later than the timer's: the timer finds out when it rings.
    Whoever is cancelled may clean up; if that takes too long as well, it is cancelled once more, and so on.

    Args:
        deadline: By which everything is over, as a time of the event loop; None for never.
        shortest: Seconds of the shortest wait that is to be expected: the timer is set for that, and seldom again.

    Attributes:
        insisted: In the last wait it had to ring more than once.
    """

    def __init__(self, deadline: float | None = None, shortest: float | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        self._deadline = deadline
        self._shortest = shortest
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[object] | None = None
        self._at: float | None = None
        self._cancelling = 0
        self._rings = 0
        self.insisted = False

    def set(self, at: float | None) -> None:
        """From now until `off`, the current task is cancelled at this time of the loop."""
        self._task = task = asyncio.current_task()
        self._at, self._cancelling = at, task.cancelling() if task is not None else 0
        if at is not None and (self._timer is None or self._timer.when() > at):
            self._arm(at if self._shortest is None else min(at, self._loop.time() + self._shortest))

    def set_for_cleanup(self) -> None:
        """The same at the time by which a clean-up that begins now has to be over."""
        self.set(self._patience())

    def off(self) -> bool:
        """The wait is over; whether it was the alarm that ended it, and nobody else wanted that too."""
        self._at = None
        rings, self._rings = self._rings, 0
        self.insisted = rings > 1
        if not rings or self._task is None:
            return False
        left = 0
        for _ in range(rings):
            left = self._task.uncancel()
        return left <= self._cancelling

    def truly(self, error: BaseException) -> BaseException:
        """What a wait that is over ended with; see `cancelled.truly`."""
        return truly(error, self._task, self._cancelling)

    def end(self) -> None:
        """No more waits."""
        self._at = None
        if self._timer is not None:
            self._timer.cancel()

    def _patience(self) -> float:
        now = self._loop.time()
        if self._deadline is None:
            return now + CLEANUP
        return max(now, min(now + CLEANUP, self._deadline)) + OVERTIME

    def _arm(self, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(at, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._at is None or self._task is None:
            return  # nobody waits
        if self._at > self._loop.time():
            self._arm(self._at)
            return
        self._rings += 1
        self._task.cancel()
        self._at = self._patience()
        self._arm(self._at)

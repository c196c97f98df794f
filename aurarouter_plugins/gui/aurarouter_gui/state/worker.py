"""The one thread beside the UI's: an event loop in which all waiting is done."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import CancelledError, Future
from time import perf_counter
from typing import Any, TypeVar

T = TypeVar("T")
Action = Callable[[], None]
SLICE = 0.008
"""Seconds for which what was posted is done in one go."""
PATIENCE = 8.0
"""Seconds that work gets to end by itself when the window closes."""


class Mailbox:
    """What other threads want done on the UI's thread, in order.

    Args:
        wake: Makes the UI's thread call `deliver` soon; may be called from any thread. Once per delivery, however much
            is posted meanwhile, so a flood of events never floods the UI's own queue.
    """

    def __init__(self, wake: Action) -> None:
        self._wake = wake
        self._lock = threading.Lock()
        self._letters: deque[tuple[int | None, Action]] = deque()
        self.era = 0
        self._awake = False
        self._closed = False

    def post(self, action: Action, *, era: int | None = None) -> None:
        """Have this done on the UI's thread; not, if it belongs to an era that is over by then."""
        with self._lock:
            if self._closed:
                return
            self._letters.append((era, action))
            sleeping, self._awake = not self._awake, True
        if sleeping:
            self._wake()

    def close(self) -> None:
        """Nothing more is done: who would have been told is no longer there."""
        with self._lock:
            self._closed = True
            self._letters.clear()

    def deliver(self) -> None:
        """Do what was posted, for a short while; what is left is done after the UI's own work. On the UI's thread."""
        until = perf_counter() + SLICE
        while perf_counter() < until:
            with self._lock:
                if not self._letters:
                    self._awake = False
                    return
                era, action = self._letters.popleft()
            try:
                if era is None or era == self.era:
                    action()
            except BaseException:
                self._wake()  # what is left is done all the same
                raise
        self._wake()


class Job:
    """A piece of work that was begun, and how to stop it."""

    def __init__(self, future: Future[Any]) -> None:
        self._future = future

    @property
    def running(self) -> bool:
        """It has not ended."""
        return not self._future.done()

    def cancel(self) -> None:
        """Stop it; what it was waiting for is told. Nothing happens when it has ended."""
        self._future.cancel()


class Worker:
    """An event loop in a thread of its own, which `start` starts, and a mailbox for the way back.

    Args:
        wake: As for `Mailbox`.
    """

    def __init__(self, wake: Action) -> None:
        self.mailbox = Mailbox(wake)
        self.loop = asyncio.new_event_loop()
        self._jobs: set[Future[Any]] = set()
        self._passing: set[Future[Any]] = set()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to work; what was begun before has waited. Nothing happens when that was said before."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="aurarouter-gui", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def begin(
        self,
        work: Coroutine[Any, Any, T],
        then: Callable[[T], None] | None = None,
        failed: Callable[[BaseException], None] | None = None,
        *,
        lasting: bool = False,
    ) -> Job:
        """Do work in the loop; what comes of it is told on the UI's thread.

        Args:
            work: What to do.
            then: Told the result.
            failed: Told what was raised. Cancelled work tells nobody.
            lasting: It goes on when the panels that are shown go; see `turn`.
        """
        future = asyncio.run_coroutine_threadsafe(work, self.loop)
        self._jobs.add(future)
        era = None if lasting else self.mailbox.era
        if not lasting:
            self._passing.add(future)

        def ended(done: Future[T]) -> None:
            self._jobs.discard(done)
            self._passing.discard(done)
            try:
                result = done.result()
            except (CancelledError, asyncio.CancelledError):
                return
            except BaseException as error:
                if failed is None:
                    raise
                self.mailbox.post(lambda problem=error: failed(problem), era=era)  # type: ignore[misc]
                return
            if then is not None:
                self.mailbox.post(lambda: then(result), era=era)

        future.add_done_callback(ended)
        return Job(future)

    def turn(self) -> None:
        """The panels that are shown go: cancel what they have begun, and tell them nothing more. On the UI's thread."""
        self.mailbox.era += 1
        for future in list(self._passing):
            future.cancel()

    def close(self, farewell: Callable[[], Awaitable[None]]) -> None:
        """Cancel what runs, wait until it has ended, say farewell in the loop, and end the thread."""
        self.start()
        self.mailbox.close()
        if self._thread is not None and self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._wind_up(farewell), self.loop).result(PATIENCE)
            self.loop.call_soon_threadsafe(self.loop.stop)
            self._thread.join(PATIENCE)
            self.loop.close()

    async def _wind_up(self, farewell: Callable[[], Awaitable[None]]) -> None:
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        await farewell()
        await self.loop.shutdown_asyncgens()
        await self.loop.shutdown_default_executor()

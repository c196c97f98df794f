"""The one thread that owns a model, and the bounded way back from it to an event loop."""

import asyncio
import atexit
import ctypes
import threading
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from aurarouter_hooks import ProviderUnavailableError

T = TypeVar("T")

_END: Any = object()
_LEAVE_SECONDS = 5.0


class StopFlag:
    """Says "stop" to another thread, and to native code that can't wait for the interpreter lock.

    The memory is a C string: empty while work may go on, one character long once it must stop.
    """

    def __init__(self) -> None:
        self._text = ctypes.create_string_buffer(2)

    def set(self) -> None:
        """Ask for the stop. There is no way back."""
        self._text[0] = b"\1"

    def __bool__(self) -> bool:
        return bool(self._text.value)

    @property
    def address(self) -> ctypes.c_void_p:
        """Where native code reads the C string. Valid as long as this object lives."""
        return ctypes.cast(self._text, ctypes.c_void_p)


class Worker:
    """A named thread that does one job after the other.

    It is a daemon, so a forgotten `aclose()` can't keep the interpreter alive; at the interpreter's exit it is asked
    to leave, because native code must not run on while the process is taken down.

    Args:
        name: The thread's name.
        interrupt: Makes the running job end soon. Called from any thread.
        at_end: Called on the thread after the last job.
    """

    def __init__(self, name: str, *, interrupt: Callable[[], None], at_end: Callable[[], None]) -> None:
        self._jobs: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._interrupt = interrupt
        self._at_end = at_end
        self._stopping = False
        self._ended: Future[None] = Future()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        atexit.register(self._leave)
        self._thread.start()

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Queue a job. A future that is cancelled before its turn never runs."""
        future: Future[T] = Future()
        self._jobs.put((future, work))
        return future

    def stop(self) -> None:
        """End the running job, refuse the queued ones, end the thread. Returns at once."""
        self._stopping = True
        self._interrupt()
        self._jobs.put(None)

    async def join(self) -> None:
        """Wait until the thread has gone."""
        await asyncio.shield(asyncio.wrap_future(self._ended))
        self._thread.join()

    def _work(self) -> None:
        try:
            while (job := self._jobs.get()) is not None:
                self._do(*job)
            self._at_end()
        finally:
            atexit.unregister(self._leave)
            self._ended.set_result(None)

    def _do(self, future: Future[Any], work: Callable[[], Any]) -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            if self._stopping:
                raise ProviderUnavailableError("the model was closed before it was this prompt's turn")
            future.set_result(work())
        except BaseException as exc:  # noqa: BLE001 - it is raised where the future is awaited
            future.set_exception(exc)

    def _leave(self) -> None:
        self.stop()
        self._thread.join(_LEAVE_SECONDS)


class Handover(Generic[T]):
    """Items on their way from the worker to one reader; a reader that is slow makes the worker wait.

    Args:
        room: Items that may lie ready before the worker waits.
    """

    def __init__(self, room: int = 16) -> None:
        self.stop = StopFlag()
        self._loop = asyncio.get_running_loop()
        self._items: asyncio.Queue[T] = asyncio.Queue()
        self._room = threading.Semaphore(room)

    def put(self, item: T) -> None:
        """Hand over an item, from the worker.

        Raises:
            ProviderUnavailableError: Nobody reads any more.
        """
        self._room.acquire()
        if self.stop:
            raise ProviderUnavailableError("the model was stopped before its answer was complete")
        self._tell(item)

    def close(self) -> None:
        """Make the worker stop at its next token, also when it waits for room. Called from any thread."""
        self.stop.set()
        self._room.release()

    async def read(self, job: Future[None]) -> AsyncGenerator[T, None]:
        """What `job` hands over, then the exception that it raised, if any. Closing this early stops the job."""
        job.add_done_callback(lambda _: self._tell(_END))
        try:
            while (item := await self._items.get()) is not _END:
                self._room.release()
                yield item
            job.result()
        finally:
            self.close()
            job.cancel()

    def _tell(self, item: T) -> None:
        try:
            self._loop.call_soon_threadsafe(self._items.put_nowait, item)
        except RuntimeError:  # the reader's event loop has ended, and the reader with it
            self.stop.set()

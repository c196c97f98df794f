"""Runs a provider for the contract's tests and sees what it does and what it leaves behind."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from aurarouter_hooks.provider import Provider

T = TypeVar("T")
PATIENCE = 120.0  # seconds after which a whole use of a provider is called stuck
CLOSE_PATIENCE = 10.0  # seconds that the kernel, too, lets a provider take to close
CANCEL_PATIENCE = 10.0  # seconds that something may take to end after it was cancelled
THREAD_PATIENCE = 5.0  # seconds that a thread may take to end after its provider was closed
IO = ("open", "os.system", "subprocess.", "socket.connect", "socket.bind", "socket.getaddrinfo")
_watched: dict[int, list[str]] = {}  # thread → the I/O that it did while it was watched


async def cancelled(task: asyncio.Future[Any], turns: int) -> None:
    """Cancel a task after so many turns of the loop, and see that it ends."""
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=CANCEL_PATIENCE)
    if not done:
        raise AssertionError(f"it still runs {CANCEL_PATIENCE:.0f} s after it was cancelled")
    if not task.cancelled():
        task.result()  # it was faster than the cancel; an error is an error all the same


def run(make: Callable[[], Provider], use: Callable[[Provider], Awaitable[T]]) -> T:
    """Use a provider in a loop of its own, close it, and see that no task, thread or open end is left."""
    threads = set(threading.enumerate())
    complaints: list[str] = []

    async def whole() -> T:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context["message"]))
        provider = make()
        try:
            async with asyncio.timeout(PATIENCE):
                result = await use(provider)
        finally:
            await _closed(provider)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        if left:
            await asyncio.wait(left, timeout=1.0)
        left = {task for task in left if not task.done()}
        if left:
            raise AssertionError(f"tasks are left running: {left}")
        return result

    result = asyncio.run(whole())
    gc.collect()  # what was left open complains when it's collected
    if complaints:
        raise AssertionError(f"left open or unhandled: {complaints}")
    for thread in set(threading.enumerate()) - threads:
        thread.join(THREAD_PATIENCE)
        if thread.is_alive():
            raise AssertionError(f"a thread is left running: {thread.name}")
    return result


async def _closed(provider: Provider) -> None:
    closing = asyncio.ensure_future(provider.aclose())
    done, _ = await asyncio.wait({closing}, timeout=CLOSE_PATIENCE)
    if not done:
        closing.cancel()
        raise AssertionError(f"it is not closed {CLOSE_PATIENCE:.0f} s after aclose() was called")
    closing.result()


@contextmanager
def io_of_this_thread() -> Iterator[list[str]]:
    """The I/O that this thread does meanwhile."""
    if not _watched:
        sys.addaudithook(_listen)
        _watched[0] = []  # an audit hook stays for ever; this remembers that it's there
    threads = set(threading.enumerate())
    seen = _watched[threading.get_ident()] = []
    try:
        yield seen
    finally:
        del _watched[threading.get_ident()]
        seen.extend(f"thread {thread.name!r}" for thread in set(threading.enumerate()) - threads)


def _listen(event: str, arguments: tuple[Any, ...]) -> None:
    seen = _watched.get(threading.get_ident())
    if seen is not None and event.startswith(IO):
        seen.append(f"{event}{arguments[:1]}")

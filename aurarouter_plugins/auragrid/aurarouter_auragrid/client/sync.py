"""The client for plain code: an event loop in a thread of its own does the work."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Coroutine, Iterator, Mapping
from concurrent.futures import CancelledError, Future
from typing import Any, Self, TypeVar

from aurarouter_auragrid.client.client import AuraRouterClient
from aurarouter_auragrid.client.services import Result
from aurarouter_auragrid.ending import ended
from aurarouter_auragrid.errors import CellUnavailableError
from aurarouter_auragrid.records import NodeRecord

T = TypeVar("T")


class SyncAuraRouterClient:
    """A cell, from plain code. Use it as a context manager, from any thread.

    Args:
        arguments: As for `AuraRouterClient`.

    Raises:
        CellUnavailableError: Of each method, once the client is closed.
    """

    def __init__(self, **arguments: Any) -> None:
        self._lock, self._closed = threading.Lock(), False
        self._waiting: set[Future[Any]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="aurarouter-grid", daemon=True)
        self._thread.start()
        self._client = self._waited(self._made(arguments))

    @staticmethod
    async def _made(arguments: Mapping[str, Any]) -> AuraRouterClient:
        return AuraRouterClient(**arguments)  # its locks belong to the loop

    def _waited(self, work: Coroutine[Any, Any, T]) -> T:
        with self._lock:
            if self._closed:
                work.close()
                raise _closed()
            waiting = asyncio.run_coroutine_threadsafe(work, self._loop)
            self._waiting.add(waiting)
        try:
            return waiting.result()
        except CancelledError:
            raise _closed() from None
        except BaseException:
            waiting.cancel()  # Ctrl-C ends the call on the node as well
            raise
        finally:
            with self._lock:
                self._waiting.discard(waiting)

    def classify_intent(self, task_description: str, context: Mapping[str, Any] | None = None) -> Result:
        """As `RouterService.classify_intent`."""
        return self._waited(self._client.classify_intent(task_description, context))

    def generate_plan(self, intent: str, context: Mapping[str, Any] | None = None) -> Result:
        """As `ReasoningService.generate_plan`."""
        return self._waited(self._client.generate_plan(intent, context))

    def generate_code(self, plan_step: str, language: str = "python") -> Result:
        """As `CodingService.generate_code`."""
        return self._waited(self._client.generate_code(plan_step, language))

    def intelligent_code_gen(
        self,
        task: str | None = None,
        language: str = "python",
        file_context: str | None = None,
        *,
        task_description: str | None = None,
    ) -> Result:
        """As `UnifiedRouterService.intelligent_code_gen`."""
        return self._waited(
            self._client.intelligent_code_gen(task, language, file_context, task_description=task_description)
        )

    def stream(
        self,
        task: str | None = None,
        language: str = "python",
        file_context: str | None = None,
        *,
        task_description: str | None = None,
    ) -> Iterator[Any]:
        """The same in pieces: texts as they come, and at the end the result."""
        pieces: AsyncGenerator[Any] = self._client.stream(
            task, language, file_context, task_description=task_description
        )
        nothing = object()

        async def following() -> Any:
            return await anext(pieces, nothing)

        async def closed() -> None:
            await pieces.aclose()

        try:
            while (piece := self._waited(following())) is not nothing:
                yield piece
        finally:
            if not self._closed:
                self._waited(closed())

    def submit(self, task: str, language: str = "python", **more: Any) -> str:
        """As `AuraRouterClient.submit`."""
        return self._waited(self._client.submit(task, language, **more))

    def result(self, request_id: str, return_topic: str = "") -> Result:
        """As `AuraRouterClient.result`."""
        return self._waited(self._client.result(request_id, return_topic))

    def nodes(self) -> list[NodeRecord]:
        """The members of the cell."""
        return self._waited(self._client.nodes())

    def close(self) -> None:
        """Leave the cell, and end the thread; what other threads wait for ends, too."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            for waiting in self._waiting:
                waiting.cancel()
        asyncio.run_coroutine_threadsafe(self._ended(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _ended(self) -> None:
        await self._client.aclose()
        await ended(task for task in asyncio.all_tasks() if task is not asyncio.current_task())
        await asyncio.get_running_loop().shutdown_asyncgens()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _closed() -> CellUnavailableError:
    return CellUnavailableError("this client is closed", hint="Make a new one.")

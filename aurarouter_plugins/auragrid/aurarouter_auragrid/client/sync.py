"""The client for plain code: an event loop in a thread of its own does the work."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Coroutine, Iterator, Mapping
from typing import Any, Self, TypeVar

from aurarouter_auragrid.client.client import AuraRouterClient
from aurarouter_auragrid.client.services import Result
from aurarouter_auragrid.records import NodeRecord

T = TypeVar("T")


class SyncAuraRouterClient:
    """A cell, from plain code. Use it as a context manager, from any thread.

    Args:
        arguments: As for `AuraRouterClient`.
    """

    def __init__(self, **arguments: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="aurarouter-grid", daemon=True)
        self._thread.start()
        self._client = self._waited(self._made(arguments))

    @staticmethod
    async def _made(arguments: Mapping[str, Any]) -> AuraRouterClient:
        return AuraRouterClient(**arguments)  # its locks belong to the loop

    def _waited(self, work: Coroutine[Any, Any, T]) -> T:
        waiting = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return waiting.result()
        except BaseException:
            waiting.cancel()  # Ctrl-C ends the call on the node as well
            raise

    def classify_intent(self, task_description: str, context: Mapping[str, Any] | None = None) -> Result:
        """As `RouterService.classify_intent`."""
        return self._waited(self._client.classify_intent(task_description, context))

    def generate_plan(self, intent: str, context: Mapping[str, Any] | None = None) -> Result:
        """As `ReasoningService.generate_plan`."""
        return self._waited(self._client.generate_plan(intent, context))

    def generate_code(self, plan_step: str, language: str = "python") -> Result:
        """As `CodingService.generate_code`."""
        return self._waited(self._client.generate_code(plan_step, language))

    def intelligent_code_gen(self, task: str, language: str = "python", file_context: str | None = None) -> Result:
        """As `UnifiedRouterService.intelligent_code_gen`."""
        return self._waited(self._client.intelligent_code_gen(task, language, file_context))

    def stream(self, task: str, language: str = "python", file_context: str | None = None) -> Iterator[Any]:
        """The same in pieces: texts as they come, and at the end the result."""
        pieces: AsyncGenerator[Any] = self._client.stream(task, language, file_context)
        nothing = object()

        async def following() -> Any:
            return await anext(pieces, nothing)

        async def closed() -> None:
            await pieces.aclose()

        try:
            while (piece := self._waited(following())) is not nothing:
                yield piece
        finally:
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
        """Leave the cell, and end the thread."""
        if self._thread.is_alive():
            self._waited(self._client.aclose())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

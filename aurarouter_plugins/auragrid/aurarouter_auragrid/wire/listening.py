"""A router that tells the text of an answer while it comes, for services that stream."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any

from aurarouter_core import Done, Router, Task
from aurarouter_hooks import Delta, Event, RoutingError


class Listening:
    """Like the router that it stands for, but what runs on it is heard.

    Args:
        router: Does the work.
        tell: Awaited with each piece of text; a slow reader slows the model down.
    """

    def __init__(self, router: Router, tell: Callable[[str], Awaitable[None]]) -> None:
        self._router, self._tell = router, tell

    def __getattr__(self, name: str) -> Any:
        return getattr(self._router, name)

    async def run(self, task: Task, *, surface: str | None = None, hear: Callable[[Event], None] | None = None) -> Done:
        """Run a task to its end; as `Router.run`."""
        async with aclosing(self._router.stream(task, surface=surface)) as events:
            async for event in events:
                if hear is not None:
                    hear(event)
                if isinstance(event, Done):
                    return event
                if isinstance(event, Delta) and event.chunk.text:
                    await self._tell(event.chunk.text)
        raise RoutingError("a middleware ended the task without an answer", hint="See 'aurarouter plugins'.")

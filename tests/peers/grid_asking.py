"""Programs that ask one model of a cell and nothing else, again and again, while something happens to its nodes."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aurarouter_core import Home, Plugins, Router, Task, load_config
from aurarouter_hooks import AuraRouterError


class Asking:
    """Several programs with one router, whose only chain is one model of the provider `grid`.

    Args:
        home: Of a machine of the cell, by which the cell is found.
        model: The model's id on the nodes.
        text: What is asked.
        grid: The section `grid`, for a program that has no node beside it.
        many: How many ask at a time.
        pause: Seconds between two questions of one of them.

    Attributes:
        outcomes: "complete", "incomplete" (it broke off after its first word), and each error by its words, with
            "tried again" in front of those that the caller did not see.
        running: Questions that are asked right now.
    """

    def __init__(
        self,
        home: Path,
        model: str,
        text: str = "Write a line",
        *,
        grid: dict[str, Any] | None = None,
        many: int = 3,
        pause: float = 0.02,
        parameters: dict[str, Any] | None = None,
    ) -> None:
        plugins = Plugins()
        chain = {"models": {"far": {"provider": "grid", "model_name": model}}, "roles": {"coding": ["far"]}}
        settings: dict[str, Any] = {**chain, **({"grid": grid} if grid else {})}
        self.router = Router(load_config(plugins, settings=settings), plugins, home=Home(home))
        self._task = Task(text, mode="direct", parameters=parameters or {})
        self._many, self._pause = many, pause
        self._ending = asyncio.Event()
        self._working: list[asyncio.Task[None]] = []
        self.outcomes: Counter[str] = Counter()
        self.running = 0

    @property
    def lost(self) -> dict[str, int]:
        """What did not get an answer to its end."""
        return {outcome: count for outcome, count in self.outcomes.items() if outcome != "complete"}

    async def _work(self) -> None:
        while not self._ending.is_set():
            self.running += 1
            try:
                done = await self.router.run(self._task)
                self.outcomes["complete" if done.complete else "incomplete"] += 1
                for attempt in done.trace.attempts[:-1]:  # the kernel had to try again
                    assert attempt.error is not None
                    self.outcomes[f"tried again: {attempt.error.type}: {attempt.error.message}"] += 1
            except AuraRouterError as error:
                self.outcomes[f"{type(error).__name__}: {error}"] += 1
            finally:
                self.running -= 1
            await asyncio.sleep(self._pause)

    async def __aenter__(self) -> Self:
        await self.router.__aenter__()
        self._working = [asyncio.create_task(self._work()) for _ in range(self._many)]
        return self

    async def end(self) -> None:
        """Ask nothing more; what is asked is answered."""
        self._ending.set()
        await asyncio.gather(*self._working)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            await self.end()
        finally:
            await self.router.__aexit__(kind, error, traceback)

"""One task, or one node of its plan, while it runs: all that belongs to it, and its deadline."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from attrs import frozen

from aurarouter_core import made
from aurarouter_core.models import ModelPool
from aurarouter_core.snapshot import Snapshot
from aurarouter_core.trace import Recorder
from aurarouter_core.witness import Witness
from aurarouter_hooks import Call, Decision, ProviderTimeoutError, Task


@frozen(kw_only=True, eq=False)
class Run:
    """All that belongs to one task, or to one node of its plan, while it runs. Its decision's limits hold.

    Attributes:
        task, decision: The task's own; of a node of a plan, what is asked there and what was decided for that.
        deadline: Of the whole task, as a time of the event loop.
    """

    task: Task
    decision: Decision
    snapshot: Snapshot
    pool: ModelPool
    recorder: Recorder
    witness: Witness
    deadline: float | None = None

    @asynccontextmanager
    async def in_time(self) -> AsyncIterator[None]:
        """A block that the task's deadline ends.

        Raises:
            ProviderTimeoutError: It did.
        """
        began = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout_at(self.deadline) as clock:
                yield
        except TimeoutError as error:
            if not clock.expired():
                raise
            after = asyncio.get_running_loop().time() - began
            raise ProviderTimeoutError("the task's deadline passed", after=after) from error

    def clean_up_cut_off(self, plugin: str, error: Exception) -> None:
        """A plugin's stream did not end well, or not when it was told to: logged, and counted among its faults."""
        self.snapshot.plugins.guard.fault(plugin, "a stream's clean-up", error, content=False)

    def is_private(self) -> bool:
        """Nothing of its words may be kept, as far as is known by now."""
        return self.recorder.wordless or self.decision.constraint.private

    @property
    def call(self) -> Call:
        """The task's passage through the middleware, as it begins."""
        limits, sections = self.decision.constraint, self.snapshot.config.sections
        return made.call(
            task=self.task, decision=self.decision, constraint=limits, settings=sections, is_private=self.is_private
        )

    @property
    def embeds(self) -> bool:
        """Vectors are asked for, no words."""
        return self.decision.mode == "embed"

    @property
    def late(self) -> bool:
        """The task's deadline has passed."""
        return self.deadline is not None and asyncio.get_running_loop().time() >= self.deadline

"""Holds apps and models to what they may use in a minute and at a time. What it needs is imported when first used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from aurarouter_hooks import Middleware, hookimpl

if TYPE_CHECKING:
    from aurarouter_hooks import Kernel
    from aurarouter_limits.counter import Counter
    from aurarouter_limits.gate import Gate


class Limits:
    """The plugin. Each router has one of its own; all of this user's count in one file, or where a plugin says."""

    def __init__(self) -> None:
        self._gate: Gate | None = None
        self._counter: Counter | None = None

    @hookimpl
    def register_hookspecs(self) -> type:
        """Its own hook."""
        from aurarouter_limits.specs import Specs

        return Specs

    @hookimpl
    def register_config(self) -> Mapping[str, type]:
        """The section `limits`."""
        from aurarouter_limits.settings import LimitsSettings

        return {"limits": LimitsSettings}

    @hookimpl
    def register_middleware(self) -> Sequence[Middleware]:
        """Around each task, and around each attempt."""
        from aurarouter_limits.layers import ForApps, ForModels

        return [ForApps(self._opened), ForModels(self._opened)]

    @hookimpl
    def kernel_started(self, kernel: Kernel) -> None:
        """Look whether somebody counts for more machines than this one."""
        self._counter = next(iter(kernel.call_hook("limits_counter", kernel=kernel)), None)

    @hookimpl
    async def kernel_stopping(self) -> None:
        """Let go of the counter."""
        gate, self._gate = self._gate, None
        if gate is not None:
            await gate.close()

    def _opened(self) -> Gate:
        """The gate, made when the first limit is met."""
        if self._gate is None:
            from aurarouter_core import Home
            from aurarouter_limits.gate import Gate
            from aurarouter_limits.local import Local

            self._gate = Gate.of(self._counter or Local(Home.of().root / "limits.db"))
        return self._gate

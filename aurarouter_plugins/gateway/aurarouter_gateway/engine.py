"""What the gateway needs of the kernel, in this process or in the shared engine."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from aurarouter_core import SERVICES, Attached, Router, count_tokens
from aurarouter_gateway.settings import GatewaySettings
from aurarouter_hooks import Kernel, Model, Task


class Engine:
    """The kernel as the routes see it.

    Args:
        kernel: At work.
    """

    def __init__(self, kernel: Attached | Router) -> None:
        self._kernel = kernel

    @property
    def kernel(self) -> Kernel:
        """Runs tasks."""
        return self._kernel

    @property
    def settings(self) -> GatewaySettings:
        """The section `gateway`, as it is now."""
        found: GatewaySettings = self._kernel.settings("gateway")
        return found

    def remember(self) -> None:
        """Read the settings now, so that a file that is broken before the first request comes changes nothing."""
        _ = self.settings

    async def names(self) -> tuple[Mapping[str, Model], Sequence[str], Sequence[str]]:
        """The models, and what the roles and the intents are called."""
        return await self._kernel.models(), await self._kernel.roles(), await self._kernel.intents()

    def tokens(self, task: Task) -> int:
        """How many tokens a task takes at most. No tokenizer is asked, so nothing leaves."""
        return count_tokens(task)

    async def ready(self) -> bool:
        """Whether any model may be asked now."""
        return await self._kernel.ready()

    async def page(self, path: str) -> tuple[str, str] | None:
        """The media type and the text of a plugin's page; None when nobody has one there."""
        if isinstance(self._kernel, Attached):
            found = await asyncio.to_thread(self._kernel.call_hook, "gateway_page", path=path)
        else:
            found = self._kernel.call_hook("gateway_page", path=path)
        return found[0] if found else None

    async def service(self, service: str, method: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """The result of a method of one of the four services."""
        if isinstance(self._kernel, Attached):
            return await self._kernel.service(service, method, inputs)
        result: Mapping[str, Any] = await getattr(SERVICES[service, method](self._kernel), method)(**inputs)
        return result

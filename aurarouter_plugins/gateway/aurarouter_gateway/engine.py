"""What the gateway needs of the kernel."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aurarouter_core import CodingService, ReasoningService, Router, RouterService, UnifiedRouterService, count_tokens
from aurarouter_gateway.settings import GatewaySettings
from aurarouter_hooks import Kernel, Task

SERVICES: dict[str, tuple[type, tuple[str, ...]]] = {
    "RouterService": (RouterService, ("classify_intent",)),
    "ReasoningService": (ReasoningService, ("generate_plan",)),
    "CodingService": (CodingService, ("generate_code",)),
    "UnifiedRouterService": (UnifiedRouterService, ("intelligent_code_gen",)),
}
UNUSABLE = ("down", "misconfigured", "open")


class Engine:
    """The kernel as the routes see it.

    Args:
        router: The kernel at work.
    """

    def __init__(self, router: Router) -> None:
        self._router = router

    @property
    def kernel(self) -> Kernel:
        """Runs tasks."""
        return self._router

    @property
    def settings(self) -> GatewaySettings:
        """The section `gateway`, as it is now."""
        found: GatewaySettings = self._router.settings("gateway")
        return found

    @property
    def models(self) -> Sequence[str]:
        """Ids of the configured models."""
        return [*self._router.snapshot.models]

    @property
    def roles(self) -> Sequence[str]:
        """Names of the roles."""
        return [*self._router.snapshot.config.roles]

    @property
    def intents(self) -> Sequence[str]:
        """Names of the intents."""
        return [*self._router.snapshot.intents]

    def tokens(self, task: Task) -> int:
        """How many tokens a task takes at most. No tokenizer is asked, so nothing leaves."""
        return count_tokens(task)

    async def ready(self) -> bool:
        """Whether any model may be asked now."""
        states = self._router.pool.states.refusals()
        return any(model not in states for model in self.models)

    def service(self, service: str, method: str) -> Callable[..., Awaitable[dict[str, Any]]] | None:
        """A method of one of the four services; None when there is none of these names."""
        kind, methods = SERVICES.get(service, (None, ()))
        if kind is None or method not in methods:
            return None
        found: Callable[..., Awaitable[dict[str, Any]]] = getattr(kind(self._router), method)
        return found

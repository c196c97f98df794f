"""The running kernel, as plugins and surfaces may use it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Mapping, Sequence
from typing import Any, Protocol

from aurarouter_hooks.values.decision import Decision
from aurarouter_hooks.values.event import Done, Event
from aurarouter_hooks.values.model import Health
from aurarouter_hooks.values.task import Task


class Kernel(Protocol):
    """A router at work. Handed to `kernel_started` and `kernel_stopping`; implemented by `aurarouter_core.Router`.

    Attributes:
        surface: Who it works for: "cli", "mcp", "gateway", "daemon", "grid", "embedded" …
    """

    surface: str

    def decide(self, task: Task) -> Decision:
        """What would happen, and why. No I/O, no model is called."""

    def run(self, task: Task) -> Awaitable[Done]:
        """Run a task to its end."""

    def stream(self, task: Task) -> AsyncGenerator[Event]:
        """Run a task and tell its events; close it when you stop early. The grammar stands in `values.event`."""

    def settings(self, section: str) -> Any:
        """The configuration section of that name as the class that its plugin registered."""

    def set_layer(self, plugin: str, settings: Mapping[str, Any]) -> Awaitable[None]:
        """Replace the plugin's settings layer and reload; refused as a whole when the result is not valid."""

    def reload(self) -> Awaitable[None]:
        """Read the configuration again and swap to it; running tasks keep the snapshot that they began with."""

    def health(self) -> Awaitable[Mapping[str, Health]]:
        """How each model is."""

    def pause(self) -> None:
        """Refuse new tasks; running ones go on."""

    def resume(self) -> None:
        """Accept tasks again."""

    def drain(self, timeout: float | None = None) -> Awaitable[bool]:
        """Refuse new tasks and wait for running ones; True when none is left."""

    def call_hook(self, hook: str, **arguments: Any) -> Sequence[Any]:
        """Call a hook that a plugin brought with `register_hookspecs`; the answers that are not None.

        A plugin that raises is logged, counted and left out.
        """

"""Calls hooks one plugin at a time, so that whatever raises has a name and harms nobody else."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pluggy
from attrs import frozen

from aurarouter_hooks import PluginBrokenError

log = logging.getLogger(__name__)
REMEMBERED = 1000
"""Faults kept in memory; each is logged and told besides."""


@frozen
class Fault:
    """A plugin raised in a hook."""

    plugin: str
    hook: str
    error: str


@frozen
class Implementation:
    """One plugin's function for one hook, and the arguments that it wants."""

    plugin: str
    function: Callable[..., Any]
    arguments: tuple[str, ...]


class Guard:
    """Guarded calls into the plugins of one manager; pluggy keeps the order, we keep them apart.

    Attributes:
        on_fault: Told each time a plugin raises.
        faults: The first faults, for those who come later.
    """

    def __init__(self, manager: pluggy.PluginManager, on_fault: Callable[[Fault], None] | None) -> None:
        self._manager = manager
        self._known: dict[str, tuple[Implementation, ...]] = {}
        self.on_fault = on_fault
        self.faults: list[Fault] = []

    def implementations(self, hook: str) -> tuple[Implementation, ...]:
        """Who implements a hook, in pluggy's order."""
        known = self._known.get(hook)
        if known is None:
            caller: pluggy.HookCaller | None = getattr(self._manager.hook, hook, None)
            found = caller.get_hookimpls() if caller is not None else []
            known = tuple(
                Implementation(impl.plugin_name, impl.function, tuple(impl.argnames)) for impl in reversed(found)
            )
            self._known[hook] = known
        return known

    def opinions(self, hook: str, **arguments: Any) -> list[tuple[str, Any]]:
        """(plugin, answer) of each answer that is not None; a plugin that raises is logged, counted, left out."""
        answers: list[tuple[str, Any]] = []
        for impl in self.implementations(hook):
            try:
                answer = impl.function(*[arguments[name] for name in impl.arguments])
            except Exception as error:  # noqa: BLE001 - the contract: logged with the plugin's name, counted, ignored
                self.fault(impl.plugin, hook, error)
                continue
            if answer is not None:
                answers.append((impl.plugin, answer))
        return answers

    def first(self, hook: str, **arguments: Any) -> Any:
        """The first answer that is not None, guarded like `opinions`."""
        for impl in self.implementations(hook):
            try:
                answer = impl.function(*[arguments[name] for name in impl.arguments])
            except Exception as error:  # noqa: BLE001 - as above
                self.fault(impl.plugin, hook, error)
                continue
            if answer is not None:
                return answer
        return None

    def verdicts(self, hook: str, **arguments: Any) -> list[tuple[str, Any]]:
        """Like `opinions`, but a plugin that raises refuses the task, since only that is safe.

        Raises:
            PluginBrokenError: A plugin raised.
        """
        answers: list[tuple[str, Any]] = []
        for impl in self.implementations(hook):
            try:
                answer = impl.function(*[arguments[name] for name in impl.arguments])
            except Exception as error:
                self.fault(impl.plugin, hook, error)
                raise PluginBrokenError(
                    f"plugin '{impl.plugin}' failed in {hook}, which decides where a task may go; the task is refused",
                    plugin=impl.plugin,
                    hint=f"Repair the plugin, or run without it: AURAROUTER_WITHOUT={impl.plugin}",
                ) from error
            if answer is not None:
                answers.append((impl.plugin, answer))
        return answers

    def fault(self, plugin: str, hook: str, error: BaseException) -> None:
        """Log and count that a plugin raised."""
        fault = Fault(plugin, hook, f"{type(error).__name__}: {error}")
        log.warning("plugin '%s' raised in %s: %s", plugin, hook, fault.error)
        log.debug("the fault of plugin '%s'", plugin, exc_info=error)
        if len(self.faults) < REMEMBERED:
            self.faults.append(fault)
        if self.on_fault is not None:
            self.on_fault(fault)

"""Calls hooks one plugin at a time, so that whatever raises has a name and harms nobody else."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pluggy
from attrs import frozen

from aurarouter_core.shapes import WrongAnswerError
from aurarouter_hooks import PluginBrokenError

log = logging.getLogger(__name__)
T = TypeVar("T")
REMEMBERED = 1000
"""Faults kept in memory; each is logged and told besides."""


@frozen
class Fault:
    """A plugin raised in a hook."""

    plugin: str
    hook: str
    error: str


@frozen
class _Implementation:
    plugin: str
    function: Callable[..., Any]
    arguments: tuple[str, ...]


class Guard:
    """Guarded calls into the plugins of one manager; pluggy keeps the order, we keep them apart.

    Every call takes the arguments by name and a shape: a function that passes on a right answer and raises on a
    wrong one. A wrong answer is a fault like any other.

    Attributes:
        on_fault: Told each time a plugin raises.
        faults: The first faults, for those who come later.
    """

    def __init__(self, manager: pluggy.PluginManager, on_fault: Callable[[Fault], None] | None) -> None:
        self._manager = manager
        self._known: dict[str, tuple[_Implementation, ...]] = {}
        self.on_fault = on_fault
        self.faults: list[Fault] = []

    def anyone(self, hook: str) -> bool:
        """Some plugin implements it; most hooks of most installations nobody does."""
        return bool(self._implementations(hook))

    def opinions(
        self, hook: str, arguments: Mapping[str, Any], shape: Callable[[Any], T], *, content: bool = False
    ) -> Iterator[tuple[str, T]]:
        """(plugin, answer) of each answer that is not None; a plugin that raises is logged, counted, left out.

        Args:
            content: The arguments hold what users wrote, so the words of an exception are not repeated anywhere.
        """
        for impl in self._implementations(hook):
            try:
                answer = impl.function(*[arguments[name] for name in impl.arguments])
                shaped = None if answer is None else shape(answer)
            except Exception as error:  # noqa: BLE001 - the contract: logged with the plugin's name, counted, ignored
                self.fault(impl.plugin, hook, error, content=content)
                continue
            if shaped is not None:
                yield impl.plugin, shaped

    def verdicts(self, hook: str, arguments: Mapping[str, Any], shape: Callable[[Any], T]) -> Iterator[tuple[str, T]]:
        """Like `opinions`, but a plugin that raises refuses the task, since only that is safe.

        Raises:
            PluginBrokenError: A plugin raised.
        """
        for impl in self._implementations(hook):
            given = [arguments[name] for name in impl.arguments]
            shaped = self.verdict(impl.plugin, hook, partial(impl.function, *given), shape)
            if shaped is not None:
                yield impl.plugin, shaped

    def verdict(self, plugin: str, hook: str, asked: Callable[[], Any], shape: Callable[[Any], T]) -> T | None:
        """The same for one answer of one plugin.

        Raises:
            PluginBrokenError: It raised.
        """
        try:
            answer = asked()
            return None if answer is None else shape(answer)
        except Exception as error:
            self.fault(plugin, hook, error, content=True)
            raise PluginBrokenError(
                f"plugin '{plugin}' failed in {hook}, which decides where a task may go; the task is refused",
                plugin=plugin,
                hint=f"Repair the plugin, or run without it: AURAROUTER_WITHOUT={plugin}",
            ) from error

    def fault(self, plugin: str, hook: str, error: BaseException, *, content: bool) -> None:
        """Log and count that a plugin raised."""
        words = _place(error) if content and not isinstance(error, WrongAnswerError) else str(error)
        fault = Fault(plugin, hook, f"{type(error).__name__}: {words}")
        log.warning("plugin '%s' raised in %s: %s", plugin, hook, fault.error)
        if len(self.faults) < REMEMBERED:
            self.faults.append(fault)
        if self.on_fault is not None:
            self.on_fault(fault)

    def _implementations(self, hook: str) -> tuple[_Implementation, ...]:
        known = self._known.get(hook)
        if known is None:
            caller: pluggy.HookCaller | None = getattr(self._manager.hook, hook, None)
            found = caller.get_hookimpls() if caller is not None else []
            known = tuple(
                _Implementation(impl.plugin_name, impl.function, tuple(impl.argnames)) for impl in reversed(found)
            )
            self._known[hook] = known
        return known


def _place(error: BaseException) -> str:
    """Where it was raised: enough to find it, and nothing that a user wrote."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"raised in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else "raised"

"""All plugins of one router: one typed method for each hook, and what they bring merged into one."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import evolve

from aurarouter_core import shapes
from aurarouter_core.discovery import Discovery
from aurarouter_core.guard import Fault, Guard
from aurarouter_core.plugin_words import PluginWords
from aurarouter_hooks import Constraint, PluginError

if TYPE_CHECKING:
    import click

    from aurarouter_hooks import (
        Analysis,
        AssetSource,
        Attempt,
        Decision,
        Intent,
        Kernel,
        Middleware,
        Model,
        Provider,
        Task,
        Trace,
    )

T = TypeVar("T")
log = logging.getLogger(__name__)


class Plugins:
    """All plugins of one router. There are no module globals: two routers may have different ones.

    Args:
        discover: Look for installed plugins through entry points.
        extra: Plugins of the embedding program: modules or objects with `hookimpl`s.
        environ: Holds AURAROUTER_PLUGINS (only these) and AURAROUTER_WITHOUT (not these), comma-separated.
        on_fault: Told each time a plugin raises.

    Attributes:
        found: Every plugin that was found, by name: loaded, switched off, or broken and why.
        installed: They are what any process with this one's environment finds; none is the embedding program's.
    """

    def __init__(
        self,
        *,
        discover: bool = True,
        extra: Iterable[object] = (),
        environ: Mapping[str, str] | None = None,
        on_fault: Callable[[Fault], None] | None = None,
    ) -> None:
        extra = tuple(extra)
        self.installed = discover and not extra and environ is None
        discovery = Discovery(installed=discover, extra=extra, environ=os.environ if environ is None else environ)
        self.found = discovery.found
        self._manager = discovery.manager
        self.guard = Guard(discovery.manager, on_fault)

    @property
    def modules(self) -> tuple[str, ...]:
        """Import names of the plugins that are loaded."""
        loaded = [plugin for _, plugin in self._manager.list_name_plugin()]
        return tuple(getattr(plugin, "__name__", "") or type(plugin).__module__ for plugin in loaded)

    # At start-up

    def _merged(self, hook: str, shape: Callable[[Any], Mapping[str, T]]) -> dict[str, T]:
        result: dict[str, T] = {}
        owners: dict[str, str] = {}
        for plugin, answer in self.guard.opinions(hook, {}, shape):
            for key, value in answer.items():
                if key in owners:
                    raise PluginError(
                        f"{hook}: '{key}' is brought by both '{owners[key]}' and '{plugin}'",
                        plugin=plugin,
                        hint=f"Switch one of them off: AURAROUTER_WITHOUT={plugin}",
                    )
                result[key], owners[key] = value, plugin
        return result

    @cached_property
    def sections(self) -> Mapping[str, type]:
        """Configuration sections that plugins bring: name → class."""
        return self._merged("register_config", shapes.classes)

    @cached_property
    def providers(self) -> Mapping[str, type[Provider]]:
        """`provider:` value → class."""
        return self._merged("register_providers", shapes.classes)

    @cached_property
    def verbs(self) -> Mapping[str, str]:
        """Synonym → role."""
        return self._merged("register_verbs", shapes.words)

    @cached_property
    def asset_sources(self) -> Mapping[str, type[AssetSource]]:
        """Scheme → class."""
        return self._merged("register_asset_sources", shapes.classes)

    @cached_property
    def intents(self) -> Mapping[str, Intent]:
        """Intents by name."""
        return self._merged("register_intents", shapes.intents)

    @cached_property
    def _brought(self) -> Sequence[tuple[str, Middleware]]:
        brought = [
            (layer.order, plugin, layer)
            for plugin, answer in self.guard.opinions("register_middleware", {}, shapes.middleware)
            for layer in answer
        ]
        return [(plugin, layer) for _, plugin, layer in sorted(brought, key=lambda item: item[:2])]

    @cached_property
    def middleware(self) -> Sequence[Middleware]:
        """All middleware, outermost first."""
        return tuple(layer for _, layer in self._brought)

    def layers(self, scope: str, settings: Mapping[str, Any]) -> tuple[Middleware, ...]:
        """The middleware around a "task" or an "attempt" that has something to do, outermost first."""
        return tuple(layer for layer in self.middleware if layer.scope == scope and _acts(layer, settings))

    def settings_layers(self, environment: str) -> list[tuple[str, Mapping[str, Any]]]:
        """(plugin, settings) of each plugin that brings a layer, in an order that does not depend on loading."""
        brought = self.guard.opinions("register_settings", {"environment": environment}, shapes.settings)
        return sorted(brought, key=lambda item: item[0])

    def add_commands(self, cli: click.Group) -> None:
        """Let plugins add their commands."""
        self._tell("register_commands", {"cli": cli}, content=False)

    # For every task

    def limit(self, app: str, settings: Mapping[str, Any]) -> Constraint:
        """What all middleware lets an app use.

        Raises:
            PluginBrokenError: A plugin failed; the app's tasks are refused.
        """
        limits = Constraint()
        for plugin, layer in self._brought:
            if asked := getattr(layer, "limits", None):
                said = self.guard.verdict(plugin, "limits", partial(asked, app, settings), shapes.constraint)
                limits = limits | said if said is not None else limits
        return limits

    def classify(self, task: Task, analysis: Analysis) -> Intent | None:
        """The first plugin's answer that is not None."""
        if not self.guard.anyone("classify_task"):
            return None
        arguments = {"task": task, "analysis": analysis}
        answers = self.guard.opinions("classify_task", arguments, shapes.intent, content=True)
        return next((intent for _, intent in answers), None)

    def constrain(self, task: Task, analysis: Analysis) -> list[Constraint]:
        """Every plugin's limits.

        Raises:
            PluginBrokenError: A plugin failed; the task is refused.
        """
        if not self.guard.anyone("constrain_task"):
            return []
        arguments = {"task": task, "analysis": analysis}
        answers = [answer for _, answer in self.guard.verdicts("constrain_task", arguments, shapes.constraint)]
        return [evolve(answer, reasons=tuple(map(PluginWords, answer.reasons))) for answer in answers]

    def veto(self, task: Task, analysis: Analysis, models: Sequence[Model]) -> dict[str, str]:
        """Model id → the reasons of all plugins that refuse it.

        Raises:
            PluginBrokenError: A plugin failed; the task is refused.
        """
        if not self.guard.anyone("veto_models"):
            return {}
        reasons: dict[str, list[str]] = {}
        arguments = {"task": task, "analysis": analysis, "models": models}
        for plugin, answer in self.guard.verdicts("veto_models", arguments, shapes.words):
            for model, reason in answer.items():
                reasons.setdefault(model, []).append(f"{plugin}: {reason}")
        return {model: PluginWords("; ".join(sorted(texts))) for model, texts in reasons.items()}

    def score(self, task: Task, analysis: Analysis, models: Sequence[Model]) -> dict[str, float]:
        """Model id → the sum of all plugins' scores, the same whatever order they load in."""
        if not self.guard.anyone("score_models"):
            return {}
        scores: dict[str, list[float]] = {}
        arguments = {"task": task, "analysis": analysis, "models": models}
        for _, answer in self.guard.opinions("score_models", arguments, shapes.scores, content=True):
            for model, score in answer.items():
                scores.setdefault(model, []).append(score)
        return {model: math.fsum(values) for model, values in scores.items()}

    # Told, not asked

    def _tell(self, hook: str, arguments: Mapping[str, Any], *, content: bool) -> None:
        if not self.guard.anyone(hook):
            return
        for _ in self.guard.opinions(hook, arguments, shapes.nothing, content=content):
            pass  # nothing that they answer has a shape

    def decision_made(self, decision: Decision) -> None:
        """Tell that a task was decided."""
        self._tell("decision_made", {"decision": decision}, content=True)

    def attempt_finished(self, attempt: Attempt) -> None:
        """Tell that a model was tried."""
        self._tell("attempt_finished", {"attempt": attempt}, content=True)

    def task_finished(self, trace: Trace) -> None:
        """Tell that a task ended."""
        self._tell("task_finished", {"trace": trace}, content=True)

    async def lifecycle(self, hook: str, kernel: Kernel) -> None:
        """Tell that the kernel starts or stops, and await what plugins want awaited."""
        from aurarouter_core.cancelled import told_truly  # needs asyncio, which takes longer than all of this

        for plugin, answer in list(self.guard.opinions(hook, {"kernel": kernel}, shapes.anything)):
            try:
                with told_truly():
                    await answer
            except Exception as error:  # noqa: BLE001 - the contract: logged, counted, ignored
                self.guard.fault(plugin, hook, error, content=False)

    def call_hook(self, hook: str, **arguments: Any) -> list[Any]:
        """Call a plugin's own hook, guarded like ours; the answers that are not None."""
        return [answer for _, answer in self.guard.opinions(hook, arguments, shapes.anything, content=True)]


def _acts(layer: Middleware, settings: Mapping[str, Any]) -> bool:
    """It does, unless it says that it does not; one that can't say may be a guard."""
    acts = getattr(layer, "acts", None)
    try:
        return acts is None or bool(acts(settings))
    except Exception as error:  # noqa: BLE001 - it stays where it is, and says so itself when it is called
        log.warning("%s can't say whether it acts: %s", type(layer).__name__, error)
        return True

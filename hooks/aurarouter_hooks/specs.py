"""The hooks, in the order of a plugin's life. A hook hands over an object or an opinion; it never waits.

Answers are merged by union or by sum, so the order in which plugins load never matters.
`README.md` beside this package shows each hook with a runnable example.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    import click

    from aurarouter_hooks.assets import AssetSource
    from aurarouter_hooks.middleware import Middleware
    from aurarouter_hooks.provider import Provider
    from aurarouter_hooks.values import Analysis, Attempt, Constraint, Decision, Intent, Kernel, Model, Task, Trace

PROJECT = "aurarouter"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


# At start-up. Answers are merged; the same key from two plugins is an error that names both.


@hookspec
def register_hookspecs() -> type | None:
    """Bring hooks of your own: a class of functions marked with `hookspec`. Others may implement them."""


@hookspec
def register_config() -> Mapping[str, type]:
    """Bring configuration sections: name → attrs class. They are validated with the rest of the file."""


@hookspec
def register_providers() -> Mapping[str, type[Provider]]:
    """Bring providers: the configuration's `provider:` value → class. No I/O here."""


@hookspec
def register_verbs() -> Mapping[str, str]:
    """Bring synonyms: word or phrase → role."""


@hookspec
def register_intents() -> Sequence[Intent]:
    """Bring intents: name, role, examples."""


@hookspec
def register_asset_sources() -> Mapping[str, type[AssetSource]]:
    """Bring places to get model files from: scheme → class."""


@hookspec
def register_settings(environment: str) -> Mapping[str, Any] | None:
    """Bring a layer of settings below the environment and above the file. `environment` is "local" or "auragrid".

    It may be asked again, and of one plugin alone.
    """


@hookspec
def register_commands(cli: click.Group) -> None:
    """Add sub-commands; import what they need inside them. It may be called again, and of one plugin alone."""


@hookspec
def register_middleware() -> Sequence[Middleware]:
    """Bring async work around tasks or attempts."""


# For every task: sync, pure, no I/O.


@hookspec(firstresult=True)
def classify_task(task: Task, analysis: Analysis) -> Intent | None:
    """Say what kind of task this is, or None to leave it to others. The kernel's own answer comes last."""


@hookspec
def constrain_task(task: Task, analysis: Analysis) -> Constraint | None:
    """Narrow where the task may go. Answers are joined. Raising refuses the task: it fails closed."""


@hookspec
def veto_models(task: Task, analysis: Analysis, models: Sequence[Model]) -> Mapping[str, str]:
    """Say which models must not be tried: id → reason. Answers are joined. Raising refuses the task."""


@hookspec
def score_models(task: Task, analysis: Analysis, models: Sequence[Model]) -> Mapping[str, float]:
    """Move models up or down the chain: id → score. Scores are summed; ties keep the configured order."""


# Told, not asked: what they raise is logged with the plugin's name, counted, and changes nothing.


@hookspec
def decision_made(decision: Decision) -> None:
    """A task was decided. The parts of a plan are not told."""


@hookspec
def attempt_finished(attempt: Attempt) -> None:
    """A model was tried, with whatever outcome."""


@hookspec
def task_finished(trace: Trace) -> None:
    """A task ended, answered or not."""


# The kernel's own life. May return an awaitable.


@hookspec
def kernel_started(kernel: Kernel) -> Awaitable[None] | None:
    """The kernel is ready to work."""


@hookspec
def kernel_stopping(kernel: Kernel) -> Awaitable[None] | None:
    """The kernel stops after this."""

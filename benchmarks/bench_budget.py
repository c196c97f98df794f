"""What a budget adds to a whole request on an instant provider: a reservation on the disk, and its settlement."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from time import sleep
from types import SimpleNamespace
from typing import Any

from bench_route import PAUSE, PROMPT, Instant, Order, crowd, per_request, sequence
from measure import Report, arguments

from aurarouter_core import Home, Plugins, Router, Task, hotpath
from aurarouter_core.layers import Layers
from aurarouter_core.structure import build
from aurarouter_hooks import hookimpl

LIMITS = {"per_day": 1000, "per_month": 10_000}
KINDS: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {
    "no budget": ({"input": 1, "output": 4}, {}),
    "a budget, and the model is free": ({}, LIMITS),
    "a budget of a day and a month": ({"input": 1, "output": 4}, LIMITS),
}
"""What is measured: the model's price, and the budget."""


def main() -> None:
    title = f"Router.run on an instant provider under a budget, analyser: {hotpath.IMPLEMENTATION}"
    options = arguments(title).parse_args()
    report = Report(title, "the same request without a budget in the same run")
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
        measure(report, runner, Path(folder))
    report.finish(options.json)


def measure(report: Report, runner: asyncio.Runner, folder: Path) -> None:
    """Fill the report."""
    instant = SimpleNamespace(__name__="instant", register_providers=hookimpl(lambda: {"instant": Instant}))
    plugins = Plugins(discover=False, extra=[instant])
    routers = {name: _router(plugins, folder / str(at), *KINDS[name]) for at, name in enumerate(KINDS)}
    stack = AsyncExitStack()
    runner.run(_enter(stack, routers))

    def turns(order: Order) -> dict[str, Callable[[], None]]:
        return {
            name: lambda router=router: runner.run(order(partial(router.run, Task(PROMPT))))  # type: ignore[misc]
            for name, router in routers.items()
        }

    try:
        one = per_request(lambda: sleep(PAUSE), **turns(sequence))
        many = per_request(lambda: sleep(PAUSE), **turns(crowd))
    finally:
        runner.run(stack.aclose())
    for how, spent in (("one after another", one), ("100 at once", many)):
        for name, microseconds in spent.items():
            report.add(f"{name}, {how}", microseconds, "µs", against=spent["no budget"])


async def _enter(stack: AsyncExitStack, routers: Mapping[str, Router]) -> None:
    for router in routers.values():
        await stack.enter_async_context(router)


def _router(plugins: Plugins, folder: Path, price: Mapping[str, Any], budget: Mapping[str, Any]) -> Router:
    folder.mkdir()
    models = {"instant": {"provider": "instant", "price": dict(price), "parameters": {"max_tokens": 100}}}
    settings = {"models": models, "roles": {"coding": ["instant"], "reasoning": ["instant"]}, "budget": dict(budget)}
    return Router(build(Layers.of(settings, plugins.sections)), plugins, home=Home(folder))


if __name__ == "__main__":
    main()

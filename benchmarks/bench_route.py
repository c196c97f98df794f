"""How long a whole request takes on an instant provider, with its trace kept: one after another, and 100 at once."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from time import process_time
from types import SimpleNamespace

from measure import Report, arguments, medians

from aurarouter_core import Home, Plugins, Router, Task, hotpath
from aurarouter_core.structure import build
from aurarouter_hooks import Model, Prompt, Provider, Reply, Usage, hookimpl

PROMPT = (
    "Write a Python function that reads a CSV file of orders, groups them by customer, and returns the three customers "
    "with the largest total. Keep it short, and explain the tricky parts in one line each."
)
SETTINGS = {"models": {"instant": {"provider": "instant"}}, "roles": {"coding": ["instant"], "reasoning": ["instant"]}}
REQUESTS = 100  # in one turn


class Instant(Provider):
    """Answers at once."""

    async def generate(self, prompt: Prompt) -> Reply:
        """Always the same."""
        return Reply(text="Done.", usage=Usage(input_tokens=40, output_tokens=2))


async def sequence(request: Callable[[], Awaitable[object]]) -> None:
    """One request after another."""
    for _ in range(REQUESTS):
        await request()


async def crowd(request: Callable[[], Awaitable[object]]) -> None:
    """All requests at once."""
    await asyncio.gather(*(request() for _ in range(REQUESTS)))


def main() -> None:
    title = f"Router.run on an instant provider, analyser: {hotpath.IMPLEMENTATION}"
    options = arguments(title).parse_args()
    report = Report(title, "awaiting the provider's own generate in the same run")
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
        measure(report, runner, Path(folder))
    report.finish(options.json)


def measure(report: Report, runner: asyncio.Runner, folder: Path) -> None:
    """Fill the report."""
    instant = SimpleNamespace(__name__="instant", register_providers=hookimpl(lambda: {"instant": Instant}))
    plugins = Plugins(discover=False, extra=[instant])
    router = Router(build(SETTINGS, plugins.sections), plugins, home=Home(folder))
    provider, prompt = Instant(Model(id="instant", provider="instant")), Prompt.of(PROMPT)
    direct, routed = partial(provider.generate, prompt), lambda: router.run(Task(PROMPT))
    runner.run(router.__aenter__())
    try:
        took = medians(
            {
                "direct": lambda: runner.run(sequence(direct)),
                "sequence": lambda: runner.run(sequence(routed)),
                "direct crowd": lambda: runner.run(crowd(direct)),
                "crowd": lambda: runner.run(crowd(routed)),
            },
            once=True,
        )
        before = process_time()
        runner.run(sequence(routed))
    finally:
        runner.run(router.__aexit__(None, None, None))
    spent = (process_time() - before) / REQUESTS * 1e6  # closing has written the last traces
    one, many = took["direct"] / REQUESTS * 1e6, took["direct crowd"] / REQUESTS * 1e6
    report.add("the provider itself, one after another", one, "µs", against=one)
    report.add("Router.run, one after another", took["sequence"] / REQUESTS * 1e6, "µs", against=one, budget="150 µs")
    report.add(f"the provider itself, {REQUESTS} at once", many, "µs", against=many)
    report.add(f"Router.run, {REQUESTS} at once", took["crowd"] / REQUESTS * 1e6, "µs", against=many, budget="150 µs")
    report.add("processor time of a request, its trace written", spent, "µs")
    kept, dropped = len(router.store.latest(10**6)), router.store.dropped
    report.add("traces kept", kept, "")
    report.add("traces dropped", dropped, "")


if __name__ == "__main__":
    main()

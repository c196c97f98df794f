"""How long a whole request takes on an instant provider, with its trace kept: one after another, and 100 at once."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter, process_time, sleep
from types import SimpleNamespace

from measure import Report, arguments

from aurarouter_core import Home, Plugins, Router, Task, hotpath
from aurarouter_core.layers import Layers
from aurarouter_core.structure import build
from aurarouter_hooks import Model, Prompt, Provider, Reply, Usage, hookimpl

PROMPT = (
    "Write a Python function that reads a CSV file of orders, groups them by customer, and returns the three customers "
    "with the largest total. Keep it short, and explain the tricky parts in one line each."
)
SETTINGS = {"models": {"instant": {"provider": "instant"}}, "roles": {"coding": ["instant"], "reasoning": ["instant"]}}
REQUESTS, TURNS = 100, 31  # requests in one turn
PAUSE = 0.3  # seconds before a turn in which the store's thread writes what it still has: an idle router's state

Request = Callable[[], Awaitable[object]]
Order = Callable[[Request], Coroutine[object, object, None]]


class Instant(Provider):
    """Answers at once."""

    async def generate(self, prompt: Prompt) -> Reply:
        """Always the same."""
        return Reply(text="Done.", usage=Usage(input_tokens=40, output_tokens=2))


async def sequence(request: Request) -> None:
    """One request after another."""
    for _ in range(REQUESTS):
        await request()


async def crowd(request: Request) -> None:
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
    router = Router(build(Layers.of(SETTINGS, plugins.sections)), plugins, home=Home(folder))
    provider, prompt = Instant(Model(id="instant", provider="instant")), Prompt.of(PROMPT)
    direct, routed = partial(provider.generate, prompt), lambda: router.run(Task(PROMPT))

    def turn(order: Order, request: Request) -> Callable[[], None]:
        return lambda: runner.run(order(request))

    runner.run(router.__aenter__())
    try:
        paced = per_request(lambda: sleep(PAUSE), direct=turn(sequence, direct), routed=turn(sequence, routed))
        saturated = per_request(lambda: None, routed=turn(sequence, routed))
        at_once = per_request(lambda: sleep(PAUSE), direct=turn(crowd, direct), routed=turn(crowd, routed))
        sleep(PAUSE)
        before = process_time()
        for _ in range(TURNS):
            runner.run(sequence(routed))
    finally:
        runner.run(router.__aexit__(None, None, None))
    spent = (process_time() - before) / (TURNS * REQUESTS) * 1e6  # closing has written the last traces
    one, many = paced["direct"], at_once["direct"]
    report.add("the provider itself, one after another", one, "µs", against=one)
    report.add("Router.run, one after another", paced["routed"], "µs", against=one, budget="150 µs")
    report.add("Router.run, and no pause for the store", saturated["routed"], "µs", against=one)
    report.add(f"the provider itself, {REQUESTS} at once", many, "µs", against=many)
    report.add(f"Router.run, {REQUESTS} at once", at_once["routed"], "µs", against=many, budget="150 µs")
    report.add("processor time of a request, its trace written", spent, "µs", against=one)
    report.add("traces kept", len(router.store.latest(10**6)), "")
    report.add("traces dropped", router.store.dropped, "")


def per_request(pause: Callable[[], None], **turns: Callable[[], None]) -> dict[str, float]:
    """Microseconds of one request; the kinds take turns, each after a pause and a turn that are not counted."""
    spent: dict[str, list[float]] = {name: [] for name in turns}
    for _ in range(TURNS):
        for name, turn in turns.items():
            pause()
            turn()  # a processor that slept is slow at first
            began = perf_counter()
            turn()
            spent[name].append((perf_counter() - began) / REQUESTS * 1e6)
    return {name: median(times) for name, times in spent.items()}


if __name__ == "__main__":
    main()

"""What counting for Prometheus adds to a request: two routers take turns, one of them with the plugin `telemetry`."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from random import sample
from statistics import median
from time import perf_counter
from types import SimpleNamespace

from bench_route import SETTINGS, Instant
from measure import Report, arguments, medians

from aurarouter_core import Home, Plugins, Router, Task
from aurarouter_core.layers import Layers
from aurarouter_core.structure import build
from aurarouter_hooks import Trace, hookimpl
from aurarouter_telemetry import Telemetry
from aurarouter_telemetry.metrics import Metrics

REQUESTS, TURNS = 5, 1001


def router(folder: Path, *brought: object) -> Router:
    """A router on an instant provider."""
    instant = SimpleNamespace(__name__="instant", register_providers=hookimpl(lambda: {"instant": Instant}))
    plugins = Plugins(discover=False, extra=[instant, *brought])
    return Router(build(Layers.of(SETTINGS, plugins.sections)), plugins, home=Home(folder))


def main() -> None:
    title = "One request, with and without metrics for Prometheus"
    options = arguments(title).parse_args()
    report = Report(title, "the same request without the plugin, turn by turn")
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(report, Path(folder)))
    report.finish(options.json)


async def measure(report: Report, folder: Path) -> None:
    """Fill the report."""
    kernels = {
        "without": router(folder / "without"),
        "again": router(folder / "again"),  # the same once more: how far two that are equal lie apart
        "with": router(folder / "with", Telemetry()),
    }
    async with AsyncExitStack() as running:
        for kernel in kernels.values():
            await running.enter_async_context(kernel)
        counting = kernels["with"]
        trace: Trace = (await counting.run(Task("hello"))).trace
        spent: dict[str, list[float]] = {name: [] for name in kernels}
        for _ in range(TURNS):
            for name, kernel in sample(list(kernels.items()), len(kernels)):
                began = perf_counter()
                for _ in range(REQUESTS):
                    await kernel.run(Task("hello"))
                spent[name].append((perf_counter() - began) / REQUESTS * 1e6)
        (text,) = counting.call_hook("telemetry_metrics")
    base = median(spent["without"])
    added = {
        name: median(after - before for before, after in zip(spent["without"], spent[name], strict=True))
        for name in ("again", "with")
    }
    metrics = Metrics()
    tell = {"see": lambda: metrics.see(trace), "hook": lambda: counting.plugins.task_finished(trace)}
    alone = medians({**tell, "text": metrics.text}, of=min)
    report.add("a request without the plugin", base, "µs", against=base)
    report.add("between two without it: median of paired differences", added["again"], "µs", against=base)
    report.add("added by it: median of paired differences", added["with"], "µs", against=base, budget="10 µs")
    report.add("telling the plugin of one trace, least", alone["hook"] * 1e6, "µs", against=base, budget="10 µs")
    report.add("counting one trace, least", alone["see"] * 1e6, "µs", against=base)
    report.add("making the page, least", alone["text"] * 1e6, "µs", against=base)
    report.add("bytes of the page", len(text), "")


if __name__ == "__main__":
    main()

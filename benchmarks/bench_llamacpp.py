"""How fast a model in this process answers: through the router, by its provider alone, by llama-cpp-python's `Llama`.

All three have the same file, prompt, context and threads, and take turns; each prompt begins anew, so that nobody is
helped by what its context remembers. With `--threads`, also what one and two threads are worth beside a busy neighbour.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, aclosing, redirect_stderr
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

from measure import Report, arguments

from aurarouter_core import Home, Plugins, Router, Task, assets
from aurarouter_core.asset_settings import AssetEntry
from aurarouter_core.layers import Layers
from aurarouter_core.sources import EMBEDDED
from aurarouter_core.structure import build
from aurarouter_hooks import Delta, Message, Model, Prompt
from aurarouter_llamacpp.provider import LlamaCppProvider

TOKENS, CONTEXT = 48, 1024
SETTINGS = {"max_tokens": TOKENS, "temperature": 0.0}
ROUNDS, ROUNDS_OF_THREADS = 15, 3
TITLE = "SmolLM2-135M (Q4_1) in this process"
BUSY = "while True: pass"

Clocks = tuple[float, float]
Timed = tuple[float, float, float, float]
Ask = Callable[[str], Timed]


def question(number: int) -> str:
    """A prompt of about 60 tokens that nothing is remembered of, and that has a long answer."""
    return f"{number} is the number of this list. Count from one to one hundred in words, one word in each line. " * 2


def clocks() -> Clocks:
    """The time, and this process's own processor time: what neighbours on a busy machine change less."""
    return perf_counter(), process_time()


def timed(began: Clocks, moments: list[Clocks]) -> Timed:
    """By both clocks: seconds until the first piece, and pieces in a second from then on."""
    first, last, more = moments[0], moments[-1], len(moments) - 1
    return first[0] - began[0], more / (last[0] - first[0]), first[1] - began[1], more / (last[1] - first[1])


def plain_llama(path: Path, threads: int) -> Ask:
    """llama-cpp-python as its own documentation uses it, but for buffer types that crash on processors with AMX."""
    import llama_cpp
    import llama_cpp.llama_cpp as library

    defaults: Any = library.llama_model_default_params

    def without_extras() -> Any:
        params = defaults()
        params.use_extra_bufts = False
        return params

    vars(library)["llama_model_default_params"] = without_extras
    with Path(os.devnull).open("w") as nothing, redirect_stderr(nothing):
        llama: Any = llama_cpp.Llama(
            os.fspath(path), n_ctx=CONTEXT, n_threads=threads, n_threads_batch=threads, verbose=False
        )

    def ask(text: str) -> Timed:
        began = clocks()
        pieces = llama.create_chat_completion([{"role": "user", "content": text}], stream=True, **SETTINGS)
        return timed(began, [clocks() for piece in pieces if piece["choices"][0]["delta"].get("content")])

    return ask


def of_stream(runner: asyncio.Runner, stream: Callable[[str], AsyncIterator[Any]]) -> Ask:
    """The same of an asynchronous stream of pieces."""

    async def moments(text: str) -> list[Clocks]:
        return [clocks() async for piece in stream(text) if piece]

    def ask(text: str) -> Timed:
        began = clocks()
        return timed(began, runner.run(moments(text)))

    return ask


def provider_stream(provider: LlamaCppProvider) -> Callable[[str], AsyncIterator[str]]:
    """The provider's pieces."""

    async def stream(text: str) -> AsyncIterator[str]:
        async for chunk in provider.stream(Prompt(messages=(Message("user", text),), parameters=SETTINGS)):
            yield chunk.text

    return stream


def router_stream(router: Router) -> Callable[[str], AsyncIterator[str]]:
    """The router's pieces, its trace kept."""

    async def stream(text: str) -> AsyncIterator[str]:
        async with aclosing(router.stream(Task(text, model="small", mode="direct"))) as events:
            async for event in events:
                yield event.chunk.text if isinstance(event, Delta) else ""

    return stream


def provider_of(path: Path, threads: int) -> LlamaCppProvider:
    """A provider with the benchmark's settings."""
    options = {"n_ctx": CONTEXT, "n_threads": threads}
    return LlamaCppProvider(Model(id="small", provider="llamacpp", model_path=path, options=options))


def main() -> None:
    parser = arguments(TITLE)
    parser.add_argument("--threads", action="store_true", help="compare one and two threads, alone and not")
    options = parser.parse_args()
    spec = assets.spec_of(AssetEntry(**EMBEDDED["models"]["smollm2"]["asset"]))
    path = assets.on_disk(spec, Home.of().models)
    if path is None:
        sys.exit("The model is not here. Fetch it: aurarouter model pull smollm2")
    yardstick = "one thread" if options.threads else "llama-cpp-python's Llama.create_chat_completion, one thread"
    report = Report(TITLE, f"{yardstick}, in the same run")
    with asyncio.Runner() as runner:
        if options.threads:
            measure_threads(report, runner, path)
        else:
            measure(report, runner, path)
    report.finish(options.json)


def measure(report: Report, runner: asyncio.Runner, path: Path) -> None:
    """Router, provider and `Llama`, in turns."""
    plugins = Plugins()
    entry = {"provider": "llamacpp", "model_path": str(path), "parameters": SETTINGS}
    entry["options"] = {"n_ctx": CONTEXT, "n_threads": 1}
    settings = {"models": {"small": entry}, "roles": {"coding": ["small"]}}
    provider = provider_of(path, 1)
    with tempfile.TemporaryDirectory() as folder:
        router = Router(build(Layers.of(settings, plugins.sections)), plugins, home=Home(Path(folder)))
        runner.run(router.__aenter__())
        try:
            ways = {
                "Llama": plain_llama(path, 1),
                "provider": of_stream(runner, provider_stream(provider)),
                "router": of_stream(runner, router_stream(router)),
            }
            found = rounds(ways, ROUNDS)
        finally:
            runner.run(router.__aexit__(None, None, None))
            runner.run(provider.aclose())
    names = {"Llama": "llama-cpp-python's Llama", "provider": "the provider itself", "router": "Router.stream"}
    rows: tuple[tuple[str, str, int], ...] = (("first token", "ms", 1000), ("tokens in a second", "/s", 1))
    rows += (("processor time until the first token", "ms", 1000), ("tokens in a second of processor time", "/s", 1))
    for column, (what, unit, scale) in enumerate(rows):
        for way, name in names.items():
            report.add(f"{what}, {name}", found[way][column] * scale, unit, against=found["Llama"][column] * scale)


def measure_threads(report: Report, runner: asyncio.Runner, path: Path) -> None:
    """One thread and two, alone and beside a process that is busy all the time."""
    for busy in (False, True):
        with ExitStack() as stack:
            if busy:
                neighbour = subprocess.Popen([sys.executable, "-c", BUSY])
                stack.callback(neighbour.wait)
                stack.callback(neighbour.kill)
            providers = {str(threads): provider_of(path, threads) for threads in (1, 2)}
            ways = {name: of_stream(runner, provider_stream(one)) for name, one in providers.items()}
            found = rounds(ways, ROUNDS_OF_THREADS)
            for provider in providers.values():
                runner.run(provider.aclose())
        beside = "beside a busy process" if busy else "alone"
        for threads in providers:
            name, (first, rate, *_) = f"{threads} threads, {beside}", found[threads]
            report.add(f"first token, {name}", first * 1000, "ms", against=found["1"][0] * 1000)
            report.add(f"tokens in a second, {name}", rate, "/s", against=found["1"][1])


def rounds(ways: dict[str, Ask], count: int) -> dict[str, list[float]]:
    """Medians of what `timed` tells."""
    seen: dict[str, list[Timed]] = {way: [] for way in ways}
    for ask in ways.values():
        ask(question(0))  # loads it
    for number in range(1, count + 1):
        for way, ask in ways.items():
            seen[way].append(ask(question(number)))
    return {way: [median(column) for column in zip(*found, strict=True)] for way, found in seen.items()}


if __name__ == "__main__":
    main()

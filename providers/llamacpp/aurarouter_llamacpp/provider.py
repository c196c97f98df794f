"""The provider: a queue in front of one model. The native library is loaded with the first prompt."""

import asyncio
import importlib
import os
import sys
import threading
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Future
from contextlib import aclosing, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from aurarouter_hooks import (
    Capabilities,
    Chunk,
    ConfigError,
    Health,
    Location,
    Model,
    Prompt,
    Provider,
    ProviderUnavailableError,
    Reply,
)
from aurarouter_llamacpp.probe import check
from aurarouter_llamacpp.request import messages, sampling
from aurarouter_llamacpp.worker import Handover, StopFlag, Worker

if TYPE_CHECKING:
    from aurarouter_llamacpp.engine import Engine

T = TypeVar("T")

_INSTALL = (
    "Install it with `pip install 'llama-cpp-python>=0.3.36,<0.4'`, which needs a C++ compiler; "
    "or use a provider that needs none: llamacpp-server, ollama."
)


@dataclass(frozen=True)
class Options:
    """What the user may set under the model's options.

    Attributes:
        n_ctx: Tokens of context; None for what the model was trained for, 4096 at most.
        n_threads: Threads that calculate; None for all cores but one.
        gpu_layers: Layers for the GPU, -1 for all; None for all where llama.cpp has GPU support.
        seed: For repeatable answers of prompts that bring no seed of their own; None for random ones.
    """

    n_ctx: int | None = None
    n_threads: int | None = None
    gpu_layers: int | None = None
    seed: int | None = None

    @classmethod
    def of(cls, model: Model) -> "Options":
        """Read a model's options.

        Raises:
            ConfigError: A name is unknown or a value can't be used; all problems at once.
        """
        least = {"n_ctx": 1, "n_threads": 1, "gpu_layers": -1, "seed": 0}
        problems = []
        for name, value in model.options.items():
            if name not in least:
                problems.append(f"models.{model.id}.{name}: unknown option; llamacpp knows {', '.join(least)}")
            elif value is not None and (type(value) is not int or value < least[name]):
                problems.append(f"models.{model.id}.{name}: must be a whole number of at least {least[name]}")
        if problems:
            raise ConfigError("; ".join(problems), problems=problems, hint="Correct the model's options.")
        return cls(**model.options)


class LlamaCppProvider(Provider):
    """A model in this process. One thread does all of its work, a prompt at a time, in the order of asking."""

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        self._options = Options.of(model)
        self._health = Health(state="cold")
        if model.model_path is None:
            self._health = Health(
                state="misconfigured",
                detail="no model_path is configured",
                hint=f"Give models.{model.id} a model_path or an asset.",
            )
        self._engine: Engine | None = None
        self._worker: Worker | None = None
        self._closed = StopFlag()
        self._streams: set[Handover[Chunk]] = set()
        self._starting = threading.Lock()

    async def generate(self, prompt: Prompt) -> Reply:
        """The whole answer; see `stream`."""
        async with aclosing(self.stream(prompt)) as chunks:
            return Reply.from_chunks([chunk async for chunk in chunks])

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Chunk, None]:
        """The answer, a chunk for each token. Closing it early stops the model at once.

        Raises:
            ProviderUnavailableError: llama.cpp or the model can't be loaded, or the provider was closed.
            ProviderReplyError: The prompt is too long, holds more than text, or wishes something impossible.
        """
        said, wish = messages(prompt), sampling(prompt, self._options.seed)
        handover = Handover[Chunk]()

        def answer() -> None:
            engine = self._ready()
            with closing(engine.answer(engine.tokens(said), wish, handover.stop)) as chunks:
                for chunk in chunks:
                    handover.put(chunk)

        self._streams.add(handover)
        try:
            async with aclosing(handover.read(self._submit(answer))) as chunks:
                async for chunk in chunks:
                    yield chunk
        finally:
            self._streams.discard(handover)

    async def count_tokens(self, prompt: Prompt) -> int:
        """Tokens of the prompt in the model's own chat format. Loads the model."""
        said = messages(prompt)
        return await asyncio.wrap_future(self._submit(lambda: len(self._ready().tokens(said))))

    async def load(self) -> None:
        """Load the model now instead of with the first prompt."""
        await asyncio.wrap_future(self._submit(self._ready))

    async def unload(self) -> None:
        """Free the model's memory, after the prompts that were asked before."""
        if self._worker:
            await asyncio.wrap_future(self._submit(self._drop))

    async def aclose(self) -> None:
        """Stop the running prompt, refuse the waiting ones, free the memory, end the thread."""
        with self._starting:
            self._closed.set()
            worker, self._worker = self._worker, None
        if worker:
            worker.stop()
            await worker.join()

    async def health(self) -> Health:
        """Cold, loading with progress, healthy, misconfigured (no file), or down (the last try to load failed)."""
        return self._health

    async def where(self) -> Location:
        """Inside this very process."""
        return Location(kind="process")

    def capabilities(self) -> Capabilities:
        """It streams and keeps to schemas; it calls no tools. The context is known once the model is loaded."""
        length = self._engine.context_length if self._engine else self._options.n_ctx
        return Capabilities(names=frozenset({"stream", "json_schema"}), context_length=length)

    def _submit(self, work: Callable[[], T]) -> Future[T]:
        with self._starting:
            if self._closed:
                raise ProviderUnavailableError("the model is closed")
            if self._worker is None:
                name = f"llamacpp-{self.model.id}"
                self._worker = Worker(name, interrupt=self._interrupt, at_end=self._drop)
            return self._worker.submit(work)

    def _interrupt(self) -> None:
        self._closed.set()
        for handover in tuple(self._streams):
            handover.close()

    # From here on: on the worker's thread only.

    def _ready(self) -> "Engine":
        if self._engine is None:
            path = self.model.model_path
            if path is None or not path.is_file():
                what = f"there is no model file at {path}" if path else "no model_path is configured"
                self._health = Health(state="misconfigured", detail=what)
                hint = "`aurarouter model list` shows the files that are there; `aurarouter model pull` fetches one."
                raise ProviderUnavailableError(what, hint=hint)
            self._progress(0.0)
            try:
                self._engine = self._open(path)
            except ProviderUnavailableError as exc:
                self._health = Health(state="down", detail=str(exc))
                raise
            self._health = Health(state="healthy")
        return self._engine

    def _open(self, path: Path) -> "Engine":
        try:
            check(path, self._options.gpu_layers, self.model.workdir, self._closed)
            engine = importlib.import_module("aurarouter_llamacpp.engine")
        except (ImportError, OSError, RuntimeError, AttributeError) as exc:
            raise ProviderUnavailableError(f"llama.cpp can't be used: {exc}", hint=_INSTALL) from exc
        opened: Engine = engine.Engine(
            path,
            n_ctx=self._options.n_ctx,
            n_threads=self._options.n_threads or _spare_cores(),
            gpu_layers=self._options.gpu_layers,
            progress=self._progress,
        )
        return opened

    def _progress(self, done: float) -> bool:
        self._health = Health(state="loading", progress=done)
        return not self._closed

    def _drop(self) -> None:
        if self._engine:
            self._engine.close()
            self._engine = None
            self._health = Health(state="cold")


def _spare_cores() -> int:
    """All cores that this process may use but one.

    llama.cpp's threads wait for each other in a busy loop: where a neighbour takes the core of one, all stand still,
    and a small model answers many times slower than with a thread less.
    """
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return max(1, cores - 1)

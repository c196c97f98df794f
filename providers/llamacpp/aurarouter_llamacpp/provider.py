"""The provider: a queue in front of one model. The native library is loaded with the first prompt."""

import asyncio
import importlib
import threading
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Future
from contextlib import aclosing, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from aurarouter_hooks import (
    Capabilities,
    Chunk,
    Embeddings,
    EmbedRequest,
    Health,
    Location,
    Model,
    Prompt,
    Provider,
    ProviderReplyError,
    ProviderUnavailableError,
    Reply,
    Residency,
    Usage,
)
from aurarouter_llamacpp.options import USUAL_CONTEXT, Options
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
        self._streams: set[Handover[Any]] = set()
        self._jobs: set[Future[Any]] = set()
        self._starting = threading.Lock()

    @classmethod
    def residency(cls, model: Model) -> Residency:
        """All of it in this process: the weights, mapped in, and one context."""
        return Residency(context=Options.of(model).context(model.header) or USUAL_CONTEXT)

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
            with closing(engine.answer(engine.vocabulary.tokens(said), wish, handover.stop)) as chunks:
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
        return await asyncio.wrap_future(self._submit(lambda: len(self._ready().vocabulary.tokens(said))))

    async def embed(self, request: EmbedRequest) -> Embeddings | None:
        """The mean of what the model made of each token, for each text; None without the option `embed`. Loads it.

        Raises:
            ProviderReplyError: A text is empty or too long, or vectors of another length are asked for.
        """
        if not self._options.embed:
            return None
        handover = Handover[tuple[int, list[float]]](room=len(request.texts) or 1)

        def work() -> None:
            engine = self._ready()
            if request.dimensions not in {None, engine.width}:
                raise ProviderReplyError(
                    f"the model's vectors have {engine.width} numbers, not {request.dimensions}",
                    refused=True,
                    hint="Ask for no number of dimensions, or use a model that can be cut.",
                )
            for text in request.texts:
                tokens = engine.vocabulary.tokens_of(text)
                handover.put((len(tokens), engine.vector(tokens, handover.stop, normalise=self._options.normalise)))

        self._streams.add(handover)
        try:
            async with aclosing(handover.read(self._submit(work))) as found:
                pairs = [pair async for pair in found]
        finally:
            self._streams.discard(handover)
        usage = Usage(input_tokens=sum(count for count, _ in pairs))
        return Embeddings(vectors=[vector for _, vector in pairs], usage=usage, model_name=self.model.name)

    async def load(self) -> None:
        """Load the model now instead of with the first prompt."""
        await asyncio.wrap_future(self._submit(self._ready))

    async def unload(self) -> None:
        """Free the model's memory, after the prompts that were asked before."""
        if self._worker:
            await asyncio.wrap_future(self._submit(self._drop))

    def loaded(self) -> bool:
        """It is loaded, or work is queued that would load it."""
        return self._engine is not None or bool(self._jobs)

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
        """It streams and keeps to schemas; it calls no tools. The context is known from the file's header."""
        engine = self._engine
        length = engine.context_length if engine else self._options.context(self.model.header)
        names = {"stream", "json_schema", *(["embed"] if self._options.embed else [])}
        return Capabilities(names=frozenset(names), context_length=length)

    def _submit(self, work: Callable[[], T]) -> Future[T]:
        with self._starting:
            if self._closed:
                raise ProviderUnavailableError("the model is closed")
            if self._worker is None:
                name = f"llamacpp-{self.model.id}"
                self._worker = Worker(name, interrupt=self._interrupt, at_end=self._drop)
            job = self._worker.submit(work)
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)
        return job

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
                raise ProviderUnavailableError(what, hint=hint, lasting=True)
            self._progress(0.0)
            try:
                self._engine = self._open(path)
            except ProviderUnavailableError as exc:
                self._health = Health(state="down", detail=str(exc))
                raise
            self._health = Health(state="healthy", detail=self._engine.remark)
        return self._engine

    def _open(self, path: Path) -> "Engine":
        try:
            check(path, self._options.gpu_layers, self.model.workdir, self._closed)
            engine = importlib.import_module("aurarouter_llamacpp.engine")
        except (ImportError, OSError, RuntimeError, AttributeError) as exc:
            raise ProviderUnavailableError(f"llama.cpp can't be used: {exc}", hint=_INSTALL, lasting=True) from exc
        opened: Engine = engine.Engine(
            path,
            n_ctx=self._options.n_ctx,
            n_threads=self._options.threads,
            gpu_layers=self._options.gpu_layers,
            progress=self._progress,
        )
        return opened

    def _progress(self, done: float) -> bool:
        self._health = Health(state="loading", detail=f"{done * 100:.0f} %", progress=done)
        return not self._closed

    def _drop(self) -> None:
        if self._engine:
            self._engine.close()
            self._engine = None
            self._health = Health(state="cold")

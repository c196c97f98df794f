"""A server of our own: started with the first prompt, ended with us, started again after a crash."""

from __future__ import annotations

import asyncio
import re
import secrets
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from attrs import evolve, frozen

from aurarouter_hooks import Health, Location, Model, Prompt, ProviderError, ProviderUnavailableError
from aurarouter_hooks.http import Backend
from aurarouter_llamacpp_server.child import Child, end, listens, resident
from aurarouter_llamacpp_server.command import command, environment
from aurarouter_llamacpp_server.endpoint import backend_of, facts_of, health_at
from aurarouter_llamacpp_server.facts import Facts
from aurarouter_llamacpp_server.logfile import LogFile
from aurarouter_llamacpp_server.options import Options

HERE = Location(kind="loopback", host="127.0.0.1", addresses=("127.0.0.1",))
STEADY = 60.0  # seconds; who ran for so long starts with a clean slate after a crash
LONGEST_WAIT = 60.0  # seconds between two starts, however often it crashed
_LOOK = 0.1  # seconds between two looks at a server that loads
_LAG = 2.0  # seconds that a process may take to be seen as ended after its connections broke
PLAIN = Prompt(messages=(), private=True, location=HERE)  # private: no proxy stands between us and our own child
_KILLED = 9  # SIGKILL, which Windows has no name for
_CRASHED = {"SIGILL", "SIGSEGV", "SIGBUS", "SIGFPE"}


@frozen
class _Running:
    child: Child
    backend: Backend
    since: float


class Owned:
    """One server process for one model. Nothing here is shared with other models.

    A start is not cut short by the prompt that asked for it: the next one finds it further on.
    """

    def __init__(self, model: Model, options: Options) -> None:
        self._model, self._options = model, options
        self._child: Child | None = None
        self._running: _Running | None = None
        self._start: asyncio.Task[_Running] | None = None
        self._stopping = False
        self._crashes = 0
        self._not_before = 0.0
        self._last: ProviderUnavailableError | None = None  # why the last process ended, when it shouldn't have
        self.facts: Facts | None = None

    @property
    def running(self) -> bool:
        """Loaded, and not known to have ended."""
        return self._running is not None and not self._running.child.ended.done()

    @property
    def alive(self) -> bool:
        """There is a process that may hold memory."""
        return self._start is not None or (self._child is not None and not self._child.ended.done())

    async def backend(self) -> Backend:
        """The running server's, once it is loaded.

        Raises:
            ProviderUnavailableError: It can't be started, can't load the file, or crashed just now.
        """
        if self._running and self._running.child.ended.done():
            await self._mourn(self._running)
        if self._running:
            return self._running.backend
        if self._start is None:
            wait = self._not_before - time.monotonic()
            if self._last and wait > 0:
                raise ProviderUnavailableError(str(self._last), retry_after=wait, hint=self._last.hint)
            line = command(self._model, self._options)
            self._stopping = False
            self._start = asyncio.create_task(self._begin(line))
            self._start.add_done_callback(self._begun)
        return (await asyncio.shield(self._start)).backend

    def addressed(self, prompt: Prompt) -> Prompt:
        """Straight to our own process; what is private already keeps the place that was checked for it."""
        return prompt if prompt.private else evolve(prompt, private=True, location=HERE)

    async def explained(self, error: ProviderError, backend: Backend) -> ProviderError:
        """Why the connection broke, when that is because the process ended."""
        if self._stopping:
            return ProviderUnavailableError("the model was stopped before its answer was complete")
        if not isinstance(error, ProviderUnavailableError) or error.__cause__ is None:
            return error  # the server said so itself, so it lives
        running = self._running
        if running and running.backend is backend:
            await asyncio.wait({asyncio.wrap_future(running.child.ended)}, timeout=_LAG)
            if not running.child.ended.done():
                return error
            if self._running is running:
                await self._mourn(running)
        return ProviderUnavailableError(str(self._last), hint=self._last.hint) if self._last else error

    async def health(self) -> Health:
        """Misconfigured, loading with progress, what the server says, down until the next start is due, else cold."""
        if self._start:
            return Health(state="loading", progress=self._progress())
        if self._running and self._running.child.ended.done():
            await self._mourn(self._running)
        if self._running:
            return await health_at(self._running.backend, PLAIN)
        try:
            command(self._model, self._options)
        except ProviderUnavailableError as exc:
            return Health(state="misconfigured", detail=str(exc), hint=exc.hint)
        if self._last is None:
            return Health(state="cold")
        said, wait = Health(detail=str(self._last), hint=self._last.hint), self._not_before - time.monotonic()
        return evolve(said, state="down", retry_in=wait) if wait > 0 else evolve(said, state="cold")

    async def where(self) -> Location:
        """On this machine: our own process, which passes nothing on. Started or not, there is no other place."""
        return HERE

    async def stop(self) -> None:
        """End the process, and what waits for it. The next prompt starts another."""
        self._stopping = True
        if self._child:
            self._child.kill()
        if self._start:
            await asyncio.wait({self._start})
        running, self._running = self._running, None
        if running:
            await self._buried(running)
        self._crashes, self._not_before, self._last = 0, 0.0, None

    async def _begin(self, line: Sequence[str]) -> _Running:
        if self._stopping:
            raise ProviderUnavailableError("the model was stopped before it was started")
        model, key = self._model, secrets.token_urlsafe(32)
        self._child = child = Child(line, environment(key), LogFile(_log_path(model)))
        backend: Backend | None = None
        try:
            async with asyncio.timeout(self._options.load_timeout):
                port = await asyncio.wrap_future(child.port)
                pid = child.pid
                if pid is None or (sys.platform == "linux" and not listens(pid, port)):
                    raise ProviderUnavailableError(
                        f"the server says that it listens on port {port}, and the system does not say so",
                        hint="Is another program in its place? /proc must be there, too.",
                    )
                backend = backend_of(model, f"http://127.0.0.1:{port}", key)
                while (health := await health_at(backend, PLAIN)).state != "healthy":
                    if child.ended.done() or health.state not in {"loading", "down"}:
                        raise ProviderUnavailableError(health.detail, hint=health.hint)
                    await asyncio.sleep(_LOOK)
                self.facts = await facts_of(backend, PLAIN)
                return _Running(child, backend, time.monotonic())
        except BaseException as exc:
            child.kill()
            if backend:
                await backend.aclose()
            failure = await self._failure(child, exc)
            if failure is exc:
                raise
            raise failure from exc

    async def _failure(self, child: Child, exc: BaseException) -> BaseException:
        """What a failed start is called."""
        if isinstance(exc, OSError) and not isinstance(exc, TimeoutError):
            child.join()
            return ProviderUnavailableError(f"the llama.cpp server can't be started: {exc}")
        code = await asyncio.wrap_future(child.ended)
        child.join()
        if isinstance(exc, asyncio.CancelledError):
            return exc  # the program ends: nobody is left to be told anything else
        if self._stopping:
            return ProviderUnavailableError("the model was stopped while it was loading")
        if isinstance(exc, TimeoutError):
            return ProviderUnavailableError(
                f"the llama.cpp server was not ready within {self._options.load_timeout} s",
                hint=f"{_see(child)} Or raise the option load_timeout.",
            )
        if isinstance(exc, EOFError):
            return self._ended(child, code, "before it had loaded the model")
        return exc

    def _begun(self, task: asyncio.Task[_Running]) -> None:
        self._start = None
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            self._running, self._last = task.result(), None
        elif isinstance(error, ProviderUnavailableError) and not self._stopping:
            self._count(error)

    async def _mourn(self, running: _Running) -> None:
        """Note that a process ended by itself."""
        self._running = None
        if time.monotonic() - running.since > STEADY:
            self._crashes = 0
        self._count(self._ended(running.child, running.child.ended.result(), "while it was in use"))
        await self._buried(running)

    async def _buried(self, running: _Running) -> None:
        running.child.kill()
        await asyncio.wrap_future(running.child.ended)
        running.child.join()
        await running.backend.aclose()

    def _count(self, error: ProviderUnavailableError) -> None:
        """The first crash costs no wait; then 1 s, 2 s, 4 s …"""
        self._last = error
        wait = 2.0 ** (self._crashes - 1) if self._crashes else 0.0
        self._crashes = min(self._crashes + 1, 16)
        self._not_before = time.monotonic() + min(wait, LONGEST_WAIT)

    def _ended(self, child: Child, code: int, when: str) -> ProviderUnavailableError:
        how, hint, words = end(code), _see(child), ""
        if code == -_KILLED:
            hint += " Somebody ended it, or the machine ran out of memory."
        else:
            words = child.last_words()
        if how.rpartition(" ")[2] in _CRASHED:
            hint += " It may be built for another processor: try another build."
        return ProviderUnavailableError(
            f"the llama.cpp server {how} {when}{f': {words}' if words else ''}", hint=hint.strip()
        )

    def _progress(self) -> float | None:
        """How much of the file is in memory: what there is to see of a server that loads."""
        pid, path = self._child and self._child.pid, self._model.model_path
        held = resident(pid) if pid else None
        if held is None or path is None:
            return None
        return min(held / max(path.stat().st_size, 1), 0.99)


def _see(child: Child) -> str:
    return f"Its log is {child.log.path}." if child.log.path and child.log.path.exists() else ""


def _log_path(model: Model) -> Path | None:
    """A file of the model's own; an id may hold what a file's name can't."""
    return model.workdir / f"{re.sub(r'[^A-Za-z0-9._-]', '_', model.id)}.log" if model.workdir else None

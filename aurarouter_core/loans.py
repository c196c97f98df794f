"""Open providers, lent to tasks: each is closed once, when it is no longer wanted and its last user is done."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from types import TracebackType

from attrs import Factory, define, frozen

from aurarouter_core.config import ModelEntry
from aurarouter_core.failure_state import FailureState
from aurarouter_core.line import Line
from aurarouter_core.memory import Memory, Place, Tenant
from aurarouter_core.references import Key
from aurarouter_core.rotation import KEY_AT_FAULT, Rotation, Turn
from aurarouter_hooks import Model, Noted, Progress, Provider, ProviderTimeoutError

log = logging.getLogger(__name__)


class OpenProviders:
    """Every provider that was made and is not closed yet.

    Args:
        memory: Is told when one that holds a model is closed.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._open: set[Opened] = set()
        self._closing: set[asyncio.Future[None]] = set()

    def add(self, provider: Provider, path: Path | None, *, retired: bool = False) -> Opened:
        """Take care of a provider."""
        opened = Opened(self, provider, path, retired=retired)
        self._open.add(opened)
        return opened

    def close(self, opened: Opened) -> None:
        """Begin to close a provider, whoever uses it; once is enough."""
        if opened.is_open:
            opened.is_open = False
            self._open.remove(opened)
            closing = asyncio.ensure_future(self._close(opened))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def aclose(self) -> None:
        """Close all of them; one that fails to close does not keep the others open."""
        for opened in list(self._open):
            self.close(opened)
        await asyncio.gather(*self._closing)

    async def _close(self, opened: Opened) -> None:
        await _close(opened.provider)
        if opened.tenant is not None:
            self._memory.gone(opened.tenant)


@define(eq=False)
class Opened:
    """An open provider, the file that it was made for, and how many use it now.

    Attributes:
        retired: It is closed when its last user is done.
        is_open: It is not being closed yet.
        tenant: Its claim on memory; None when it holds no model here.
    """

    _all: OpenProviders
    provider: Provider
    path: Path | None
    users: int = 0
    retired: bool = False
    is_open: bool = True
    tenant: Tenant | None = None

    def discard(self) -> None:
        """Close it now; whoever wants it next gets another."""
        self._all.close(self)

    def retire(self) -> None:
        """It is not wanted any more."""
        self.retired = True
        self._settle()

    def give_back(self) -> None:
        """One user is done."""
        self.users -= 1
        self._settle()

    def _settle(self) -> None:
        if self.retired and not self.users:
            self._all.close(self)


@define(eq=False)
class Shelf:
    """One model as one configuration has it, with a provider for each of its keys that was used.

    Attributes:
        in_force: That configuration is the one that new tasks get. If not, nothing stays open unused.
        line: Its places.
        failure: Its failure state.
        keys: Its keys; None until they are looked up.
    """

    model: Model
    entry: ModelEntry
    in_force: bool
    line: Line
    failure: FailureState
    keys: Rotation | None = None
    opened: dict[Key, Opened] = Factory(dict)

    @property
    def in_use(self) -> bool:
        """Somebody has one of its providers."""
        return any(opened.users and opened.is_open for opened in self.opened.values())

    def found(self, keys: Rotation) -> None:
        """These are its keys: providers with others are not wanted any more."""
        self.keys = keys
        for key in set(self.opened).difference(keys.keys):
            self.opened.pop(key).retire()

    def lend(self, key: Key, path: Path | None) -> Opened | None:
        """The open provider for a key and a file; None when there is none."""
        opened = self.opened.get(key)
        if opened is None or (opened.path == path and opened.is_open):
            return opened
        self.opened.pop(key).retire()
        return None

    def renewed(self, failure: FailureState) -> Shelf:
        """The same in force and with its keys to be looked up again. What is open goes along."""
        for opened in self.opened.values():
            opened.retired = False
        shelf = Shelf(self.model, self.entry, True, self.line, failure, opened=self.opened)
        self.opened = {}
        return shelf

    def retire(self) -> None:
        """Another configuration is in force."""
        self.in_force = False
        for opened in self.opened.values():
            opened.retire()


class Shelves:
    """All shelves: several of one model while a task still runs on a configuration that is no longer in force.

    Args:
        in_force: Says whether new tasks get a model like this.
        failure: Gives the failure state of a model; the flag says whether it is in force.
    """

    def __init__(
        self,
        in_force: Callable[[Model, ModelEntry], bool],
        failure: Callable[[str, ModelEntry, bool], FailureState],
    ) -> None:
        self._in_force = in_force
        self._failure = failure
        self._of: dict[str, list[Shelf]] = {}

    def find(self, model: Model, entry: ModelEntry) -> Shelf:
        """The shelf of a model as a task has it."""
        shelves = self._of.setdefault(model.id, [])
        for shelf in shelves:
            if shelf.model is model and shelf.entry is entry:
                return shelf
        for shelf in shelves:
            if shelf.model == model and shelf.entry == entry:
                shelf.model, shelf.entry = model, entry  # found more quickly the next time
                return shelf
        line, in_force = Line(entry.max_concurrency, entry.max_queue), self._in_force(model, entry)
        shelves.append(Shelf(model, entry, in_force, line, self._failure(model.id, entry, in_force)))
        return shelves[-1]

    def done(self, shelf: Shelf) -> None:
        """A loan has ended: a shelf that nobody will come back to goes."""
        if not shelf.in_force and not shelf.in_use:
            self._of[shelf.model.id] = [other for other in self._of.get(shelf.model.id, ()) if other is not shelf]

    def renew(self) -> set[str]:
        """Another configuration is in force; the ids of models that it has otherwise, or not at all."""
        before, self._of = self._of, {}
        changed: set[str] = set()
        for name, shelves in before.items():
            for shelf in shelves:
                if self._in_force(shelf.model, shelf.entry):
                    self._of.setdefault(name, []).append(shelf.renewed(self._failure(name, shelf.entry, True)))
                    continue
                changed.add(name)
                shelf.retire()
                if shelf.in_use:
                    self._of.setdefault(name, []).append(shelf)
        return changed

    def clear(self) -> None:
        """Nothing is lent any more."""
        self._of.clear()


@frozen(eq=False)
class Taken:
    """What a loan holds: the provider, and what has to be told when it comes back."""

    shelf: Shelf
    key: Key
    opened: Opened
    ticket: int = 0


class Loan:
    """`async with` one: a provider for as long as the block lasts.

    With a turn it is an attempt: it takes one of the model's places, and what ends the block counts, for the key or
    for the model. Without, the block only looks at the provider. In the block, whoever is about to let the provider
    load a model goes through `room` first.
    """

    __slots__ = ("_line", "_memory", "_place", "_shelves", "_take", "_taken", "_turn")
    _taken: Taken

    def __init__(
        self,
        take: Callable[[], Awaitable[Taken]],
        shelves: Shelves,
        memory: Memory,
        turn: Turn | None,
        line: Line | None,
    ) -> None:
        self._take = take
        self._shelves = shelves
        self._memory = memory
        self._turn = turn
        self._line = line
        self._place: Place | None = None

    async def __aenter__(self) -> Provider:
        """Get the provider.

        Raises:
            ProviderTimeoutError: The task's deadline passed before.
            ProviderError: As `ModelPool.borrow` says.
        """
        if self._turn is None or self._turn.deadline is None:
            await self._enter()
        else:
            try:
                async with asyncio.timeout_at(self._turn.deadline) as clock:
                    await self._enter()
            except TimeoutError as error:
                if not clock.expired():
                    raise
                raise ProviderTimeoutError(
                    "the task's deadline passed while it waited for a place", after=0.0
                ) from error
        return self._taken.opened.provider

    async def _enter(self) -> None:
        if self._line is None:
            self._taken = await self._take()
            return
        await self._line.enter()
        try:
            self._taken = await self._take()
        except BaseException:
            self._line.leave()
            raise

    def answers(self) -> None:
        """The attempt's first content came."""
        self._taken.shelf.failure.answers(self._taken.ticket)

    async def room(self, until: float | None) -> AsyncGenerator[Progress | Noted]:
        """Returns once there is memory for the model; it stays reserved until the block ends. Tells what that takes.

        Args:
            until: A time of the event loop; None to wait without end.

        Raises:
            ProviderUnavailableError: There is none by then, or it needs more than is allowed at all.
        """
        tenant = self._taken.opened.tenant
        if tenant is None or self._place is not None:
            return
        began = time.monotonic()
        self._place = place = self._memory.enter(tenant)
        async with aclosing(self._memory.granted(place, until)) as waiting:
            async for progress in waiting:
                yield progress
        if place.words:
            unloaded = f", unloaded {', '.join(place.unloaded)}" if place.unloaded else ""
            yield Noted(
                name=f"memory for {tenant.model.id}", value=f"waited {time.monotonic() - began:.3f} s{unloaded}"
            )

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        taken = self._taken
        crowded = self._place is not None and not self._place.granted
        if self._place is not None:
            self._memory.leave(self._place)
        taken.opened.give_back()
        if self._line is not None:
            self._line.leave()
        try:
            if self._turn and taken.shelf.keys and isinstance(error, KEY_AT_FAULT):
                taken.shelf.keys.failed(taken.key, error, self._turn)
        except KEY_AT_FAULT as worse:
            error = worse
            raise
        finally:
            if self._turn is not None:
                self._turn.asked = self._turn.asked and not crowded
                if crowded or self._turn.spares(error):
                    taken.shelf.failure.let_go(taken.ticket)
                else:
                    taken.shelf.failure.ended(taken.ticket, error, private=self._turn.private)
            self._shelves.done(taken.shelf)


async def _close(provider: Provider) -> None:
    try:
        await provider.aclose()
    except Exception as error:
        log.warning("%r did not close cleanly: %s", provider, error, exc_info=error)

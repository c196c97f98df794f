"""Open providers, lent to tasks: each is closed once, when it is no longer wanted and its last user is done."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from attrs import Factory, define

from aurarouter_core.cancelled import told_truly
from aurarouter_core.config import ModelEntry
from aurarouter_core.failure_state import FailureState
from aurarouter_core.line import Line
from aurarouter_core.memory import Memory
from aurarouter_core.references import Key
from aurarouter_core.rotation import Rotation
from aurarouter_core.tenants import Tenant
from aurarouter_hooks import Model, Provider

log = logging.getLogger(__name__)
CLOSING = 10.0
"""Seconds that a provider may take to close: nobody could leave while one never ends."""


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
        """A loan has ended: a shelf that is not in force goes, unless its state says when it may be asked again."""
        if not shelf.in_force and not shelf.in_use and not shelf.failure.is_troubled:
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


async def _close(provider: Provider) -> None:
    try:
        async with asyncio.timeout(CLOSING):
            with told_truly():
                await provider.aclose()
    except Exception as error:
        log.warning("%r did not close cleanly: %s", provider, str(error) or type(error).__name__, exc_info=error)

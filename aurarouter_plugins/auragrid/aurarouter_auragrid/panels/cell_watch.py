"""What the panels of a cell show and do; it lives on the UI's thread, and all waiting happens in the worker."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, TypeVar

from attrs import field, frozen

from aurarouter_auragrid.deployment.deployments import Deployment, Deployments
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.engine.requests import REASON
from aurarouter_auragrid.errors import GridError
from aurarouter_auragrid.panels.entering import cell_of
from aurarouter_auragrid.ports import Event
from aurarouter_auragrid.records import NodeRecord
from aurarouter_auragrid.storage.model_storage import GridModelStorage

T = TypeVar("T")
KEPT = 10_000
"""Events that are shown at most, the newest."""
FIRST = 200
"""Events before the last one that are read at first."""
QUIET = 0.5
"""Seconds without an event after which there is none left: the last one may be of another kind."""


@frozen(kw_only=True)
class Logged:
    """An event, as a line of the log.

    Attributes:
        key: Its place in its stream.
        kind: "result", "request" or "dead".
        id: Of the request.
        topic: Where it was published.
        ok: It succeeded; None where that is not said.
        words: The result's or task's beginning, or why it was set aside; sealed ones can't be read.
    """

    key: str
    at: float
    kind: str
    id: str
    topic: str
    ok: bool | None
    words: str = field(repr=False)


@frozen(kw_only=True)
class CellPicture:
    """How a cell is."""

    nodes: Sequence[NodeRecord] = ()
    events: Sequence[Logged] = field(default=(), repr=False)
    dead: Sequence[Logged] = field(default=(), repr=False)
    deployments: Sequence[Deployment] = ()
    stored: Sequence[str] = ()


@frozen(kw_only=True)
class Listeners:
    """Told on the UI's thread."""

    picture: Callable[[CellPicture], None]
    done: Callable[[str], None]
    failed: Callable[[BaseException], None]


class CellWatch:
    """Looks at the cell that the configuration names, or this machine's own.

    Args:
        link: The window's way to its worker and its configuration.

    Attributes:
        busy: Somebody is looking, or doing something.
    """

    def __init__(self, link: Any, listeners: Listeners) -> None:
        self._link, self._told = link, listeners
        self._events: deque[Logged] = deque(maxlen=KEPT)
        self._after: int | None = None
        self.busy = False

    def look(self) -> None:
        """See how the cell is; nothing while that is being done."""
        if not self.busy and not self._link.worker.loop.is_closed():
            self._begin(self._looked, self._told.picture)

    def replay(self, number: int) -> None:
        """Give a request that was set aside to the nodes again."""
        self._begin(partial(_replay, number), lambda _: self._did(f"Request {number} is given to the nodes again"))

    def apply(self, wishes: dict[str, int]) -> None:
        """Say how many nodes should have each of these models."""
        models = ", ".join(wishes)
        self._begin(partial(_want, wishes), lambda _: self._did(f"The cell sees to {models}"))

    def _did(self, words: str) -> None:
        self._told.done(words)
        self.look()

    def _begin(self, work: Callable[[Engine], Awaitable[T]], then: Callable[[T], None]) -> None:
        self.busy = True

        def came(result: T) -> None:
            self.busy = False
            then(result)

        def failed(error: BaseException) -> None:
            self.busy = False
            self._told.failed(error)

        self._link.worker.begin(self._with_cell(work), came, failed)

    async def _with_cell(self, work: Callable[[Engine], Awaitable[T]]) -> T:
        async with await cell_of(self._link) as engine:
            return await work(engine)

    async def _looked(self, engine: Engine) -> CellPicture:
        nodes = await engine.membership.heard()
        await self._read_on(engine)
        dead = [logged(event) async for event in engine.requests.dead()]
        stored = await GridModelStorage(engine).stored()
        return CellPicture(
            nodes=nodes,
            events=[*reversed(self._events)],
            dead=dead[::-1],
            deployments=await Deployments(engine).state(),
            stored=[one.model_id for one in stored if one.complete],
        )

    async def _read_on(self, engine: Engine) -> None:
        """Take in what came since the last look; a cell that was made anew counts from the beginning."""
        last = await engine.events.latest()
        if self._after is None or last < self._after:
            self._events.clear()
            self._after = max(0, last - FIRST)
        if last == self._after:
            return
        async with aclosing(engine.events.read(">", after=self._after)) as found:
            with contextlib.suppress(TimeoutError):
                while self._after < last:
                    async with asyncio.timeout(QUIET):
                        event = await anext(found)
                    self._after = event.sequence_number
                    self._events.append(logged(event))
        self._after = last


async def _replay(number: int, engine: Engine) -> None:
    async for event in engine.requests.dead():
        if event.sequence_number == number:
            await engine.revive(event)
            return
    raise GridError(f"no request is set aside under the number {number}", hint="Refresh the list.")


async def _want(wishes: dict[str, int], engine: Engine) -> None:
    deployments = Deployments(engine)
    for model, replicas in wishes.items():
        await deployments.want(model, replicas)


def logged(event: Event) -> Logged:
    """An event as a line."""
    try:
        said = json.loads(event.payload)
        said = said if isinstance(said, dict) else {}
    except ValueError:
        said = {}
    reason = event.headers.get(REASON)
    ok = said.get("success")
    words = reason or said.get("error") or said.get("result") or said.get("task") or "(can't be read here)"
    return Logged(
        key=str(event.sequence_number),
        at=event.timestamp,
        kind="dead" if reason else "result" if ok is not None else "request",
        id=str(said.get("request_id", "")),
        topic=event.topic,
        ok=bool(ok) if ok is not None else None,
        words=" ".join(str(words).split())[:300],
    )

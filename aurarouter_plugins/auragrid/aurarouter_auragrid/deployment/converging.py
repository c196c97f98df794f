"""A node's part in making the cell's wishes true: again and again it takes what is its own, and gives what is not."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from attrs import evolve

from aurarouter_auragrid.deployment.board import Board
from aurarouter_auragrid.deployment.bringing import Bringing, words
from aurarouter_auragrid.deployment.claims import Claim
from aurarouter_auragrid.deployment.hold import Hold
from aurarouter_auragrid.deployment.placement import Plan, View, place
from aurarouter_auragrid.deployment.watching import Watching
from aurarouter_auragrid.ending import ended
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.errors import GridError
from aurarouter_auragrid.ports import Lease
from aurarouter_auragrid.storage.stored import StoredModel, to_bytes
from aurarouter_hooks import AuraRouterError

log = logging.getLogger(__name__)
BEAT = 2.0
TERM = 7
"""Seconds after which a silent node's claims are free."""
REFUSED, LONGEST_REFUSED = 30, 600
"""Seconds for which a node that can't have a model is not asked again: the first time, and at most."""


class Converging:
    """Follows the cell's wishes. Claims change in one place, `step`; work in the background only says that it's done.

    Args:
        engine: The cell.
        bringing: Does the work on this node.
        node: Its name.
        announce: Tells the cell which models are ready here, before anybody counts on it.
    """

    def __init__(self, engine: Engine, bringing: Bringing, node: str, announce: Callable[[], Awaitable[None]]) -> None:
        self._board, self._places, self._node = Board(engine), engine.places, node
        self._bringing, self._announce = bringing, announce
        self._watching = Watching(self._board, engine.changes, node)
        self._holds: dict[str, Hold] = {}
        self._refusals: dict[str, int] = {}
        self._soon = asyncio.Event()

    @property
    def capacity(self) -> int:
        """Bytes that models may take here together."""
        return self._bringing.capacity

    @property
    def unready(self) -> Mapping[str, str]:
        """Models that others should rather ask another node for, not yet or not any more: why, in a word."""
        return {model: why for model, hold in self._holds.items() if (why := hold.why_unready)}

    async def run(self) -> None:
        """Follow the wishes until cancelled.

        Raises:
            GridError: The connection was closed before.
        """
        await self._watching.listen(self._soon.set)
        while True:
            try:
                await self._step()
            except GridError as error:
                log.warning("deployment: %s", error)
            try:
                async with asyncio.timeout(BEAT):
                    await self._soon.wait()
            except TimeoutError:
                pass
            self._soon.clear()

    async def end(self) -> None:
        """Leave every place to others at once. Models that were brought stay for the next start."""
        await ended(hold.work for hold in self._holds.values() if hold.work is not None)
        try:
            async with asyncio.timeout(BEAT):
                for hold in self._holds.values():
                    await hold.lease.release()
                await self._watching.tell()
        except (GridError, TimeoutError) as error:
            log.info("the cell will find out by itself: %s", error)
        self._holds.clear()

    async def _step(self) -> None:
        """Keep what is ours, and do what placement says. What a silent cell breaks off is done by the next step."""
        for hold in list(self._holds.values()):
            await self._keep(hold)
        if not await self._watching.has_to_look(self._claims):
            return
        wanted = await self._board.wanted()
        if not (wanted or self._holds or self._bringing.brought()):
            await self._watching.seen(None, Plan(), ())
            return
        view = await self._board.view(wanted)
        before = {claim.key for claim in view.claims if claim.node == self._node}
        plan = place(self._own(view))
        for claim in plan.gives:
            if claim.node == self._node:
                await self._leave(self._holds[claim.model])
        for claim in plan.shifts:
            if claim.node == self._node:
                await self._shift(self._holds[claim.model], claim)
        mine = [claim for claim in plan.takes if claim.node == self._node]
        stored = await self._board.stored() if mine else {}
        for claim in mine:
            if claim.model in stored:
                await self._take(claim, stored[claim.model], again=claim.key in before)
        await self._tidy(view, plan)
        await self._watching.seen(self._own(view), plan, self._claims)

    @property
    def _claims(self) -> list[Claim]:
        return [hold.claim for hold in self._holds.values()]

    async def _keep(self, hold: Hold) -> None:
        claim = hold.claim
        if not await hold.lease.renew(to_bytes(claim)) and claim.has_place:
            log.info("another node has '%s' (replica %s) now", claim.model, claim.place)
            await self._leave(hold)
        elif hold.problem and claim.has_place:
            await self._refuse(hold)
        elif hold.is_done and claim.state == "leaving":
            await hold.lease.release()
            del self._holds[claim.model]
        elif hold.is_done and claim.state != "ready":
            await self._ready(hold)

    def _own(self, view: View) -> View:
        """The view, with what this node knows better: its own claims."""
        others = [claim for claim in view.claims if claim.node != self._node or claim.state == "refused"]
        return evolve(view, claims=[*others, *self._claims])

    async def _take(self, claim: Claim, stored: StoredModel, *, again: bool) -> None:
        value = to_bytes(claim)
        lease: Lease | None
        if again:  # an earlier start of this node had it
            lease = await self._places.take_over(claim.key, value, seconds=TERM)
        else:
            lease = await self._places.take(claim.key, value, seconds=TERM)
        if lease is None:
            return  # somebody was faster
        log.info("bringing '%s' (replica %s)", claim.model, claim.place)
        hold = self._holds[claim.model] = Hold(claim, lease)
        hold.work = asyncio.create_task(self._bring(hold, stored))

    async def _bring(self, hold: Hold, stored: StoredModel) -> None:
        def tell(progress: float) -> None:
            hold.claim = evolve(hold.claim, progress=round(progress, 3))

        try:
            await self._bringing.fetch(stored, tell)
            hold.claim = evolve(hold.claim, state="loading", progress=1.0)
            await self._bringing.load(stored.model_id, lambda memory: self._fits(hold, memory))
            hold.is_done = True
        except Exception as error:
            if not isinstance(error, AuraRouterError):
                log.exception("'%s' can't be had", stored.model_id)
            hold.problem = words(error)
        self._soon.set()

    def _fits(self, hold: Hold, memory: int) -> bool:
        """What the model really takes is known: hold as much, if there is as much."""
        others = sum(other.claim.memory for other in self._holds.values() if other is not hold)
        if others + memory > self.capacity:
            return False
        hold.claim = evolve(hold.claim, memory=memory or hold.claim.memory)
        return True

    async def _ready(self, hold: Hold) -> None:
        claim = evolve(hold.claim, state="ready", moving=False)
        await self._announce()
        if hold.claim.moving:
            earlier, hold.lease = hold.lease, await self._places.take_over(claim.key, to_bytes(claim), seconds=TERM)
            hold.claim = claim
            await earlier.release()
        else:
            hold.claim = claim
            await hold.lease.renew(to_bytes(claim))
        self._refusals.pop(claim.model, None)
        log.info("'%s' is ready (replica %s)", claim.model, claim.place)

    async def _shift(self, hold: Hold, claim: Claim) -> None:
        """Have another place with the model that is here, unless somebody was faster."""
        lease = await self._places.take(claim.key, to_bytes(claim), seconds=TERM)
        if lease is not None:
            earlier, hold.lease, hold.claim = hold.lease, lease, claim
            await earlier.release()

    async def _refuse(self, hold: Hold) -> None:
        model, why = hold.claim.model, hold.problem
        times = self._refusals.get(model, 0)
        refusal = Claim(model=model, node=self._node, state="refused", reason=why)
        seconds = min(REFUSED << times, LONGEST_REFUSED)
        await self._places.take_over(refusal.key, to_bytes(refusal), seconds=seconds)
        self._refusals[model] = min(times + 1, 10)
        log.warning("'%s' can't be had here for %s s: %s", model, seconds, why)
        await self._leave(hold)

    async def _leave(self, hold: Hold) -> None:
        """Give a place up, and take the model away once nobody uses it."""
        claim = evolve(hold.claim, state="leaving", moving=False)
        lease = await self._places.take_over(claim.key, to_bytes(claim), seconds=TERM)
        earlier, work = hold.lease, hold.work
        hold.claim, hold.lease, hold.is_done = claim, lease, False
        hold.work = asyncio.create_task(self._take_away(hold, work))
        await earlier.release()

    async def _take_away(self, hold: Hold, before: asyncio.Task[None] | None) -> None:
        model = hold.claim.model
        if before is not None:
            await ended([before])
        try:
            await self._announce()
            await self._bringing.take_away(model)
            log.info("'%s' has left", model)
        except AuraRouterError as error:
            log.warning("'%s' stays here: %s", model, error)
        hold.is_done = True
        self._soon.set()

    async def _tidy(self, view: View, plan: Plan) -> None:
        """What an earlier start of this node has brought and nobody wants here any more, leaves."""
        open_places = {model for model, _ in plan.pending} | {claim.model for claim in plan.takes}
        for model in self._bringing.brought() - self._holds.keys() - open_places:
            claim = Claim(model=model, node=self._node, memory=view.needs.get(model, 0), state="leaving")
            lease = await self._places.take_over(claim.key, to_bytes(claim), seconds=TERM)
            hold = self._holds[model] = Hold(claim, lease)
            hold.work = asyncio.create_task(self._take_away(hold, None))

"""Budgets, for the executor: what an attempt may cost is set aside before it, and what it did cost settled after."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from attrs import evolve, frozen

from aurarouter_core.budget_settings import Budget, Limit
from aurarouter_core.cashbook import NANO, Cashbook, Reservation, Standing, day_of
from aurarouter_core.cost import at_most, is_free, limited, price_of
from aurarouter_core.room import unusable
from aurarouter_hooks import AuraRouterError, BudgetError, Location, Model, Prompt

log = logging.getLogger(__name__)
UNPRICED = "its price is unknown, and a budget is set"
PRICE_IT = "Give the model a price (models.NAME.price); {} stands for one that costs nothing."

T = TypeVar("T")


@frozen
class Hold:
    """What was set aside for one attempt; to be settled once."""

    reservation: Reservation


class Wallet:
    """One router's way to the money. Where no budget is set it does nothing at all, and no file is made.

    Everything that touches the file runs in one thread of its own, in order.
    """

    def __init__(self, path: Path) -> None:
        self._book = Cashbook(path)
        self._thread: ThreadPoolExecutor | None = None
        self._known: dict[Limit, tuple[str, int]] = {}

    def refusal(self, budget: Budget, app: str, model: Model, location: Location | None) -> str | None:
        """Why a model may not be asked, by what was known last; None when it may try. No I/O."""
        price = price_of(model, location)
        if price is None:
            return UNPRICED
        if is_free(price):
            return None
        day = day_of(time.time())
        for limit in budget.limits(app):
            start, spent = self._known.get(limit, ("", 0))
            if start == _start(limit, day) and spent >= round(limit.dollars * NANO):
                return f"the budget of {limit} is spent"
        return None

    async def reserve(
        self,
        budget: Budget,
        app: str,
        model: Model,
        prompt: Prompt,
        location: Location | None,
        *,
        writes: bool = True,
    ) -> tuple[Prompt, Hold | None]:
        """Set aside what an attempt can cost at most. The prompt comes back with its longest answer in it.

        Args:
            budget, app, model, prompt, location: Whose attempt, at whom, and what is sent where.
            writes: The answer is words; vectors cost what was read.

        Raises:
            BudgetError: It would pass a limit, nobody knows what it costs, or the file can't be used.
        """
        limits = list(budget.limits(app))
        price = price_of(model, location)
        if price is None:
            raise _refused(model, UNPRICED, PRICE_IT)
        if is_free(price):
            return prompt, None
        if writes:
            prompt = evolve(prompt, parameters=limited(prompt.parameters, budget.max_output))
        amount = math.ceil(at_most(prompt, price, budget.max_output if writes else 0) * NANO)
        work = self._submit(lambda: self._book.reserve(limits, app, model.id, amount))
        try:
            reservation, standings = await asyncio.wrap_future(work)
        except asyncio.CancelledError:
            work.add_done_callback(self._give_back)  # it may have been set aside just now, for nobody
            raise
        except AuraRouterError as error:  # a newer version wrote it, or its folder can't be made
            raise _refused(model, str(error), error.hint) from error
        except Exception as error:
            hint = f"Make sure that {self._book.path} can be written to; without it no budget can be kept."
            told = unusable(f"the budget can't be kept in {self._book.path}", self._book.path, error, hint)
            raise _refused(model, str(told), told.hint) from error
        self._learn(standings)
        if reservation is None:
            raise _refused(model, _too_much(standings, amount), "Wait, raise the budget, or add a model that is free.")
        return prompt, Hold(reservation)

    def settle(self, hold: Hold, dollars: float | None, limits: Iterable[Limit] = ()) -> None:
        """Put the truth in the place of what was set aside; all of it counts when the truth is unknown. Never waits."""
        amount = hold.reservation.amount if dollars is None else math.ceil(dollars * NANO)
        held = tuple(limits)
        for limit in held:  # the next task may be decided before it is written
            start, spent = self._known.get(limit, ("", 0))
            self._known[limit] = start, spent + amount
        self._submit(lambda: self._settle(hold.reservation, amount, held))

    async def learn(self, budget: Budget) -> None:
        """Look how the limits stand, for what is decided next."""
        limits = tuple(budget.all_limits())
        if limits:
            try:
                self._learn(await asyncio.wrap_future(self._submit(lambda: self._book.standings(limits))))
            except Exception as error:  # noqa: BLE001 - the reservation itself will say so, and refuse
                log.warning("how the budget stands can't be read: %s", error)

    def close(self) -> None:
        """Settle what is under way and let go of the file. The next reservation opens it again."""
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.submit(self._book.close).result()
            thread.shutdown()

    def _settle(self, reservation: Reservation, amount: int, limits: Sequence[Limit]) -> None:
        try:
            self._book.settle(reservation, amount)
            self._learn(self._book.standings(limits))
        except Exception as error:  # noqa: BLE001 - nobody waits for it; what was set aside stays so, and counts
            log.warning("what an attempt cost can't be written to %s: %s", self._book.path, error)

    def _give_back(self, work: Future[tuple[Reservation | None, Sequence[Standing]]]) -> None:
        if not work.cancelled() and work.exception() is None and (reservation := work.result()[0]) is not None:
            self._submit(lambda: self._settle(reservation, 0, ()))

    def _learn(self, standings: Iterable[Standing]) -> None:
        self._known.update({each.limit: (each.start, each.spent) for each in standings})

    def _submit(self, work: Callable[[], T]) -> Future[T]:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="aurarouter-budget")
        return self._thread.submit(work)


def doubtful(models: Iterable[Model], locations: Mapping[str, Location]) -> list[Model]:
    """Models whose price depends on where they run, which nobody has asked yet."""
    return [model for model in models if model.price is None and model.id not in locations]


def _start(limit: Limit, day: str) -> str:
    return day if limit.period == "day" else f"{day[:7]}-01"


def _refused(model: Model, reason: str, hint: str) -> BudgetError:
    words = f"model '{model.id}' is not allowed: {reason}"
    return BudgetError(words, vetoes={model.id: reason}, hint=hint)


def _too_much(standings: Sequence[Standing], amount: int) -> str:
    over = next(each for each in standings if each.spent + each.reserved + amount > each.most)
    left = max(0, over.most - over.spent - over.reserved) / NANO
    return f"it may cost up to {amount / NANO:.6f} USD, and of {over.limit} {left:.6f} USD are left"

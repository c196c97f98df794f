"""Money for people: how budgets stand, what a reference model would have cost, and how old prices are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from aurarouter_core.cashbook import NANO, Cashbook, Standing
from aurarouter_core.cli.session import Session
from aurarouter_core.config import Config
from aurarouter_core.configured import configured
from aurarouter_core.prices import OLD, age
from aurarouter_core.room import unusable
from aurarouter_hooks import AuraRouterError, Model, Price


def standings(session: Session) -> list[dict[str, Any]]:
    """How each limit of the budget stands, as plain data in US dollars.

    Raises:
        AuraRouterError: The file of what was spent can't be read.
    """
    limits = list(session.config.budget.all_limits())
    if not limits or not session.home.money.exists():
        found: Sequence[Standing] = [Standing(limit=limit, start="") for limit in limits]
        return list(map(_plain, found))
    book = Cashbook(session.home.money)
    try:
        return list(map(_plain, book.standings(limits)))
    except AuraRouterError:
        raise
    except Exception as error:
        raise unusable(f"{book.path} can't be read", book.path, error) from error
    finally:
        book.close()


def _plain(standing: Standing) -> dict[str, Any]:
    limit = standing.limit
    return {
        "period": limit.period,
        "app": limit.app,
        "limit": limit.dollars,
        "spent": standing.spent / NANO,
        "assumed": standing.assumed / NANO,
        "reserved": standing.reserved / NANO,
        "left": max(0, standing.most - standing.spent - standing.reserved) / NANO,
    }


def budget_lines(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """One line for each limit."""
    for row in rows:
        whose = "" if row["app"] is None else f" for '{row['app']}'"
        extra = f", {row['reserved']:.6f} set aside" if row["reserved"] else ""
        extra += f", {row['assumed']:.6f} of it assumed of programs that were killed" if row["assumed"] else ""
        stands = f"{row['spent']:.6f} spent{extra}, {row['left']:.6f} left"
        yield f"{row['limit']:g} USD per {row['period']}{whose}: {stands}"


def saved_line(rows: Sequence[Mapping[str, Any]], name: str) -> str:
    """What was saved in all, as far as it is known."""
    known = [row["saved"] for row in rows if row["saved"] is not None]
    more = "" if len(known) == len(rows) else "; where the cost is unknown, nothing is counted"
    total = sum(known)
    word = "saved" if total >= 0 else "spent more"
    return f"against '{name}' for the same tokens: {abs(total):.6f} USD {word}{more}"


def price_words(model: Model) -> str:
    """What a model costs, in words."""
    price = model.price
    if price is None:
        return "price unknown"
    if not price.input and not price.output:
        return "free"
    since = f", listed on {price.as_of}" if price.as_of else ""
    return f"{price.input:g} in, {price.output:g} out USD per million tokens{since}"


def old_prices(config: Config) -> Iterator[tuple[str, Price, int]]:
    """(model, price, days) of shipped prices in use that were looked up too long ago."""
    today = datetime.now(UTC).date()
    for name, model in configured(config).items():
        days = age(model.price, today) if model.price else None
        if model.price and days is not None and days > OLD:
            yield name, model.price, days

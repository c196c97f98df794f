"""The cashbook: exact sums, days and months of UTC, and what becomes of reservations whose process is gone."""

import calendar
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from aurarouter_core.budget_settings import AppBudget, Budget, Limit
from aurarouter_core.cashbook import NANO, Cashbook, Reservation
from aurarouter_hooks import AuraRouterError

DAY, MONTH = Limit(1.0, "day"), Limit(10.0, "month")
SHOP = Limit(0.5, "day", "shop")
At = Callable[[str], None]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "money.db"


@pytest.fixture
def book(path: Path) -> Iterator[Cashbook]:
    made = Cashbook(path)
    yield made
    made.close()


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> At:
    """Sets the clock, in UTC."""

    def set_clock(when: str) -> None:
        seconds = calendar.timegm(time.strptime(when, "%Y-%m-%d %H:%M:%S"))
        monkeypatch.setattr(time, "time", lambda: float(seconds))

    return set_clock


def spend(book: Cashbook, dollars: float, app: str = "", *limits: Limit) -> Reservation | None:
    """Reserve and settle in one go."""
    amount = round(dollars * NANO)
    reservation, _ = book.reserve(limits or (DAY, MONTH), app, "m", amount)
    if reservation is not None:
        book.settle(reservation, amount)
    return reservation


def spent(book: Cashbook, *limits: Limit) -> list[float]:
    return [each.spent / NANO for each in book.standings(limits or (DAY, MONTH))]


def test_what_is_set_aside_counts_until_the_truth_is_known(book: Cashbook) -> None:
    first, before = book.reserve([DAY], "", "m", NANO * 6 // 10)
    assert first is not None
    assert (before[0].spent, before[0].reserved, before[0].most) == (0, 0, NANO)
    refused, standing = book.reserve([DAY], "", "m", NANO // 2)
    assert refused is None
    assert (standing[0].spent, standing[0].reserved) == (0, NANO * 6 // 10)
    book.settle(first, NANO // 10)
    again, _ = book.reserve([DAY], "", "m", NANO // 2)
    assert again is not None
    book.settle(first, NANO)  # a second time changes nothing
    assert spent(book) == [0.1, 0.1]


def test_a_limit_can_be_used_up_to_the_last_billionth_and_no_further(book: Cashbook) -> None:
    for _ in range(10):
        assert spend(book, 0.1)  # ten tenths are one, and not 0.9999…
    assert spend(book, 1e-9) is None
    assert spent(book) == [1.0, 1.0]


def test_each_limit_holds_for_whom_it_names(book: Cashbook) -> None:
    assert spend(book, 0.5, "shop", DAY, SHOP)
    assert spend(book, 0.1, "shop", DAY, SHOP) is None
    assert spend(book, 0.5, "desk", DAY)
    assert spend(book, 0.1, "desk", DAY) is None  # all together
    assert spent(book, DAY, SHOP, Limit(1.0, "day", "desk"), Limit(1.0, "day", "")) == [1.0, 0.5, 0.5, 0.0]


def test_a_budget_names_its_limits() -> None:
    budget = Budget(per_day=1, per_month=10, apps={"shop": AppBudget(per_day=0.5), "idle": AppBudget()})
    assert list(budget.limits("")) == list(budget.limits("idle")) == [DAY, MONTH]
    assert list(budget.limits("shop")) == list(budget.all_limits()) == [DAY, MONTH, SHOP]
    assert [str(limit) for limit in budget.limits("shop")] == [
        "1 USD per day",
        "10 USD per month",
        "0.5 USD per day for 'shop'",
    ]
    assert not Budget().binds("shop")
    only = Budget(apps={"shop": AppBudget(per_month=0)})
    assert (only.binds("shop"), only.binds("")) == (True, False)


def test_a_day_ends_at_midnight_utc_and_a_month_at_its_last(
    book: Cashbook, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    try:
        at("2026-11-30 23:59:59")
        assert spend(book, 1.0)
        assert spend(book, 0.1) is None
        at("2026-12-01 00:00:00")
        assert spent(book) == [0.0, 0.0]
        assert spend(book, 0.9)
        at("2026-12-31 12:00:00")
        assert spent(book) == [0.0, 0.9]
        at("2027-01-01 00:00:00")
        assert spent(book) == [0.0, 0.0]
        at("2028-02-29 12:00:00")
        assert spend(book, 0.3)
        at("2028-03-01 00:00:00")
        assert spent(book) == [0.0, 0.0]
    finally:
        monkeypatch.undo()
        time.tzset()


def test_what_is_settled_after_midnight_counts_on_the_day_it_was_set_aside(book: Cashbook, at: At) -> None:
    at("2026-11-30 23:59:59")
    late, _ = book.reserve([DAY], "", "m", NANO // 2)
    assert late is not None
    at("2026-12-01 00:00:10")
    book.settle(late, NANO // 4)
    assert spent(book) == [0.0, 0.0]
    at("2026-11-30 23:59:59")
    assert spent(book) == [0.25, 0.25]


def test_who_closes_with_work_under_way_has_it_counted_in_full(path: Path) -> None:
    first, second = Cashbook(path), Cashbook(path)
    left, _ = first.reserve([DAY], "shop", "m", NANO // 2)
    assert left is not None
    (while_alive,) = second.standings([DAY])
    assert (while_alive.spent, while_alive.reserved) == (0, NANO // 2)
    first.close()
    second.close()
    third = Cashbook(path)
    (after,) = third.standings([DAY])
    assert (after.spent, after.assumed, after.reserved) == (NANO // 2, NANO // 2, 0)
    third.settle(left, 1)  # too late: it has been counted
    assert spent(third, DAY) == [0.5]
    third.close()
    assert list(path.with_name("money.db.writers").iterdir()) == []


def test_a_reservation_of_nobody_counts_in_full_after_a_day(path: Path, at: At) -> None:
    at("2026-11-28 10:00:00")
    Cashbook(path).standings([DAY])
    with closing(sqlite3.connect(path)) as connection:
        for owner, when in (("", time.time() - 86401), ("", time.time()), ("1-gone", time.time())):
            connection.execute(
                "INSERT INTO reserved (owner, day, app, model, amount, at) VALUES (?, '2026-11-28', '', 'm', 100, ?)",
                (owner, when),
            )
        connection.commit()
    book = Cashbook(path)
    (found,) = book.standings([DAY])
    assert (found.spent, found.reserved) == (200, 100)
    book.close()


def test_nothing_is_made_before_it_is_needed_and_nobody_else_may_read_it(path: Path) -> None:
    book = Cashbook(path)
    book.close()
    assert not path.exists()
    book.standings([DAY])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    book.close()


def test_a_file_of_a_newer_version_is_refused(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(AuraRouterError, match="version 99"):
        Cashbook(path).reserve([DAY], "", "m", 1)


@pytest.mark.parametrize("removed", [True, False])
def test_in_place_of_a_file_that_was_moved_away_all_processes_share_the_next(
    book: Cashbook, path: Path, tmp_path: Path, removed: bool
) -> None:
    kept, _ = book.reserve([DAY], "", "m", NANO // 10)
    assert kept is not None
    if removed:
        path.unlink()
    else:
        path.rename(tmp_path / "old.db")
    with closing(Cashbook(path)) as other:
        theirs, _ = other.reserve([DAY], "", "m", NANO * 3 // 10)
        assert theirs is not None
        assert theirs.id == kept.id
        book.settle(kept, NANO // 5)  # what it did cost is not lost, and is nobody else's
        (standing,) = other.standings([DAY])
        assert (standing.spent, standing.assumed, standing.reserved) == (NANO // 5, 0, NANO * 3 // 10)
        assert book.reserve([DAY], "", "m", NANO * 6 // 10)[0] is None
        other.settle(theirs, NANO * 3 // 10)
    assert spent(book, DAY) == [0.5]

"""Models with a price, tasks that are run with them, and what the cashbook holds afterwards."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from aurarouter_core import Config, Plugins, Router, Task
from aurarouter_core.cashbook import NANO

PRICE = {"input": 1.0, "output": 10.0}
ROOMY = {"per_day": 1.0, "max_output": 100}


def script(*items: Any, **settings: Any) -> dict[str, Any]:
    """A model with a price that does this."""
    return {"provider": "scripted", "options": {"script": items}, "price": PRICE, **settings}


def rows(home: Path) -> Any:
    """(app, dollars) that were settled, and how many reservations are open."""
    if not (home / "money.db").exists():
        return [], 0
    with closing(sqlite3.connect(home / "money.db")) as connection:
        found = connection.execute("SELECT app, amount FROM spent ORDER BY app").fetchall()
        (still,) = connection.execute("SELECT count(*) FROM reserved").fetchone()
    return [(app, amount / NANO) for app, amount in found], still


async def run(config: Config, plugins: Plugins, *tasks: Task) -> Sequence[Any]:
    """What came of each task, one after the other, in one router."""
    outcomes: list[Any] = []
    async with Router(config, plugins) as router:
        for task in tasks:
            try:
                outcomes.append(await router.run(task))
            except Exception as error:
                outcomes.append(error)
    return outcomes

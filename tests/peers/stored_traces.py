"""Small traces for a store, and its file looked at past the store."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from aurarouter_hooks import Attempt, Node, Trace, Usage

NOW = time.time()


def trace(number: int, ago: float = 0.0, notes: Any = None) -> Trace:
    """A task with one attempt, so many seconds ago."""
    attempt = Attempt(number=1, model="m", provider="p", started=0.0, usage=Usage(input_tokens=3, output_tokens=1))
    node = Node(id="answer", kind="answer", role="coding", attempts=(attempt,))
    return Trace(
        id=f"{number:032x}", task_id=f"task{number}", started_at=NOW - ago, nodes=(node,), notes={"n": notes or ""}
    )


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The file as it is, past the store."""
    with closing(sqlite3.connect(path)) as connection, connection:
        yield connection


def one(path: Path, sql: str) -> Any:
    """The first row that this finds in the file."""
    with opened(path) as connection:
        return connection.execute(sql).fetchone()

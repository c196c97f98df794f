"""Where conversations are kept: a file of their own, which nothing trims."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from aurarouter_core.chat.entry import Entry, parts_as_json, parts_of
from aurarouter_core.database import Database, transaction
from aurarouter_core.room import unusable
from aurarouter_hooks.values import new_id

FIRST = (
    """CREATE TABLE conversations (
        id TEXT PRIMARY KEY, title TEXT NOT NULL, created_at REAL NOT NULL, updated_at REAL NOT NULL,
        private INTEGER NOT NULL, model TEXT, role TEXT) WITHOUT ROWID""",
    """CREATE TABLE entries (
        conversation TEXT NOT NULL REFERENCES conversations (id), number INTEGER NOT NULL, kind TEXT NOT NULL,
        role TEXT NOT NULL, parts TEXT NOT NULL, model TEXT NOT NULL, trace_id TEXT NOT NULL, tokens INTEGER,
        complete INTEGER NOT NULL, condensed INTEGER, at REAL NOT NULL, PRIMARY KEY (conversation, number))""",
)
NUMBER = "SELECT coalesce(max(number), 0) + 1 FROM entries WHERE conversation = ?"


@frozen(kw_only=True)
class Conversation:
    """A conversation, without what was said in it.

    Attributes:
        id: Ties its tasks together; 32 hexadecimal digits.
        title: The beginning of what was said first.
        created_at, updated_at: Unix time in seconds.
        private: It was private once, and stays so.
        model, role: Who was asked for, the next time too; None for nobody.
    """

    id: str
    title: str = ""
    created_at: float = 0.0
    updated_at: float = 0.0
    private: bool = False
    model: str | None = None
    role: str | None = None


class Conversations:
    """Every change is written before its method returns, whole or not at all.

    Raises:
        AuraRouterError: From all methods: the file can't be used, or a newer version wrote it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._database = Database(path, (FIRST,))

    def begin(self, *, private: bool = False, model: str | None = None, role: str | None = None) -> Conversation:
        """A new conversation. It is kept once something was said in it."""
        now = time.time()
        return Conversation(id=new_id(), created_at=now, updated_at=now, private=private, model=model, role=role)

    def latest(self, count: int = 50) -> Sequence[Conversation]:
        """The conversations, the one that was used last first."""
        return self._found("ORDER BY updated_at DESC LIMIT ?", count)

    def find(self, prefix: str) -> Sequence[Conversation]:
        """Those whose id begins so."""
        return self._found("WHERE substr(id, 1, ?) = ? ORDER BY updated_at DESC", len(prefix), prefix)

    def _found(self, rest: str, *values: Any) -> Sequence[Conversation]:
        names = ("id", "title", "created_at", "updated_at", "private", "model", "role")
        rows = self._database.read(f"SELECT {', '.join(names)} FROM conversations {rest}", values)  # noqa: S608
        found = [Conversation(**dict(zip(names, row, strict=True))) for row in rows]
        return [evolve(one, private=bool(one.private)) for one in found]

    def entries(self, conversation: str) -> Sequence[Entry]:
        """What was said, in order, condensed or not."""
        rows = self._database.read(
            "SELECT number, kind, role, parts, model, trace_id, tokens, complete, condensed, at FROM entries "
            "WHERE conversation = ? ORDER BY number",
            (conversation,),
        )
        names = ("number", "kind", "role", "parts", "model", "trace_id", "tokens", "complete", "condensed", "at")
        found = [dict(zip(names, row, strict=True)) for row in rows]
        return [Entry(**{**row, "parts": parts_of(row["parts"]), "complete": bool(row["complete"])}) for row in found]

    def save(self, conversation: Conversation) -> None:
        """Keep what is known of a conversation itself. What was private stays private."""
        with self._changing() as connection:
            self._save(connection, conversation)

    def ask(self, conversation: Conversation, question: Entry) -> Entry:
        """Keep a question, which nobody has answered yet; it comes back with its number."""
        with self._changing() as connection:
            self._save(connection, evolve(conversation, updated_at=question.at))
            return self._add(connection, conversation.id, evolve(question, complete=False))

    def answer(self, conversation: Conversation, question: Entry, answer: Entry) -> Entry:
        """Keep an answer, or half of one, and that the question has it."""
        with self._changing() as connection:
            self._save(connection, evolve(conversation, updated_at=answer.at))
            connection.execute(
                "UPDATE entries SET complete = 1 WHERE conversation = ? AND number = ?",
                (conversation.id, question.number),
            )
            return self._add(connection, conversation.id, answer)

    def condense(self, conversation: str, summary: Entry, numbers: Sequence[int]) -> Entry:
        """Keep a summary, and that it stands in for these entries. They stay."""
        with self._changing() as connection:
            kept = self._add(connection, conversation, summary)
            connection.executemany(
                "UPDATE entries SET condensed = ? WHERE conversation = ? AND number = ? AND condensed IS NULL",
                [(kept.number, conversation, number) for number in numbers],
            )
            return kept

    def delete(self, conversation: str) -> None:
        """Forget a conversation and all that was said in it."""
        with self._changing() as connection:
            connection.execute("DELETE FROM entries WHERE conversation = ?", (conversation,))
            connection.execute("DELETE FROM conversations WHERE id = ?", (conversation,))

    @staticmethod
    def _save(connection: sqlite3.Connection, one: Conversation) -> None:
        connection.execute(
            "INSERT INTO conversations VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
            "title = CASE title WHEN '' THEN excluded.title ELSE title END, "
            "updated_at = max(updated_at, excluded.updated_at), private = private OR excluded.private, "
            "model = excluded.model, role = excluded.role",
            (one.id, _text(one.title), one.created_at, one.updated_at, one.private, one.model, one.role),
        )

    @staticmethod
    def _add(connection: sqlite3.Connection, conversation: str, entry: Entry) -> Entry:
        (number,) = connection.execute(NUMBER, (conversation,)).fetchone()
        one = evolve(entry, number=number)
        connection.execute(
            "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                conversation,
                one.number,
                one.kind,
                one.role,
                _text(parts_as_json(one.parts)),
                one.model,
                one.trace_id,
                one.tokens,
                one.complete,
                one.condensed,
                one.at,
            ),
        )
        return one

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(self._database.write()) as connection, transaction(connection):
                yield connection
        except (sqlite3.Error, OSError) as error:
            raise unusable(f"the conversation can't be kept in {self.path}", self.path, error) from error


def _text(value: str) -> str:
    """Lone surrogates are no text for SQLite."""
    return value.encode("utf-8", "replace").decode()

"""Conversations in words: the list, how full one is, what condensing did."""

from __future__ import annotations

import time
from typing import Any

import click

from aurarouter_core.chat import Condensed
from aurarouter_core.condense import Pressure
from aurarouter_core.conversation import Conversation
from aurarouter_core.history import History
from aurarouter_core.plain import dumps
from aurarouter_core.shown import printable
from aurarouter_hooks import ConfigError

FIRST_WORDS = 40
"""Characters of the first message in the list."""


def listed(history: History, *, as_json: bool) -> str:
    """All conversations, newest first. One that can't be read is told on stderr and does not hide the others."""
    rows = []
    for name in history.ids():
        try:
            rows.append(history.load(name))
        except ConfigError as error:
            click.echo(f"✗ {error}", err=True)
    if as_json:
        return f"{dumps([_row(conversation) for conversation in rows], indent=2)}\n"
    return "".join(f"{_line(conversation)}\n" for conversation in rows) or "no conversation is kept yet\n"


def _row(conversation: Conversation) -> dict[str, Any]:
    return {
        "id": conversation.id,
        "started": conversation.started,
        "changed": conversation.turns[-1].started,
        "turns": len(conversation.turns),
        "unanswered": sum(turn.state == "unanswered" for turn in conversation.turns),
        "private": conversation.private,
        "models": conversation.models,
        "condensed": conversation.gisted,
        "first": conversation.turns[0].asked.text,
    }


def _line(conversation: Conversation) -> str:
    row = _row(conversation)
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(row["changed"]))
    first = printable(" ".join(row["first"].split()))
    first = first if len(first) <= FIRST_WORDS else f"{first[: FIRST_WORDS - 1]}…"
    turns = f"{row['turns']} turn{'s' if row['turns'] != 1 else ''}"
    models = printable(", ".join(row["models"])) or "nobody yet"
    return f"{row['id'][:8]}  {when}  {turns:>9}  {first}  [{models}{', private' if row['private'] else ''}]"


def context_line(fullness: Pressure) -> str:
    """How full a conversation is."""
    tokens = f"{'about ' if fullness.estimated else ''}{fullness.tokens} tokens"
    if fullness.share is None:
        return f"context: {tokens}; how many the models hold is unknown (set context_length)"
    return f"context: {fullness.share:.0%} full, {tokens} of {fullness.limit}"


def context_data(fullness: Pressure | None) -> dict[str, Any] | None:
    """The same for programs."""
    if fullness is None:
        return None
    return {
        "tokens": fullness.tokens,
        "estimated": fullness.estimated,
        "limit": fullness.limit,
        "share": fullness.share,
    }


def condensed_line(outcome: Condensed) -> str:
    """What became of a condensation."""
    if outcome.error is not None:
        return f"not condensed, nothing has changed: {outcome.error}"
    gisted = outcome.conversation.gisted
    turns = "turn is" if gisted == 1 else f"{gisted} turns are"
    return f"condensed: the first {turns} sent as a summary from now on; all messages stay in the file"

"""How full a model's context is with a conversation, and which of its oldest entries to condense."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from aurarouter_core.chat.entry import Entry
from aurarouter_core.tally import CHARACTERS_PER_TOKEN
from aurarouter_hooks import Text, ToolCall, ToolResult

WARN = 0.8
"""Share of the context from which on somebody should know."""
ROOM = 0.25
"""Share of the context that is left free for the answer, at most `LONGEST_ANSWER` tokens of it."""
LONGEST_ANSWER = 1024
LEFT = 0.5
"""Share of the context that a conversation takes up at most once it was condensed."""
AROUND = 4
"""Tokens that a message costs beside its words."""


@frozen(kw_only=True)
class Pressure:
    """Tokens of a conversation against what a model takes.

    Attributes:
        tokens: Of all that would be sent.
        limit: The model's context in tokens; None when it is unknown, and nothing can be said.
        estimated: No backend counted all of them.
    """

    tokens: int
    limit: int | None = None
    estimated: bool = True

    @property
    def share(self) -> float | None:
        """Tokens as a share of the limit."""
        return self.tokens / self.limit if self.limit else None

    @property
    def high(self) -> bool:
        """It is time to warn."""
        return self.share is not None and self.share >= WARN

    @property
    def too_high(self) -> bool:
        """What would be sent leaves no room for an answer."""
        return self.limit is not None and self.tokens > self.limit - room(self.limit)


def room(limit: int) -> int:
    """Tokens to leave free for the answer."""
    return min(int(limit * ROOM), LONGEST_ANSWER)


def estimated(entry: Entry) -> int:
    """Tokens of an entry, from its length."""
    length = 0
    for part in entry.parts:
        if isinstance(part, Text):
            length += len(part.text)
        elif isinstance(part, ToolCall):
            length += len(part.arguments)
        elif isinstance(part, ToolResult):
            length += len(part.content)
    return AROUND + -(-length // CHARACTERS_PER_TOKEN)


def pressure(entries: Sequence[Entry], limit: int | None, question: str = "") -> Pressure:
    """How full the context is: what a backend last counted, and estimates for what came after.

    Args:
        entries: All of the conversation.
        limit: The model's context.
        question: What is about to be asked.
    """
    active = [entry for entry in entries if entry.counts]
    summaries = [entry.number for entry in active if entry.kind == "summary"]
    newest = max(summaries, default=0)
    counted = [at for at, entry in enumerate(active) if entry.tokens is not None and entry.number > newest]
    begin = counted[-1] + 1 if counted else 0
    tokens = (active[counted[-1]].tokens or 0) if counted else 0
    rest = active[begin:]
    tokens += sum(map(estimated, rest))
    if question:
        tokens += AROUND + -(-len(question) // CHARACTERS_PER_TOKEN)
    return Pressure(tokens=tokens, limit=limit, estimated=bool(rest or question or not counted))


def oldest(entries: Sequence[Entry], limit: int | None) -> Sequence[Entry]:
    """What to condense: the oldest entries that count, so that those which stay take up half the context.

    The last exchange always stays, and what is condensed ends with an answer. Nothing when there is nothing older.

    Args:
        entries: All of the conversation.
        limit: The model's context; None condenses all but the last exchange.
    """
    active = in_order(entries)
    questions = [at for at, entry in enumerate(active) if entry.role == "user"]
    cuts = [at for at in questions if any(entry.kind == "message" for entry in active[:at])]
    if not cuts:
        return ()
    if limit is None:
        return active[: cuts[-1]]
    cut = next((at for at in cuts if _together(active[at:]) <= limit * LEFT), cuts[-1])
    readable = [at for at in cuts if at <= cut and _together(active[:at]) <= limit - room(limit)]
    return active[: readable[-1] if readable else cuts[0]]  # the next round takes what one model can't read at once


def _together(entries: Sequence[Entry]) -> int:
    return sum(map(estimated, entries))


def in_order(entries: Sequence[Entry]) -> list[Entry]:
    """What counts, in the order in which a model should read it: the summary stands for what was said first."""
    active = [entry for entry in entries if entry.counts]
    return sorted(active, key=lambda entry: entry.kind != "summary")

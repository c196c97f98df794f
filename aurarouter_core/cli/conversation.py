"""Finds a conversation by the beginning of its id, and shows conversations."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import click

from aurarouter_core.chat import Conversation, Conversations, Entry
from aurarouter_core.shown import printable

SHORT = 8
"""Characters of an id that are shown where it is only to be told from others."""
NOBODY = "there is no conversation yet: 'aurarouter chat' begins one"


def named(kept: Conversations, prefix: str) -> Conversation:
    """The one whose id begins so.

    Raises:
        click.UsageError: None does, or several do.
    """
    if not prefix:
        raise click.UsageError("the conversation's id is empty; 'aurarouter chat --list' shows them")
    found = kept.find(prefix)
    if len(found) > 1:
        raise click.UsageError(f"{len(found)} conversations begin with '{prefix}'; use more of the id")
    if not found:
        raise click.UsageError(f"no conversation's id begins with '{prefix}'; 'aurarouter chat --list' shows them")
    return found[0]


def to_continue(kept: Conversations, prefix: str | None) -> Conversation:
    """The one that is named, or the one that was used last.

    Raises:
        click.UsageError: There is none.
    """
    if prefix is not None:
        return named(kept, prefix)
    found = kept.latest(1)
    if not found:
        raise click.UsageError(NOBODY)
    return found[0]


def list_lines(found: Sequence[Conversation]) -> Iterator[str]:
    """A line for each conversation."""
    for one in found:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.updated_at))
        private = "  (private)" if one.private else ""
        yield f"{one.id[:SHORT]}  {when}  {printable(one.title)}{private}"


def text_of(conversation: Conversation, entries: Sequence[Entry]) -> str:
    """A conversation as Markdown."""
    private = ", private" if conversation.private else ""
    parts = [f"# {conversation.title}\n\nConversation {conversation.id}{private}"]
    for entry in entries:
        who = "You" if entry.role == "user" else entry.model or "the model"
        if entry.kind == "summary":
            who = f"Summary of what was condensed, by {who}"
        parts.append(f"## {who}{_mark(entry)}\n\n{entry.text}")
    return "\n\n".join(parts) + "\n"


def _mark(entry: Entry) -> str:
    if entry.condensed is not None:
        return " (condensed)"
    if entry.complete:
        return ""
    return " (not answered)" if entry.role == "user" else " (incomplete)"

"""Items of a conversation as turns: calls of tools that belong together in one, and so their results."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve

from aurarouter_hooks import Message, ToolCall


def turns(messages: Iterable[Message]) -> list[Message]:
    """Put items together: OpenAI's dialects write each result, and one of them each call, as an item of its own."""
    found: list[Message] = []
    for message in messages:
        if found and _goes_on(found[-1], message):
            last = found.pop()
            message = evolve(
                last,
                parts=(*last.parts, *message.parts),
                extra={**(last.extra or {}), **(message.extra or {})} or None,
            )
        found.append(message)
    return found


def _goes_on(last: Message, message: Message) -> bool:
    """Whether a message is the rest of the one before. Two texts of one speaker stay two."""
    if last.role != message.role:
        return False
    calls = any(isinstance(part, ToolCall) for part in (*last.parts[-1:], *message.parts[:1]))
    return message.role == "tool" or (message.role == "assistant" and calls)

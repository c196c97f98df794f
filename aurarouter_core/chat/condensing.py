"""Texts for condensing a conversation: what the summarising model reads, and what later prompts begin with."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve

from aurarouter_core.chat.entry import Entry
from aurarouter_core.chat.pressure import in_order
from aurarouter_core.prompts import CONDENSE, SUMMARY, material
from aurarouter_hooks import Done, Message, Task, ToolCall, ToolResult

SPEAKERS = {"user": "User", "assistant": "Assistant"}


def messages(entries: Sequence[Entry]) -> tuple[Message, ...]:
    """The conversation as a model is sent it: the summary of the older part as data, then what was said since."""
    return tuple(
        Message("system", SUMMARY + material(entry.text)) if entry.kind == "summary" else entry.message
        for entry in in_order(entries)
    )


def task(entries: Sequence[Entry], wishes: Task) -> Task:
    """What to ask of the model that summarises; who that is and what it may see stands in `wishes`."""
    return evolve(wishes, text=CONDENSE, context="\n\n".join(map(_told, entries)), mode="direct")


def _told(entry: Entry) -> str:
    if entry.kind == "summary":
        return f"Summary of what was said before:\n{entry.text}"
    words = [entry.text] if entry.text else []
    for part in entry.parts:
        if isinstance(part, ToolCall):
            words.append(f"(calls the tool {part.name}:\n{part.arguments})")  # JSON is seen where a line begins
        elif isinstance(part, ToolResult):
            words.append(f"(the tool answers:\n{part.content})")
    return f"{SPEAKERS[entry.role]}:\n" + "\n".join(words)


def objection(done: Done, entries: Sequence[Entry]) -> str | None:
    """Why a summary may not stand in for these entries; None when it may."""
    if not done.complete or done.reply.finish == "length":
        return "the summary was cut short"
    if not done.text.strip():
        return "the summary is empty"
    if len(done.text) >= sum(len(_told(entry)) for entry in entries):
        return "the summary is no shorter than what it should stand in for"
    return None

"""Entries between brackets and braces: where a new one goes, and what goes with one that is removed."""

from __future__ import annotations

import re

from aurarouter_core.edit.tree import Node, Page

Splice = tuple[int, int, str]
"""Start, end, and what comes in the place of what is there."""
_NOTHING = re.compile(r"(?:\s|#[^\n]*)*")


def added(page: Page, node: Node, index: int, new: str) -> list[Splice]:
    """A new entry at that index; on a line of its own where the one before it has one."""
    if not node.entries:
        return [_inside(page, node, new)]
    if index == 0:
        first = node.entries[0].start
        gap = "\n" + " " * page.column(first) if page.alone(first) else " "
        return [(first, first, f"{new},{gap}")]
    before = node.entries[index - 1]
    end = before.value.end
    comma = _comma(page, end)
    if page.alone(before.start) and _last_on_line(page, max(comma + 1, end)):
        at = page.rest(max(comma, end))
        line = "\n" + " " * page.column(before.start) + new
        return [(at, at, line + ",")] if comma >= 0 else [(end, end, ","), (at, at, line)]
    return [(comma + 1, comma + 1, f" {new},")] if comma >= 0 else [(end, end, f", {new}")]


def removed(page: Page, node: Node, index: int) -> list[Splice]:
    """Without the entry at that index and one comma; without its line where it has one to itself."""
    entry = node.entries[index]
    start, end = entry.start, max(entry.value.end, entry.after)
    comma = _comma(page, end)
    before = _comma(page, node.entries[index - 1].value.end) if comma < 0 and index else -1
    lone_comma = [(before, before + 1, "")] if before >= 0 else []
    if page.alone(start) and _last_on_line(page, max(comma + 1, end)):
        return [*lone_comma, (page.line(start), page.following(max(comma, end)), "")]
    if comma >= 0:
        stop = comma + 1
        while page.text[stop] == " ":
            stop += 1
        return [(start, stop, "")]
    if lone_comma and "#" not in page.text[before:start]:
        return [(before, end, "")]
    return [*lone_comma, (start, end, "")]


def _inside(page: Page, node: Node, new: str) -> Splice:
    start, end = node.start + 1, node.end - 1
    if page.text[start:end].strip():  # comments
        return start, start, new + " "
    return start, end, new


def _comma(page: Page, at: int) -> int:
    """The next comma, when nothing but space and comments comes before it; else -1."""
    match = _NOTHING.match(page.text, at)
    at = match.end() if match else at
    return at if page.text[at : at + 1] == "," else -1


def _last_on_line(page: Page, at: int) -> bool:
    rest = page.text[at : page.rest(at)].strip()
    return not rest or rest.startswith("#")

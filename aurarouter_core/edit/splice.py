"""One step of an edit: the few characters of a text that it replaces."""

from __future__ import annotations

import re
from typing import Any

from attrs import frozen

from aurarouter_core.edit import flow
from aurarouter_core.edit.changes import Path, dotted
from aurarouter_core.edit.flow import Splice
from aurarouter_core.edit.render import block, entry, inline, literal
from aurarouter_core.edit.steps import Cut, Insert, Put, Step
from aurarouter_core.edit.tree import Entry, Node, Page
from aurarouter_hooks import ConfigError

_HEADER = re.compile(r"[|>][-+0-9]*")
BLOCK_SCALAR = ("|", ">")


@frozen
class Place:
    """Where a path leads.

    Attributes:
        parent: What holds the entry; None when the file is empty.
        entry: The entry; None when the parent lacks it.
        owner: The entry whose value the parent is; None when that is the whole file.
        flowing: Brackets or braces are around the entry.
        path: Itself, for messages.
    """

    parent: Node | None = None
    entry: Entry | None = None
    owner: Entry | None = None
    flowing: bool = False
    path: Path = ()


def spliced(page: Page, step: Step) -> str:
    """The text after one step.

    Raises:
        ConfigError: It would touch more than its own place.
    """
    place = _find(page, step.path)
    if place.parent is None:
        lines = entry(
            f"{inline(step.path[0])}:", None if isinstance(step, Cut) else step.value, 0, page.step, page.dash
        )
        splices = [_below(page, page.stop, lines)]
    elif isinstance(step, Insert) or (isinstance(step, Put) and place.entry is None):
        splices = _added(page, place, place.parent, step)
    elif place.entry is None:
        raise refusal(page, step.path, "it is taken over from another place by '<<'")
    elif isinstance(step, Cut):
        splices = _removed(page, place, place.parent, place.entry)
    else:
        splices = _replaced(page, place, place.parent, place.entry, step.value)
    pieces, at = [], 0
    for start, end, new in sorted(splices, key=lambda splice: splice[0]):
        pieces += [page.text[at:start], new.replace("\n", page.break_)]
        at = end
    return "".join([*pieces, page.text[at:]])


def refusal(page: Page, path: Path, why: str) -> ConfigError:
    """The error that says which line stands in the way of a path."""
    node, at = page.root, 0
    for name in path:
        found = _entry(node, name) if node else None
        if found is None:
            break
        at, node = found.start, found.value
    return page.refusal(at, why, dotted(path))


def _entry(node: Node, name: object) -> Entry | None:
    return next((item for item in node.entries if item.name == name and type(item.name) is type(name)), None)


def _find(page: Page, path: Path) -> Place:
    node, place = page.root, Place()
    for depth, name in enumerate(path):
        if node is None or (not depth and node.kind == "scalar" and node.start == node.end):
            return Place()
        why = _closed(page, node)
        if why:
            raise refusal(page, path[:depth], why)
        found = _entry(node, name)
        place = Place(node, found, place.entry, place.flowing or not node.block, path)
        if found is None and depth + 1 < len(path):
            raise refusal(page, path, "it is taken over from another place by '<<'")
        node = found.value if found else None
    if node and node.anchor:
        raise refusal(page, path, f"it has the anchor &{node.anchor}, for use in other places")
    return place


def _closed(page: Page, node: Node) -> str:
    """Why nothing inside this node can be edited; empty when it can."""
    if node.kind == "alias":
        return f"it is an alias of another place ({page.text[node.start : node.end]})"
    if node.anchor:
        return f"it has the anchor &{node.anchor}, for use in other places"
    if node.tagged:
        return "it has a tag of its own"
    if node.kind == "scalar":
        return "it is a single value, which has no entries"
    starts = [item.start for item in node.entries] if node.kind == "mapping" else []
    if any(page.text[page.line(start) : start].rstrip().endswith("?") for start in starts):
        return "it has keys written with '?'"
    return ""


def _below(page: Page, at: int, lines: list[str], end: int | None = None) -> Splice:
    """Lines that start at the start of a line, perhaps in the place of others."""
    text = "".join(f"{line}\n" for line in lines)
    unfinished = at == len(page.text) and page.text and not page.text.endswith("\n")
    return at, at if end is None else end, "\n" + text if lines and unfinished else text


def _added(page: Page, place: Place, parent: Node, step: Put | Insert) -> list[Splice]:
    """A new entry: at the end of a mapping, or at its index in a list."""
    name, value = step.path[-1], step.value
    listed = parent.kind == "sequence"
    if place.flowing:
        new = inline(value, flow=True) if listed else f"{inline(name, flow=True)}: {inline(value, flow=True)}"
        if not parent.entries and place.owner is None and page.column(parent.start) == 0:
            whole = entry(f"{inline(name)}:", value, 0, page.step, page.dash)  # the file holds just "{}"
            return [(parent.start, parent.end, "\n".join(whole))]
        return flow.added(page, parent, int(name) if listed else len(parent.entries), new)
    first = parent.entries[0].start
    column = page.column(first)
    lines = entry("-" if listed else f"{inline(name)}:", value, column, page.step, page.dash)
    if listed and name == 0:
        return [(first, first, "\n".join([*lines, " " * column])[column:])]
    last = not listed or name == len(parent.entries)
    before = parent.entries[-1 if last else int(name) - 1]
    # Comments at this very column belong to this list only when it ends here and stands deeper than what owns it.
    inner = last and (place.owner is None or page.column(place.owner.start) < column)
    return [_below(page, page.tail(before.value.end, column if inner else column + 1), lines)]


def _removed(page: Page, place: Place, parent: Node, gone: Entry) -> list[Splice]:
    """Without an entry; what loses its last one becomes an empty one."""
    index = parent.entries.index(gone)
    if place.flowing:
        return flow.removed(page, parent, index)
    start, tail = gone.start, page.tail(gone.value.end, page.column(gone.start) + 1)
    lines = (page.line(start), tail, "")
    if len(parent.entries) == 1 and place.owner:
        empty = "[]" if parent.kind == "sequence" else "{}"
        if page.alone(start):
            return [(place.owner.after, place.owner.after, f" {empty}"), lines]
        return [(start, _last_break(page, tail), empty)]
    if page.alone(start):
        return [lines]
    following = parent.entries[index + 1].start  # it shares its line with a dash, which the next one takes over
    if not page.text[tail:following].strip():
        return [(start, following, "")]
    return [(page.line(start) + len(page.text[page.line(start) : start].rstrip()), _last_break(page, tail), "")]


def _last_break(page: Page, tail: int) -> int:
    return page.rest(page.line(tail - 1))


def _replaced(page: Page, place: Place, parent: Node, old: Entry, value: Any) -> list[Splice]:
    """Another value in the place of the one that is there."""
    node, after = old.value, old.after
    head, body = _shape(page, place, parent, old, value)
    if node.block:
        first, tail = node.entries[0].start, page.tail(node.end, page.column(old.start) + 1)
        if not page.alone(first):
            return [(first, _last_break(page, tail), "\n".join([head, *body]))]
        return [(after, after, head and f" {head}"), _below(page, page.following(after), body, tail)]
    if node.style in BLOCK_SCALAR:
        header = _HEADER.match(page.text, node.start)
        end = header.end() if header else node.start
        below = _below(page, page.following(node.start), body, page.following(node.end))
    else:
        end, below = node.end, _below(page, page.following(node.end), body)
    if parent.kind == "mapping" and page.text[after - 1] != ":":  # {a} is short for {a: null}
        head = f": {head}"
    elif node.start == after and head and not (place.flowing and parent.kind == "sequence"):
        head = f" {head}"
    return [(node.start if head else after, end, head), below]


def _shape(page: Page, place: Place, parent: Node, old: Entry, value: Any) -> tuple[str, list[str]]:
    """What comes on the line of the key or the dash, and the lines below."""
    node = old.value
    many = isinstance(value, dict | list) and bool(value)
    if place.flowing or not (many or node.block or node.start == node.end or node.style in BLOCK_SCALAR):
        return inline(value, node.style, flow=place.flowing), []
    if many and node.style == "flow" and not node.entries and "#" in page.text[node.start : node.end]:
        raise refusal(page, place.path, "there is a comment between its brackets")
    column = page.column(old.start)
    if node.style in BLOCK_SCALAR and isinstance(value, str):
        lines = literal(value, _column_of_text(page, node, column + page.step))
    elif many and _starts_lines(page, parent, old):
        lines = block(value, page.column(_first(node)), page.step, page.dash)
        lines[0] = lines[0].lstrip(" ")
    else:
        lines = []
    if not lines:
        lines = entry("-" if parent.kind == "sequence" else ":", value, column, page.step, page.dash)
        lines[0] = lines[0][column + 1 :].lstrip(" ")
    return lines[0], lines[1:]


def _starts_lines(page: Page, parent: Node, old: Entry) -> bool:
    """A value that begins where the lines of a block can begin too: below its key, or beside its dash."""
    node = old.value
    if node.start == node.end or node.style in BLOCK_SCALAR:
        return False
    beside = parent.kind == "sequence" and page.line(_first(node)) == page.line(old.start)
    return beside or (page.alone(node.start) and not node.block)


def _first(node: Node) -> int:
    return node.entries[0].start if node.block else node.start


def _column_of_text(page: Page, node: Node, default: int) -> int:
    """Where the lines of a block scalar start."""
    lines = page.text[page.following(node.start) : node.end].splitlines()
    return min((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), default=default)

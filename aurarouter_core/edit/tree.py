"""A YAML text as a tree of nodes that know where they stand, to the character."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from attrs import Factory, define, frozen

from aurarouter_core.plain import yaml_problem
from aurarouter_core.yaml_text import loader
from aurarouter_hooks import ConfigError, Problem

BY_HAND = "Edit the file by hand."
MERGE = "tag:yaml.org,2002:merge"
_ODD_BREAK = re.compile("\r(?!\n)|[\x85\u2028\u2029]")
_BEFORE_DASH = re.compile(r"(?:[&!]\S*|#.*|\s)*")


def reader() -> Any:
    """What marks the places in a text: libyaml, or the same in Python, which is slower."""
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@frozen
class Node:
    """A value: where it starts (with its anchor and tag) and where its last character ends.

    Attributes:
        kind: "scalar", "alias", "mapping" or "sequence".
        style: One of ' " | > for a scalar that is not plain; "flow" or "block" for what holds entries.
        anchor: The name that aliases use; None without one.
        tagged: A tag is written in front of it.
    """

    kind: str
    start: int
    end: int
    style: str = ""
    anchor: str | None = None
    tagged: bool = False
    entries: tuple[Entry, ...] = ()

    @property
    def block(self) -> bool:
        """Its entries stand on lines of their own."""
        return self.style == "block"


@frozen
class Entry:
    """A key and its value, or an item of a list.

    Attributes:
        name: The key as data; an item's index.
        start: Where the key or the dash stands.
        after: Just past the key's colon (or past the key, when it has none) or past the dash.
    """

    name: object
    start: int
    after: int
    value: Node


@define
class Page:
    """A text of one document, read.

    Attributes:
        name: What messages call it.
        root: None when the text holds no value.
        stop: Where the document ends: the end of the text, or `...`.
        step: Columns by which a mapping inside a mapping is indented here, mostly.
        dash: The same for a list.
    """

    text: str
    name: str = "the file"
    root: Node | None = None
    stop: int = 0
    step: int = 2
    dash: int = 2
    _steps: Counter[int] = Factory(Counter)
    _dashes: Counter[int] = Factory(Counter)

    @classmethod
    def of(cls, text: str, name: str) -> Page:
        """Read a text.

        Raises:
            ConfigError: It is no YAML, or something in it makes it unsafe to edit.
        """
        import yaml

        page = cls(text, name, stop=len(text))
        odd = _ODD_BREAK.search(text)
        if odd:
            raise page.refusal(odd.start(), "there is a line break that is neither \\n nor \\r\\n")
        try:
            page._read(yaml.parse(text, Loader=reader()))
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            problem = Problem(yaml_problem(error), line=mark.line + 1 if mark else None)
            raise ConfigError(
                "the file is not valid YAML", problems=[problem], hint="Correct the line named."
            ) from error
        except RecursionError as error:
            raise ConfigError(f"{name} is nested too deeply", hint=BY_HAND) from error
        page.step = max(page._steps, key=lambda width: page._steps[width], default=2)
        page.dash = max(page._dashes, key=lambda width: page._dashes[width], default=page.step)
        return page

    def refusal(self, at: int, why: str, where: str = "") -> ConfigError:
        """The error that says at which line an edit is impossible, and why; `where` is a path, if one is meant."""
        line = self.text.count("\n", 0, at) + 1
        what = f"{where} in {self.name}" if where else self.name
        return ConfigError(f"{what} can't be edited (line {line}): {why}", hint=BY_HAND)

    def line(self, at: int) -> int:
        """Where the line of a character starts."""
        return self.text.rfind("\n", 0, at) + 1

    def column(self, at: int) -> int:
        """How far from its line's start a character stands."""
        return at - self.line(at)

    def alone(self, at: int) -> bool:
        """Nothing but spaces stands before it on its line."""
        return self.text[self.line(at) : at].isspace() or at == self.line(at)

    def rest(self, at: int) -> int:
        """Where the line of a character ends, before the break."""
        end = self.text.find("\n", at)
        end = len(self.text) if end < 0 else end
        return end - 1 if end > at and self.text[end - 1] == "\r" else end

    def following(self, at: int) -> int:
        """Where the line after that of a character starts."""
        return self.text.find("\n", at) + 1 or len(self.text)

    def tail(self, at: int, column: int) -> int:
        """Where the line after an entry starts that ends at a character, with the comments below from that column."""
        best = here = self.following(at)
        while here < len(self.text):
            words = self.text[here : self.rest(here)].lstrip()
            if words and not (words[0] == "#" and self.rest(here) - here - len(words) >= column):
                break
            here = self.following(here)
            best = here if words else best
        return best

    @property
    def break_(self) -> str:
        """How lines end here."""
        return "\r\n" if "\r\n" in self.text else "\n"

    def _read(self, events: Iterator[Any]) -> None:
        keys = loader()("")
        for event in events:
            kind = type(event).__name__
            if kind == "DocumentStartEvent":
                if self.root is not None:
                    raise self.refusal(event.start_mark.index, "it holds several documents")
                self.root = self._node(next(events), events, keys)
            elif kind == "DocumentEndEvent" and event.explicit:
                self.stop = event.start_mark.index

    def _node(self, event: Any, events: Iterator[Any], keys: Any) -> Node:
        kind = type(event).__name__.removesuffix("Event").removesuffix("Start").lower()
        start, end = event.start_mark.index, event.end_mark.index
        if kind == "alias":
            return Node(kind, start, end)
        tagged = event.tag is not None
        if kind == "scalar":
            style = event.style or ""
            if style in ("|", ">"):
                end = self._end_of_lines(start, end)
            return Node(kind, start, end, style, event.anchor, tagged)
        entries: list[Entry] = []
        flow = bool(event.flow_style)
        names: set[tuple[type, object]] = set()
        for below in events:
            if type(below).__name__ in ("MappingEndEvent", "SequenceEndEvent"):
                end = below.end_mark.index if flow else entries[-1].value.end
                break
            if kind == "mapping":
                entry = self._pair(below, events, keys)
                if (type(entry.name), entry.name) in names:
                    raise self.refusal(entry.start, f"'{entry.name}' stands there twice")
                names.add((type(entry.name), entry.name))
            else:
                dash = self._dash(start, entries) if not flow else below.start_mark.index
                entry = Entry(len(entries), dash, dash + (not flow), self._node(below, events, keys))
            entries.append(entry)
        if not flow:
            self._measure(kind, entries)
        return Node(kind, start, end, "flow" if flow else "block", event.anchor, tagged, tuple(entries))

    def _end_of_lines(self, start: int, end: int) -> int:
        """Where a block scalar's last line ends; blank lines below count only where the scalar keeps them."""
        if "+" in self.text[start : self.rest(start)].split("#")[0]:
            return self.rest(end - 1) if self.text[end - 1] == "\n" else end
        return start + len(self.text[start:end].rstrip())

    def _dash(self, start: int, before: list[Entry]) -> int:
        at = self.following(before[-1].value.end) if before else start
        match = _BEFORE_DASH.match(self.text, at)
        return match.end() if match else at

    def _pair(self, event: Any, events: Iterator[Any], keys: Any) -> Entry:
        import yaml

        key = self._node(event, events, keys)
        name: object = key.start  # no path names it
        if key.kind == "scalar":
            tag = event.tag or keys.resolve(yaml.ScalarNode, event.value, event.implicit)
            name = MERGE if tag == MERGE else keys.construct_object(yaml.ScalarNode(tag, event.value, event.start_mark))
        colon = re.compile(r"\s*:").match(self.text, key.end)
        value = self._node(next(events), events, keys)
        return Entry(name, key.start, colon.end() if colon else key.end, value)

    def _measure(self, kind: str, entries: list[Entry]) -> None:
        for entry in entries if kind == "mapping" else ():
            if entry.value.block:
                counter = self._steps if entry.value.kind == "mapping" else self._dashes
                counter[self.column(entry.value.entries[0].start) - self.column(entry.start)] += 1

"""A configuration file's text with something else in the place of each secret, and the way back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from aurarouter_core.shown import LOOKS, masked
from aurarouter_core.yaml_text import composed, parse
from aurarouter_hooks import ConfigError

if TYPE_CHECKING:
    import yaml

TOKEN = re.compile(r'"?\*{4}(\d+)"?')
PAIR = re.compile(r"""^[\s#-]*["']?([\w.-]+)["']?\s*:\s+(?=\S)(.*\S)""")

BELOW = re.compile(r"""^[\s#-]*["']?([\w.-]+)["']?\s*:\s*(?:[|>][-+\d]*)?\s*(?:#.*)?$""")
ANYTHING = "a value that is not known"


class Veil:
    """Knows which secret each stand-in (`"****1"`) stands for. A stand-in may be moved and copied like any text.

    Args:
        kinds: Section name → type, which tell what is a secret.
    """

    def __init__(self, kinds: Mapping[str, Any]) -> None:
        self._kinds = kinds
        self._numbers: dict[str, int] = {}

    def put_on(self, text: str) -> str:
        """The text with its secrets hidden. One that is no YAML is judged line by line."""
        spans = {start: end for start, end in self._spans(text) if not TOKEN.fullmatch(text[start:end])}
        shown, at = [], 0
        for start, end in sorted(spans.items()):
            if start >= at:
                shown += [text[at:start], f'"****{self._number(text[start:end], text)}"']
                at = end
        return "".join([*shown, text[at:]])

    def take_off(self, text: str) -> str:
        """The text with its secrets in it again."""
        sources = {number: source for source, number in self._numbers.items()}
        return TOKEN.sub(lambda match: sources.get(int(match[1]), match[0]), text)

    def strangers(self, text: str) -> list[str]:
        """Stand-ins in a text that stand for nothing that was hidden here."""
        known = set(self._numbers.values())
        return [match[0] for match in TOKEN.finditer(text) if int(match[1]) not in known]

    def secrets(self, text: str) -> set[str]:
        """The secrets in a text, as they are written there."""
        return {text[start:end] for start, end in self._spans(text) if not TOKEN.fullmatch(text[start:end])}

    def _number(self, source: str, text: str) -> int:
        if source not in self._numbers:
            number = len(self._numbers) + 1
            while f"****{number}" in text or number in self._numbers.values():
                number += 1
            self._numbers[source] = number
        return self._numbers[source]

    def _spans(self, text: str) -> Iterator[tuple[int, int]]:
        starts = [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", text)), len(text)]
        lines = [(start, text[start:end]) for start, end in pairwise(starts)]
        try:
            settings, root = parse(text.encode(), "the file").settings, composed(text)
        except ConfigError:
            yield from _by_lines(lines)
            return
        yield from _by_lines([(start, line) for start, line in lines if line.lstrip().startswith("#")])
        for node in _secret(root, settings, masked(settings, self._kinds)) if root is not None else ():
            start, end = (starts[mark.line] + mark.column for mark in (node.start_mark, node.end_mark))
            yield start, start + len(text[start:end].rstrip())
        yield from (match.span() for match in LOOKS.finditer(text))


def _by_lines(lines: list[tuple[int, str]]) -> Iterator[tuple[int, int]]:
    depth: int | None = None  # of a secret's name whose value stands on the lines below it
    for start, line in lines:
        words, indent = line.strip(), len(line) - len(line.lstrip())
        if depth is not None and words:
            if indent > depth or words.startswith("- "):
                yield start + indent, start + indent + len(words)
                continue
            depth = None
        pair, below = PAIR.match(line), BELOW.match(line)
        if below is not None and masked(ANYTHING, name=below[1]) != ANYTHING:
            depth = indent
        elif pair is not None and masked(pair[2], name=pair[1]) != pair[2]:
            yield start + pair.start(2), start + pair.end(2)
        yield from ((start + match.start(), start + match.end()) for match in LOOKS.finditer(line))


def _secret(node: yaml.Node, value: Any, shown: Any) -> Iterator[yaml.Node]:
    """The scalars of a tree that are masked."""
    import yaml

    if isinstance(node, yaml.MappingNode) and isinstance(value, Mapping):
        there = {str(key): item for key, item in value.items()}
        for key, below in node.value:
            if key.value == "<<":
                yield from _secret(below, value, shown)
            elif key.value in there:
                yield from _secret(below, there[key.value], shown[key.value])
    elif isinstance(node, yaml.SequenceNode) and isinstance(value, list):
        for below, item, masks in zip(node.value, value, shown, strict=False):
            yield from _secret(below, item, masks)
    elif isinstance(node, yaml.ScalarNode) and shown != value and isinstance(shown, str):
        yield node

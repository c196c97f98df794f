"""Edits of 500 messy files: only what was meant changes, judged by what the file's writer knows about its places."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
import yaml
from attrs import Factory, define, frozen

from aurarouter_core.edit import Change, Remove, Set, edited
from aurarouter_hooks import ConfigError

Path = tuple[Any, ...]
PLAIN = [
    *[
        "openapi",
        "my model",
        "http://127.0.0.1:8080/v1",
        "${env.KEY}",
        "-1",
        "0x1f",
        "012",
        "4096",
        "0.1",
        "1e-3",
        "1e3",
    ],
    *[
        "1.5e+3",
        "true",
        "no",
        "Yes",
        "null",
        "~",
        "2026-01-01",
        "2026-01-01 10:00:00",
        "12:30",
        "1_000",
        "a#b",
        "größe",
    ],
    *["日本", "C:\\x", "-x", "?y", "a:b"],
]
QUOTED = ["'it''s'", '"a\\tb"', "'yes'", '"é # no comment: at all"', "''", '""', "'  padded '", '"😀"', "'[x]'"]
WORDS = [
    "a",
    "models",
    "roles",
    "tags",
    "provider",
    "My-Model.v2",
    "größe",
    "x_1",
    "endpoint",
    "timeout",
    "b",
    "c",
    "d",
]
VALUES: list[Any] = [
    *["new", "two words", "yes", "1e3", "012", "", "~", " pad ", "a # b", "a: b", "- x", "é😀", "x\ny\n", "\ttab"],
    *[5, 2.5, True, None, [], {}, ["a", "b"], {"k": "v", "n": {"m": [1, 2]}}, [{"a": 1, "b": 2}, "c"]],
]


@frozen
class Spot:
    """Where a value stands, and the whole lines of its entry (None: it shares a line with something else)."""

    kind: str
    value: tuple[int, int]
    lines: tuple[int, int] | None = None
    block: bool = True


@define
class Page:
    """One file, written at random."""

    random: Random
    text: str = ""
    spots: dict[Path, Spot] = Factory(dict)
    break_: str = "\n"
    step: int = 2
    dash: int = 2
    keeps: bool = False

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def spaces(self) -> str:
        return " " * self.random.choice([1, 1, 1, 1, 2, 5])

    def comment(self) -> str:
        return "#" + self.random.choice(["", " why", " a: 1", "   - x", " é 'quote", "# [", "key: value"])

    def noise(self, column: int) -> None:
        while self.chance(0.2):
            blank = not self.keeps and self.chance(0.5)
            self.text += (" " * self.random.choice([0, 0, 3]) if blank else " " * column + self.comment()) + self.break_
            self.keeps = self.keeps and blank

    def ending(self) -> None:
        if self.chance(0.25):
            self.text += self.spaces() + self.comment()
        elif self.chance(0.1):
            self.text += "  "
        self.text += self.break_
        self.keeps = False

    def whole(self) -> Page:
        self.break_ = self.random.choice(["\n", "\n", "\n", "\r\n"])
        self.step = self.random.choice([2, 2, 4, 3])
        self.dash = self.random.choice([0, 2, self.step])
        self.text = self.random.choice(["", "", "", "\ufeff"])
        self.noise(0)
        if self.chance(0.15):
            self.text += "---" + self.random.choice(["", " # start"]) + self.break_
        self.mapping((), 0, 4, True)
        self.noise(0)
        if self.chance(0.1):
            self.text += "..." + self.break_
        if self.chance(0.15) and not self.keeps:
            self.text = self.text.rstrip("\r\n ")
        return self

    def mapping(self, path: Path, column: int, depth: int, fresh: bool) -> None:
        for key in self.random.sample(WORDS, self.random.choice([1, 2, 3, 4] if path else [2, 3, 4, 5])):
            if fresh:
                self.noise(column)
            start = len(self.text) if fresh else None
            self.text += " " * column * fresh
            self.text += (
                self.random.choice([key, key, key, f"'{key}'", f'"{key}"']) + ":"
                if not self.chance(0.03)
                else key + " :"
            )
            at = self.value((*path, key), column, depth, False)
            if not self.keeps and at.kind != "list" and self.chance(0.08):
                self.text += " " * (column + 1) + self.comment() + self.break_
            self.spot((*path, key), at, start)
            fresh = True

    def sequence(self, path: Path, column: int, depth: int) -> None:
        for index in range(self.random.choice([1, 2, 3])):
            self.noise(column)
            start = len(self.text)
            self.text += " " * column + "-"
            at = self.value((*path, index), column, depth, True)
            self.spot((*path, index), at, start)

    def spot(self, path: Path, at: Spot, start: int | None) -> None:
        lines = None if start is None else (start, len(self.text))
        self.spots[path] = Spot(at.kind, at.value, lines, at.block)

    def value(self, path: Path, column: int, depth: int, item: bool) -> Spot:
        pick = self.random.random()
        deeper = column + self.step
        if pick < 0.35 and depth:
            if self.chance(0.65):
                if item and self.chance(0.8):
                    self.text += " "
                    start = len(self.text)
                    self.mapping(path, column + 2, depth - 1, False)
                else:
                    self.ending()
                    start = len(self.text)
                    self.mapping(path, deeper, depth - 1, True)
                return Spot("map", (start, len(self.text)))
            self.ending()
            start = len(self.text)
            self.sequence(path, column + max(self.dash, 2 * item), depth - 1)
            return Spot("list", (start, len(self.text)))
        if pick < 0.42:
            return self.literal(deeper)
        if pick < 0.46:
            at = Spot("empty", (len(self.text), len(self.text)))
            self.ending()
            return at
        if pick < 0.5:
            self.ending()
            self.text += " " * deeper
        else:
            self.text += self.spaces()
        if pick < 0.56:
            fold = self.break_ + self.break_ * self.chance(0.2) + " " * (deeper + self.chance(0.3))
            return self.inline(
                "scalar", self.random.choice(["some words" + fold + "on lines", '"quoted' + fold + 'twice"'])
            )
        if pick < 0.72:
            start = len(self.text)
            kind = self.flow(path, deeper, 2)
            at = Spot(kind, (start, len(self.text)), None, False)
            self.ending()
            return at
        return self.inline("scalar", self.random.choice(PLAIN if self.chance(0.7) else QUOTED))

    def inline(self, kind: str, token: str) -> Spot:
        at = Spot(kind, (len(self.text), len(self.text) + len(token)))
        self.text += token
        self.ending()
        return at

    def literal(self, column: int) -> Spot:
        start = len(self.text) + 1
        chomp = self.random.choice(["", "-", "+"])
        self.text += " " + self.random.choice("|>") + chomp + self.random.choice(["", "  # header"]) + self.break_
        for line in ["first line", *self.random.sample(["  deeper # no comment", "", "last: one"], 2), "end"]:
            self.text += (" " * column + line if line else "") + self.break_
        self.keeps = chomp == "+"
        if self.keeps:
            self.text += self.break_ * self.random.choice([0, 1, 2])
        return Spot("literal", (start, len(self.text)))

    def flow(self, path: Path, column: int, depth: int) -> str:
        pad = self.random.choice(["", " "])
        spread = depth == 2 and self.chance(0.25)
        keys = self.random.sample(WORDS, self.random.choice([0, 1, 2, 3]))
        listed = self.chance(0.6)
        self.text += "[{"[not listed] + pad
        for index, key in enumerate(keys):
            if spread:
                self.text += self.break_ + " " * column
            inner = (*path, index if listed else key)
            if not listed:
                self.text += key + ": "
            start = len(self.text)
            if depth and self.chance(0.15):
                kind = self.flow(inner, column, depth - 1)
            else:
                kind = "scalar"
                self.text += self.random.choice(["x", "4", "no", "a b", "'q, r'", '"s"', "größe", "~"])
            self.spots[inner] = Spot(kind, (start, len(self.text)), None, False)
            last = index == len(keys) - 1
            self.text += (
                "," + " " * self.random.choice([0, 1, 1, 2]) if not last else "," * (spread and self.chance(0.5))
            )
            if spread and self.chance(0.3):
                self.text += "  " + self.comment()
        self.text += (self.break_ + " " * column if spread and keys else pad) + "]}"[not listed]
        return "list" if listed else "map"


def at(data: Any, path: Path) -> Any:
    for name in path:
        data = data[name]
    return data


def pick(page: Page, data: Any) -> tuple[str, Path, Change]:
    """A change that fits the data, which is changed with it."""
    random = page.random
    path = random.choice(list(page.spots))
    holder, here = at(data, path[:-1]), at(data, path)
    kind = random.choice(["set", "set", "remove", "add", "list"])
    value = random.choice(VALUES)
    if kind == "remove":
        del holder[path[-1]]
        return kind, path, Remove(path)
    if kind == "add" and isinstance(here, dict):
        here["new key"] = value
        return kind, path, Set((*path, "new key"), value)
    if kind == "add" and isinstance(here, list):
        here.append(value)
        return kind, path, Set((*path, len(here) - 1), value)
    if kind == "list" and isinstance(here, list):
        value = [item for item in here if random.random() < 0.7]
        for new in random.sample(["n1", "n 2", {"q": 1}], random.choice([0, 1, 2])):
            value.insert(random.randrange(len(value) + 1), new)
    holder[path[-1]] = value
    return "list" if isinstance(here, list) and isinstance(value, list) else "set", path, Set(path, value)


def typed(data: Any) -> Any:
    """The same, so that 1, 1.0 and True differ."""
    if isinstance(data, dict):
        return {repr(key): typed(value) for key, value in data.items()}
    return [typed(item) for item in data] if isinstance(data, list) else repr(data)


def one_gap(short: str, long: str) -> bool:
    """The long text is the short one with something put in at one place."""
    start = next((at for at, pair in enumerate(zip(short, long, strict=False)) if pair[0] != pair[1]), len(short))
    return long.endswith(short[start:])


def check_bytes(page: Page, kind: str, path: Path, old: Any, new: str) -> None:
    """What else than the meant place changed: nothing."""
    text, spot = page.text, page.spots[path]
    if spot.lines:
        start, end = spot.lines
        if kind == "remove" and len(at(old, path[:-1])) > 1:
            assert new == text[:start] + text[end:]
        if kind != "remove":
            assert new.startswith(text[:start])
            assert new.endswith(text[end:])
    start, end = spot.value
    one_line = kind == "set" and spot.kind == "scalar" and new.count("\n") == text.count("\n")
    if one_line and "\n" not in text[start:end]:
        assert new.startswith(text[:start])
        assert new.endswith(text[end:])
    if kind == "add" and at(old, path):
        with_comma = [text[: other.value[1]] + "," + text[other.value[1] :] for other in page.spots.values()]
        assert one_gap(text, new) or any(one_gap(each, new) for each in with_comma)
    items = [(item, page.spots[(*path, index)]) for index, item in enumerate(at(old, path))] if kind == "list" else []
    if spot.block and len({repr(item) for item, _ in items}) == len(items):
        here = 0
        for item, place in items:
            if place.lines and item in at(yaml.safe_load(new), path):
                here = new.index(text[place.lines[0] : place.lines[1]].rstrip(), here)


@pytest.mark.parametrize("first", range(0, 500, 50))
def test_only_the_meant_bytes_change(first: int) -> None:
    refused = 0
    for seed in range(first, first + 50):
        page = Page(Random(seed)).whole()
        for turn in range(4):
            old, wanted = (yaml.load(page.text, Loader=yaml.CSafeLoader) or {} for _ in range(2))
            kind, path, change = pick(page, wanted)
            try:
                new = edited(page.text, [change])
                assert typed(yaml.load(new, Loader=yaml.CSafeLoader) or {}) == typed(wanted)
                check_bytes(page, kind, path, old, new)
            except (ConfigError, AssertionError, ValueError) as error:
                if "something else" not in str(error):
                    raise AssertionError(f"seed {seed}, turn {turn}: {change}\n{page.text}") from error
                refused += 1  # blank lines that a literal keeps, or that have more spaces than it, would have joined it
    assert refused <= 2

"""A user's pattern: read, refused when it is too large, and made into the automaton that `match.py` runs.

What may be written: characters, `.`, `\\d \\w \\s \\D \\W \\S`, sets such as `[A-Z0-9_]`, groups `( )`, `|`, and `? * +
{2} {2,5} {2,}` behind any of them; `\\b` at either end; `(?i)` in front for any case. No look-around, no
back-references: each of them can take more than one step for a character.
"""

from __future__ import annotations

from attrs import field, mutable

from aurarouter_core.detection.alphabet import LETTER, NOTHING, OTHER, folded
from aurarouter_core.detection.automaton import tables

POSITIONS = 62
"""Characters that a pattern may read at most, each repetition counted; one bit of a number each."""
Set = frozenset[int]
"""Characters: the byte of one in ASCII, `LETTER`, `OTHER` or `NOTHING` for all of those, 256 + the point of another."""

_ANY: Set = frozenset({*range(128), LETTER, OTHER, NOTHING})
_DIGIT: Set = frozenset(b"0123456789")
_WORD: Set = frozenset({*_DIGIT, *b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_", LETTER})
_SPACE: Set = frozenset(b" \t\r\n\x0b\x0c")
_CLASSES = {"d": _DIGIT, "w": _WORD, "s": _SPACE, "D": _ANY - _DIGIT, "W": _ANY - _WORD, "S": _ANY - _SPACE}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r"}


@mutable
class _Part:
    """A piece of the automaton: where it may begin and end, and whether it may be left out."""

    empty: bool = True
    first: int = 0
    last: int = 0


@mutable
class _Reader:
    """Reads a pattern from left to right. Repeated pieces are read again, each time with positions of their own."""

    text: str
    fold: bool = False
    at: int = 0
    sets: list[Set] = field(factory=list)
    follow: list[int] = field(factory=list)

    def wrong(self, what: str) -> ValueError:
        return ValueError(f"{what}, at character {self.at + 1} of the pattern")

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self) -> str:
        c = self.peek()
        if not c:
            raise self.wrong("it ends too early")
        self.at += 1
        return c

    def choice(self, depth: int) -> _Part:
        if depth > POSITIONS:
            raise self.wrong("it nests too deeply")
        made = self.sequence(depth)
        while self.peek() == "|":
            self.at += 1
            other = self.sequence(depth)
            made = _Part(made.empty or other.empty, made.first | other.first, made.last | other.last)
        return made

    def sequence(self, depth: int) -> _Part:
        made = _Part()
        while self.peek() not in ("", "|", ")"):
            made = self.joined(made, self.repeated(depth))
        return made

    def joined(self, one: _Part, two: _Part) -> _Part:
        self.link(one.last, two.first)
        first = one.first | two.first if one.empty else one.first
        last = one.last | two.last if two.empty else two.last
        return _Part(one.empty and two.empty, first, last)

    def link(self, lasts: int, firsts: int) -> None:
        for position in range(len(self.follow)):
            if lasts >> position & 1:
                self.follow[position] |= firsts

    def repeated(self, depth: int) -> _Part:
        begin = self.at
        made = self.atom(depth)
        after = self.at
        least, most = self.times()
        end = self.at
        if most == 0:
            raise self.wrong("a repetition of nothing")
        again, copy = least if most is None else most, made
        for number in range(2, again + 1):
            self.at = begin
            copy = self.atom(depth)
            if number > least:
                copy.empty = True
            made = self.joined(made, copy)
            assert self.at == after  # noqa: S101
        if most is None:
            self.link(copy.last, copy.first)
        if least == 0:
            made.empty = True
        self.at = end
        if self.peek() in ("?", "*", "+") and end > after:
            raise self.wrong("two repetitions in a row")
        return made

    def times(self) -> tuple[int, int | None]:
        c = self.peek()
        if c in ("?", "*", "+") and c:
            self.at += 1
            return {"?": (0, 1), "*": (0, None), "+": (1, None)}[c]
        if c != "{":
            return 1, 1
        inside, closed, _ = self.text[self.at + 1 :].partition("}")
        least, comma, most = inside.partition(",")
        numbers = [number for number in (least, most) if number]
        if not closed or not all(number.isascii() and number.isdigit() and len(number) < 4 for number in numbers):
            raise self.wrong("a repetition is written {2}, {2,5} or {2,}; a plain brace \\{")
        if not least:
            raise self.wrong("a repetition needs a least number")
        self.at += len(inside) + 2
        if comma and not most:
            return int(least), None
        if int(most or least) < int(least):
            raise self.wrong("a repetition's most is below its least")
        return int(least), int(most or least)

    def atom(self, depth: int) -> _Part:
        c = self.take()
        if c == "(":
            if self.text.startswith("?:", self.at):
                self.at += 2
            elif self.peek() == "?":
                raise self.wrong("only plain groups are possible: no look-around, no names, no flags inside")
            made = self.choice(depth + 1)
            if self.peek() != ")":
                raise self.wrong("a group is not closed")
            self.at += 1
            return made
        if c in "?*+{":
            raise self.wrong(f"nothing to repeat before '{c}'")
        if c in "^$":
            raise self.wrong(f"'{c}' is not possible; a word's edge is \\b, the sign itself \\{c}")
        if c == ".":
            return self.position(_ANY - {10})
        if c == "[":
            return self.position(self.bracket())
        return self.position(self.escaped() if c == "\\" else self.single(c))

    def position(self, characters: Set) -> _Part:
        if len(self.sets) == POSITIONS:
            raise self.wrong(f"it is too large: it may read {POSITIONS} characters at most, repetitions counted")
        bit = 1 << len(self.sets)
        self.sets.append(characters)
        self.follow.append(0)
        return _Part(False, bit, bit)

    def single(self, c: str) -> Set:
        points = {c, c.lower(), c.upper()} if self.fold else {c}
        return frozenset(_byte(ord(one)) for one in points if len(one) == 1)

    def escaped(self) -> Set:
        c = self.take()
        if c in _CLASSES:
            return _CLASSES[c]
        if c == "b":
            raise self.wrong("\\b is possible at the two ends of a pattern only")
        if c in _CONTROLS:
            return self.single(_CONTROLS[c])
        if c.isalnum():
            raise self.wrong(f"\\{c} is not possible")
        return self.single(c)

    def bracket(self) -> Set:
        negative = self.peek() == "^"
        self.at += negative
        found: set[int] = set()
        empty = True
        while empty or self.peek() != "]":
            empty = False
            c = self.take()
            if c == "\\":
                before = self.at
                found |= self.escaped()
                c = _CONTROLS.get(self.text[before], self.text[before])
                if self.text[before] in _CLASSES:
                    continue
            else:
                found |= self.single(c)
            if self.peek() == "-" and self.text[self.at + 1 : self.at + 2] not in ("", "]"):
                self.at += 1
                end = self.take()
                end = self.take() if end == "\\" else end
                if ord(end) < ord(c) or ord(end) - ord(c) > 4096:
                    raise self.wrong(f"'{c}-{end}' is no range of at most 4,096 characters")
                for point in range(ord(c), ord(end) + 1):
                    found |= self.single(chr(point))
        self.at += 1
        if negative and any(item > 255 for item in found):
            raise self.wrong("a negative set may name ASCII only")
        return frozenset(_ANY - found if negative else found)


def _byte(point: int) -> int:
    byte = folded(point)
    return byte if byte < 128 else 256 + point


def program(pattern: str) -> list[int]:
    """The automaton of a pattern.

    Raises:
        ValueError: It isn't in the syntax, is too large, or matches nothing at all.
    """
    reader = _Reader(pattern)
    if pattern.startswith("(?i)"):
        reader.fold, reader.at = True, 4
    bounds = 0
    if pattern.startswith("\\b", reader.at):
        bounds, reader.at = 1, reader.at + 2
    if (
        pattern.endswith("\\b")
        and (len(pattern) - len(pattern[:-1].rstrip("\\"))) % 2 == 0
        and len(pattern) > reader.at
    ):
        bounds, reader.text = bounds | 2, pattern[:-2]
    made = reader.choice(0)
    if reader.at < len(reader.text):
        raise reader.wrong("a ')' too many")
    if made.empty:
        raise ValueError("the pattern matches the empty text, which is everywhere")
    return [made.first, made.last, bounds, *tables(reader.sets, reader.follow)]

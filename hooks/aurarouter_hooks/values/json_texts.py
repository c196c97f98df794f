"""What the JSON inside a text stands for: escapes hide line ends, quotes and letters from whoever looks at the text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import chain, pairwise

STRING = re.compile(r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"?', re.DOTALL)
"""A string, escaped as it stands. Its end may be missing, so that a search never comes back to its beginning."""
DEEPEST = 8
"""Levels of JSON in strings of JSON that are looked into. Each doubles what stands before a quote."""
_DATA = re.compile('"data:', re.IGNORECASE)
ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_WHOLE = re.compile(r'[\s\ufeff]*+([{\[]|"[^"\\]*+(?:\\.[^"\\]*+)*+"\s*\Z)', re.DOTALL)
_BLOCK = re.compile(r'\n[ \t]*+(?=\{\s*["}]|\[\s*(?:["{\[]|(?:[-+.\w]+\s*,)))')
_OPENING = frozenset('{["\ufeff \t\r\n')
_WRONG = 16
"""Places where JSON seems to begin and doesn't, behind which none is looked for: each may take as long as all."""
_read = json.JSONDecoder().raw_decode
_decode = json.JSONDecoder(strict=False).decode


def is_json(text: str) -> bool:
    """It looks like JSON from its first sign on."""
    return text[:1] in _OPENING and _WHOLE.match(text) is not None


def begins(text: str) -> list[int]:
    """Where JSON begins: where the text does, or on a line of its own, indented or not."""
    whole = _WHOLE.match(text) if text[:1] in _OPENING else None
    places = [whole.start(1)] if whole else []
    if "\n" in text and ("{" in text or "[" in text):
        places += [match.end() for match in _BLOCK.finditer(text)]
    return places


def blocks(text: str) -> tuple[list[tuple[int, int]], bool]:
    """Where right JSON begins and ends in a text, and whether nothing else there looks like JSON."""
    found: list[tuple[int, int]] = []
    end = wrong = 0
    for start in begins(text):
        if start < end or wrong >= _WRONG:
            continue
        try:
            _, end = _read(text, start)
        except (ValueError, RecursionError):
            wrong += 1
        else:
            found.append((start, end))
            wrong += text[end : end + 1] in ("{", "[")  # more of it on the same line
    return found, not wrong


def decoded(text: str, deepest: int = DEEPEST) -> Iterable[str]:
    """What the JSON in a text stands for; nothing for a text without any. Never an error, in time linear in its length.

    In a string of JSON that has several lines, JSON may begin below other words, too.
    """
    places = begins(text)
    if not places:
        return ()  # most texts
    return chain.from_iterable(meant(text[at:end], deepest) for at, end in pairwise((*places, len(text))))


def meant(text: str, deepest: int = DEEPEST) -> Iterator[str]:
    """A text as JSON that is decoded, whether it looks like that or not.

    As a whole, since keys name values; the strings of several lines, since some things count only where a line begins,
    which a single word in quotes is no reason for; each that leads to more data; and those that hold a quote behind
    their names, since it would seem to end them.
    """
    data = _DATA.search(text)
    if "\\" not in text and "\n" not in text and not data:
        return  # it stands for what is written
    pieces = STRING.split(text) if '\\"' in text else text.split('"')  # the same, and several times as fast
    escaped = [at for at, each in enumerate(pieces) if "\\" in each] if "\\" in text else []
    if escaped:  # all others are read as they are written
        for at, said in zip(escaped, _unescaped([pieces[at] for at in escaped]), strict=True):
            pieces[at] = said
    lines = [each for each in pieces[1::2] if "\n" in each and _has_lines(each)]
    lines += [pieces[at] for at in escaped if at % 2 == 0 and _has_lines(pieces[at])]  # a string, in JSON with an error
    if lines:
        yield "\n\n".join(lines)
    if escaped or data:
        yield from [each for each in pieces[1::2] if each[:5].lower() == "data:"]
    if not escaped:
        return
    quoting = [at for at in escaped if at % 2 and '"' in pieces[at]]
    pairs = [named(pieces[at - 2], pieces[at]) for at in quoting if at > 1 and pieces[at - 1].strip() == ":"]
    if pairs:
        yield "\n\n".join(pairs)
    if deepest:
        for at in quoting:
            yield from decoded(pieces[at], deepest - 1)
    for at in escaped:
        if at % 2 and "\n" in pieces[at] and not _has_lines(pieces[at]):
            pieces[at] = f"{pieces[at].strip()},"  # a heading ends with its line, but not before a comma
    yield '"'.join(pieces)


def _has_lines(text: str) -> bool:
    return "\n" in text and "\n" in text.strip()


def named(name: object, value: str) -> str:
    """A value behind its name, between quotes that don't seem to end it."""
    quote = next((each for each in "\"'`" if each not in value), '"')
    return f'"{name}": {quote}{value}{quote}'


def unescaped(string: str) -> str:
    """What stands between the quotes of a string, without its escapes; wrong ones are read as well as can be."""
    said = ESCAPE.sub(_letter, string)
    return said.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if "\\u" in string else said


def _unescaped(pieces: list[str]) -> list[str]:
    try:
        said: list[str] = _decode('["' + '","'.join(pieces) + '"]')  # one call for all is several times as fast
    except ValueError:
        said = []
    return said if len(said) == len(pieces) else [*map(unescaped, pieces)]


def _letter(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else _LETTERS.get(escape[2], escape[2])

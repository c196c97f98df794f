"""What the JSON inside a text stands for: escapes hide line ends, quotes and letters from whoever looks at the text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import chain

STRING = re.compile(r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"?', re.DOTALL)
"""A string, escaped as it stands. Its end may be missing, so that a search never comes back to its beginning."""
DEEPEST = 8
"""Levels of JSON in strings of JSON that are looked into. Each doubles what stands before a quote."""
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_WHOLE = re.compile(r'[\s\ufeff]*+(?:[{\[]|"[^"\\]*+(?:\\.[^"\\]*+)*+"\s*\Z)', re.DOTALL)
_BLOCK = re.compile(r'\n(?=\{\s*["}]|\[\s*(?:["{\[]|(?:[-+.\w]+\s*,)))')
_OPENING = frozenset('{["\ufeff \t\r\n')
_decode = json.JSONDecoder(strict=False).decode


def is_json(text: str) -> bool:
    """It looks like JSON from its first sign on."""
    return text[:1] in _OPENING and _WHOLE.match(text) is not None


def decoded(text: str) -> Iterable[str]:
    """What the JSON in a text stands for; nothing for a text without any. Never an error, in time linear in its length.

    JSON begins where the text does, or on a line of its own.
    """
    whole = is_json(text)
    if not whole and not ("{" in text and "\n{" in text) and not ("[" in text and "\n[" in text):
        return ()  # most texts
    first, *blocks = _BLOCK.split(text)
    return chain.from_iterable(map(meant, (first, *blocks) if whole else blocks))


def meant(text: str, deepest: int = DEEPEST) -> Iterator[str]:
    """A text as JSON that is decoded, whether it looks like that or not.

    As a whole, since keys name values; its strings on lines of their own, since some things count only there, and each
    that leads to more data; and those that hold a quote behind their names, since it would seem to end them.
    """
    pieces = STRING.split(text)
    if len(pieces) == 1:
        return
    if "\\" in text:
        pieces = _unescaped(pieces)
        yield '"'.join(pieces)
    yield "\n\n".join(pieces)  # what is between strings, too: in JSON with an error it may be one
    strings = pieces[1::2]
    yield from (each for each in strings if each[:5].lower() == "data:")
    for at in range(3, len(pieces), 2):
        if '"' in pieces[at] and pieces[at - 1].strip() == ":":
            yield named(pieces[at - 2], pieces[at])
    if deepest:
        for each in strings:
            if is_json(each):
                yield from meant(each, deepest - 1)


def named(name: object, value: str) -> str:
    """A value behind its name, between quotes that don't seem to end it."""
    quote = next((each for each in "\"'`" if each not in value), '"')
    return f'"{name}": {quote}{value}{quote}'


def unescaped(string: str) -> str:
    """What stands between the quotes of a string, without its escapes; wrong ones are read as well as can be."""
    try:
        said: str = _decode(f'"{string}"')
    except ValueError:
        return _ESCAPE.sub(_letter, string).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return said


def _unescaped(pieces: list[str]) -> list[str]:
    try:
        said: list[str] = _decode('["' + '","'.join(pieces) + '"]')  # one call for all is several times as fast
    except ValueError:
        return [unescaped(each) for each in pieces]
    return said


def _letter(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else _LETTERS.get(escape[2], escape[2])

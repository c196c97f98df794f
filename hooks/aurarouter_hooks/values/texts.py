"""Every text inside what would be sent, wherever it hides: what must be scanned for private data.

What JSON in a text stands for is a text as well, behind the one that it stands in.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote_to_bytes

from attrs import fields, has

from aurarouter_hooks.values.json_texts import decoded, is_json, meant, named
from aurarouter_hooks.values.message import Media, Message, Text, ToolCall, ToolResult
from aurarouter_hooks.values.picture_texts import picture_texts

NAMED = (str, int, float)
"""What a key names on the same line."""


def texts_in(value: object) -> Iterator[str]:
    """Every text inside a value, however deep: what is not understood is taken by its words, never left out."""
    if isinstance(value, str):
        for text in (value, *decoded(value)):
            yield text
            if text[:5].lower() == "data:":
                yield from _data_url(text)
    elif isinstance(value, bytes | bytearray | memoryview):
        yield from _bytes(bytes(value))
    elif isinstance(value, Message):
        yield from _message(value)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _pair(key, item)
    elif isinstance(value, Iterable):
        for item in value:
            yield from texts_in(item)
    elif has(kind := type(value)):
        for attribute in fields(kind):
            yield from texts_in(getattr(value, attribute.name))
    elif value is not None:
        yield str(value)


def _pair(key: object, item: object) -> Iterator[str]:
    """A key, what it says, and both together as they are sent: a key may name what is private."""
    yield from texts_in(key)
    yield from texts_in(item)
    if item.__class__ in NAMED:
        yield named(key, str(item))


def _message(message: Message) -> Iterator[str]:
    """Its parts; and its text parts joined, since a model reads them as one."""
    texts = 0
    for part in message.parts:
        if isinstance(part, Text):
            texts += 1
            yield from texts_in(part.text)
            if part.extra:  # as few have
                yield from texts_in(part.extra)
        else:
            yield from texts_in(part)
            if isinstance(part, ToolCall) and not is_json(part.arguments):
                yield from meant(part.arguments)  # it should be JSON, and whoever gets it reads it like that
    if texts > 1:
        yield from texts_in(message.text)
    if message.extra:
        yield from texts_in(message.extra)


def _data_url(url: str) -> Iterator[str]:
    head, comma, body = url.partition(",")
    if not comma:
        return
    data = unquote_to_bytes(body)
    if head.rstrip().lower().endswith(";base64"):
        kept = data.translate(None, b" \t\r\n=").replace(b"-", b"+").replace(b"_", b"/")
        try:
            data = base64.b64decode(kept[: len(kept) - (len(kept) % 4 == 1)] + b"=" * (-len(kept) % 4))
        except binascii.Error:
            return  # no backend can read it either; its own characters have been looked at
    yield from _bytes(data)


def _bytes(data: bytes) -> Iterator[str]:
    """The words inside bytes: as UTF-8, and of UTF-16 every other byte. What is neither belongs to no word."""
    text = data.decode(errors="replace")
    yield text
    yield from decoded(text)
    if b"\0" in data:
        yield data.replace(b"\0", b"").decode(errors="replace")
        # Else a picture's own word for UTF-16, or the end of the text before, would be the beginning of a word.
        yield data.replace(b"UNICODE\0", b" ").replace(b"\0\0", b" ").replace(b"\0", b"").decode(errors="replace")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        yield data.decode("utf-16", errors="replace")
    yield from picture_texts(data)


def media_in(messages: Iterable[Message]) -> Iterator[Media]:
    """Every file that messages hold, those of tool results too."""
    for message in messages:
        for part in message.parts:
            if isinstance(part, Media):
                yield part
            elif isinstance(part, ToolResult):
                yield from part.media


def is_readable(media: Media) -> bool:
    """A scan sees the whole content: it is text, and it is here."""
    here = media.data is not None or (media.url or "")[:5].lower() == "data:"
    kind = media.media_type.partition(";")[0].strip().lower()
    readable = kind.startswith("text/") or kind.endswith(("+json", "+xml"))
    return here and (readable or kind in ("application/json", "application/xml", "application/yaml"))

"""How many tokens a task takes: at least, and at most. Nobody's tokenizer is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import fields as attrs_fields
from attrs import frozen, has

from aurarouter_hooks import Media, Message, Part, Task, Text, ToolCall, ToolResult
from aurarouter_hooks.values.texts import is_readable, media_in

AROUND = 16
"""Tokens that a chat template puts around one message, at most."""
A_FILE = 8000
"""Tokens that a picture, or another file whose words can't be counted, is taken to be, at most."""
ANSWER = ("max_tokens", "max_completion_tokens", "max_output_tokens")
_PLAIN = b"abcdefghijklmnopqrstuvwxyz "


@frozen
class Length:
    """Tokens of the prompt and of the answer that was asked for.

    Attributes:
        least: No tokenizer needs fewer.
        most: What a small model's tokenizer needs for text of any language; two times what English takes.
    """

    least: int
    most: int


def length(task: Task) -> Length:
    """How long a task is. A picture may be anything from nothing to `A_FILE`."""
    least = most = 0
    texts = [task.text, task.context, *pieces((task.messages, task.tools, task.response_schema, task.extra))]
    for text in texts:
        if text:
            least += len(text) // 6
            most += tokens(text)
    most += in_files(task.messages)
    answer = max((value for name in ANSWER if type(value := task.parameters.get(name)) is int), default=0)
    return Length(least + answer, most + AROUND * (2 + len(task.messages)) + answer)


def count_tokens(task: Task) -> int:
    """What a task takes at most, the answer that it asks for included."""
    return length(task).most


def characters(messages: Iterable[Message]) -> int:
    """Letters and signs of messages: of texts, of the arguments of calls, and of what tools answered."""
    return sum(len(_words(part)) for message in messages for part in message.parts)


def _words(part: Part) -> str:
    match part:
        case Text():
            return part.text
        case ToolCall():
            return part.arguments
        case ToolResult():
            return part.content
        case _:
            return ""


def in_files(messages: Iterable[Message]) -> int:
    """Tokens of the files in messages, on the safe side; of text by its content, of others `A_FILE` each."""
    return sum(
        tokens(media.data.decode(errors="replace")) if media.data is not None and is_readable(media) else A_FILE
        for media in media_in(messages)
    )


def tokens(text: str) -> int:
    """Tokens of a text, on the safe side.

    A tokenizer of bytes never needs more tokens than there are bytes; digits, signs, capitals and other scripts come
    close to that. Small letters and the spaces between words of usual length come in longer pieces.
    """
    data = text.encode("utf-8", "surrogatepass")
    spaces = data.count(b" ")
    if not len(data) < spaces * 12 < len(data) * 5:
        return len(data)  # no sentences: base64, a table, single letters
    others = len(data.translate(None, _PLAIN))
    return others + -(-(len(data) - others) * (2 if text.isascii() else 3) // (5 if text.isascii() else 6))


def pieces(value: Any) -> Iterator[str]:
    """Every text inside a value once, but for those of files."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for pair in value.items():
            yield from pieces(pair)
    elif isinstance(value, Media | bytes):
        return
    elif isinstance(value, Iterable):
        for item in value:
            yield from pieces(item)
    elif has(type(value)):
        for attribute in attrs_fields(type(value)):
            yield from pieces(getattr(value, attribute.name))
    elif value is not None:
        yield str(value)

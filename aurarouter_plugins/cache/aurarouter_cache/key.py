"""What must be the same for an answer to be given again, as one hash: all that the backend is sent, and who may be."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Set
from pathlib import Path
from typing import Any

from attrs import fields, has

from aurarouter_hooks import Call, Model, Prompt

VERSION = b"1"
OF_MODEL = ("id", "provider", "model_name", "endpoint", "endpoints", "model_path", "parameters", "options")
OF_PROMPT = ("messages", "tools", "tool_choice", "response_schema", "parameters", "dialect", "extra")
OF_LIMITS = ("private", "here", "tags", "capabilities", "min_context", "models")


def key(call: Call, model: Model, prompt: Prompt, *, shared: bool) -> bytes:
    """32 bytes that stand for an attempt.

    Args:
        call: Around the attempt.
        model, prompt: The call's own.
        shared: Apps get each other's answers.
    """
    whole = (
        "" if shared else call.task.app,
        call.task.restore,
        call.task.schema_optional,
        [getattr(model, name) for name in OF_MODEL],
        _written(model.model_path),
        [getattr(prompt, name) for name in OF_PROMPT],
        [getattr(call.constraint, name) for name in OF_LIMITS],
    )
    found = hashlib.sha256(VERSION)
    for piece in _pieces(whole):
        found.update(piece)
    return found.digest()


def _written(path: Path | None) -> tuple[int, int] | None:
    """Which writing of its file a model is: one that is trained anew may go to the same place."""
    try:
        status = path.stat() if path else None
    except OSError:
        return None
    return (status.st_size, status.st_mtime_ns) if status else None


def _pieces(value: Any) -> Iterator[bytes]:
    """A value as bytes that no other value has: each part comes with its kind and its length."""
    if isinstance(value, Mapping):
        parts = sorted(b"".join((*_pieces(name), *_pieces(item))) for name, item in value.items())
        yield b"m%d:" % len(parts)
        yield from parts
    elif isinstance(value, Set):
        parts = sorted(b"".join(_pieces(item)) for item in value)
        yield b"s%d:" % len(parts)
        yield from parts
    elif isinstance(value, str):
        data = value.encode("utf-8", "surrogatepass")
        yield b"t%d:" % len(data)
        yield data
    elif isinstance(value, bytes | bytearray):
        yield b"b%d:" % len(value)
        yield bytes(value)
    elif has(kind := type(value)):
        names = [field.name for field in fields(kind)]
        yield b"c"
        yield from _pieces(kind.__name__)
        yield from _pieces([getattr(value, name) for name in names])
    elif isinstance(value, Iterable):
        items = list(value)
        yield b"l%d:" % len(items)
        for item in items:
            yield from _pieces(item)
    else:
        yield b"o"
        yield from _pieces(f"{type(value).__name__} {value!r}")

"""Files that go along with a task on the command line: pictures to be looked at, documents to be read."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable
from pathlib import Path

import click

from aurarouter_hooks import Media

LARGEST = 64 * 2**20
"""Bytes of one file."""
PICTURES = {".webp": "image/webp", ".avif": "image/avif", ".heic": "image/heic"}
"""What not every machine's list of types has."""


def attached(paths: Iterable[str]) -> list[Media]:
    """The files, each with its type by its name.

    Raises:
        UsageError: One can't be read, is too large, or has a name that says nothing of its type.
    """
    return [_media(Path(path)) for path in paths]


def _media(path: Path) -> Media:
    kind = PICTURES.get(path.suffix.lower()) or mimetypes.guess_type(path.name)[0]
    if kind is None:
        raise click.UsageError(f"--attach {path}: what kind of file this is can't be told from its name")
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise click.UsageError(f"--attach {path} can't be read: {error.strerror or error}") from error
    if len(data) > LARGEST:
        raise click.UsageError(f"--attach {path} is larger than {LARGEST >> 20} MiB")
    return Media(media_type=kind, data=data, name=path.name)

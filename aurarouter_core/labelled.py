"""Reads files of labelled tasks: CSV with columns `text` and `intent`, or one JSON object a line with these keys."""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from aurarouter_core.converter import nearest
from aurarouter_hooks import ConfigError

MOST_BYTES = 100_000_000
MOST_SHOWN = 80
"""Characters of a first line that is none: it may be a task."""
HINT = 'A CSV file begins with the line \'text,intent\'; a JSONL file has one {"text": …, "intent": …} a line.'


@frozen
class Labelled:
    """A task, the intent that it has, and the line of the file that says so."""

    text: str
    intent: str
    line: int


def read(path: Path, intents: Collection[str]) -> list[Labelled]:
    """All tasks of a file.

    Args:
        path: The file; `.csv`, `.jsonl` or `.ndjson`.
        intents: The names that there are.

    Raises:
        ConfigError: It can't be read, or says something that can't be: the first line is named.
    """
    if path.suffix.lower() not in {".csv", ".jsonl", ".ndjson"}:
        raise ConfigError(f"{path} is neither a .csv nor a .jsonl file", hint=HINT)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ConfigError(f"{path} is larger than {MOST_BYTES // 1_000_000} MB", hint="Take a sample of it.")
        with path.open(encoding="utf-8-sig", newline="") as file:
            found = list(_checked(path, _csv(file) if path.suffix.lower() == ".csv" else _jsonl(file), intents))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8", hint="Save it as UTF-8.") from error
    except (OSError, csv.Error, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"{path} can't be read: {reason}", hint=HINT) from error
    if not found:
        raise ConfigError(f"{path} holds no task", hint=HINT)
    return found


def _csv(file: Any) -> Iterator[tuple[int, Mapping[str, Any]]]:
    rows = csv.DictReader(file)
    header = rows.fieldnames
    if header and not {"text", "intent"} <= set(header):
        raise ValueError(f"the first line must be 'text,intent'; found '{','.join(header)[:MOST_SHOWN]}'")
    for row in rows:
        yield rows.line_num, row


def _jsonl(file: Any) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(file, start=1):
        if line.strip():
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise ValueError(f"line {number} is no JSON: {error}") from error
            if not isinstance(row, dict):
                raise ValueError(f"line {number} is no JSON object")
            yield number, row


def _checked(path: Path, rows: Iterator[tuple[int, Mapping[str, Any]]], intents: Collection[str]) -> Iterator[Labelled]:
    for line, row in rows:
        text, intent = row.get("text"), row.get("intent")
        if not isinstance(text, str) or not text.strip():
            raise ConfigError(f"{path}:{line} has no text", hint=HINT)
        known = f"Known intents: {', '.join(intents)}."
        if not isinstance(intent, str) or not intent.strip():
            raise ConfigError(f"{path}:{line} has no intent", hint=known)
        if intent not in intents:
            raise ConfigError(f"{path}:{line}: no intent is called '{intent}'{nearest(intent, intents)}", hint=known)
        yield Labelled(text, intent, line)

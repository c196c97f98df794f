"""Server-sent events as bytes."""

from __future__ import annotations

import json
from typing import Any

text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""A value as JSON. `json.dumps` makes an encoder each time."""

DONE = b"data: [DONE]\n\n"


def event(data: Any, name: str = "") -> bytes:
    """One event; named where the dialect names its events."""
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {text(data)}\n\n".encode(errors="replace")

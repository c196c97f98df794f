"""What a child of the window says: on its output as JSON, a line each, and in its log to people."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from aurarouter_core import Home

LAST = 12
"""Lines of the log that are shown."""


class ChildOutput:
    """Two files, written by the child and read here.

    Args:
        name: That of the service.

    Attributes:
        said: What it has said of itself, the latest of each name.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self.said: dict[str, Any] = {}
        self._read = 0

    @property
    def log(self) -> Path:
        """What the child says to people."""
        return Home.of().root / "services" / f"{self._name}.log"

    @property
    def _files(self) -> tuple[Path, Path]:
        return self.log.with_suffix(".out"), self.log

    def open(self) -> tuple[int, int]:
        """Both files, empty, for a new child: for its output and for its errors. To be closed by the caller."""
        self.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.said, self._read = {}, 0
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND
        out, log = (os.open(path, flags, 0o600) for path in self._files)
        return out, log

    def hear(self) -> None:
        """Take in the lines that the child has said since."""
        text = self.log.with_suffix(".out").read_bytes()[self._read :]
        whole = text[: text.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.splitlines():
            try:
                self.said |= json.loads(line)
            except (ValueError, TypeError):
                continue  # a library that prints

    def last(self) -> str:
        """Its last words. With `--json`, an error is told where results are."""
        text = ""
        for path in self._files:
            with suppress(OSError):
                text += path.read_bytes()[-8192:].decode("utf-8", "replace")
        return "\n".join(text.strip().splitlines()[-LAST:])

"""Lines of a log on standard error: those of ours that were asked for, and everybody's warnings."""

from __future__ import annotations

import logging
import sys


def to_stderr(pattern: str, *, force: bool = False) -> None:
    """Send the root logger's lines to standard error, from warnings up; with `force`, to nothing else than that.

    Without `force`, a program that has set handlers keeps its own, as they are.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_ours_or_grave)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, format=pattern, force=force)


def log_of_server(level: str) -> None:
    """A server's log on standard error, with the time of each line: ours from this level up."""
    to_stderr("%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger().setLevel(level)


def _ours_or_grave(record: logging.LogRecord) -> bool:
    """Below a warning only our own loggers speak: at DEBUG a vendor's library would log prompts."""
    return record.levelno >= logging.WARNING or record.name.startswith("aurarouter")

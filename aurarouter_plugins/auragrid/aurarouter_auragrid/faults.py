"""What a log says of an error that nobody expected."""

from __future__ import annotations

import logging
import traceback


def logged(log: logging.Logger, what: str, error: BaseException) -> None:
    """Log its kind, and the way to where it was raised; its own words are left out: they may quote what is private.

    Args:
        log: Whose.
        what: What did not go well.
        error: Why.
    """
    way = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s: %s\n%s", what, type(error).__name__, way.rstrip())

"""Errors as JSON, and back to errors of the same class: a client catches what it would have caught in process."""

from __future__ import annotations

import logging
import traceback
from typing import Any

from aurarouter_core.daemon import wire
from aurarouter_hooks import AuraRouterError, DaemonError, errors

log = logging.getLogger(__name__)
KINDS = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, AuraRouterError) and not name.startswith("_")
}


def encode(error: BaseException) -> dict[str, Any]:
    """An error as JSON: its class, or the nearest one above that the contract knows, its words and its attributes."""
    if not isinstance(error, AuraRouterError):
        # Its words may quote a task or hold a key, so they are neither logged nor told; where it happened is logged.
        places = "".join(traceback.format_tb(error.__traceback__))
        log.error("unexpected %s\n%s", type(error).__name__, places)
        words = f"the shared engine failed with {type(error).__name__}"
        error = DaemonError(words, hint="This is a fault in AuraRouter or a plugin; the engine's log says where.")
    kind = next(kind for kind in type(error).__mro__ if KINDS.get(kind.__name__) is kind)
    return {"type": kind.__name__, "message": str(error), "with": wire.encode(vars(error))}


def decode(data: Any) -> AuraRouterError:
    """The error that was encoded; one that makes no sense is a DaemonError of its own."""
    try:
        kind = KINDS[data["type"]]
        error = kind.__new__(kind)
        Exception.__init__(error, str(data["message"]))
        error.hint = ""
        vars(error).update(wire.decode(data["with"]))
    except (TypeError, KeyError, ValueError, AttributeError, DaemonError) as wrong:
        return DaemonError(f"the shared engine told of an error that can't be read ({type(wrong).__name__})")
    return error

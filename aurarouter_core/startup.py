"""A program's start: what it loads then stays until its end, so nobody looks through it for garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def starting() -> Iterator[None]:
    """Collect no garbage meanwhile, and none of what is there by then: it costs a tenth of a start, and of all work.

    For a program that has the process to itself; an embedding one decides for itself.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collects:
            gc.enable()

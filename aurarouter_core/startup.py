"""A program's start: what it loads then stays until its end, so nobody looks through it for garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

SELDOM = 10_000
"""Objects that come and stay before a look for garbage. A request has a few hundred, and leaves no circles: at Python's
own 700, a busy server looks through the same requests many times a second, and finds nothing."""


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
        settled()
        if collects:
            gc.enable()


def settled() -> None:
    """All is loaded, and stays: looking through it time and again costs a tenth of all work."""
    gc.freeze()
    gc.set_threshold(SELDOM)

"""Random ids. They are no secrets: this process makes them itself, since a system call for each costs far more."""

from __future__ import annotations

import os
import random

_random = random.Random(os.urandom(32))  # noqa: S311 - ids are no secrets
if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=lambda: _random.seed(os.urandom(32)))


def new_id() -> str:
    """A random id of 32 hexadecimal digits, as W3C trace ids are."""
    return f"{_random.getrandbits(128):032x}"


def new_span_id() -> str:
    """A random id of 16 hexadecimal digits, as W3C span ids are; never all zeros, which is none."""
    return f"{_random.getrandbits(64) or 1:016x}"

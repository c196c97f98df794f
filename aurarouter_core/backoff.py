"""How long to leave a model alone: longer with each failure, and never as long as somebody else does."""

import random
from collections.abc import Callable

BASE, CAP = 0.5, 60.0
"""Seconds: the first ceiling, which doubles with each failure, and the last."""


def backoff(failures: int, draw: Callable[[], float] = random.random) -> float:
    """Seconds to leave a model alone after so many failures in a row.

    Exponential with full jitter: AWS Architecture Blog, "Exponential Backoff And Jitter" (2015).
    """
    ceiling: float = min(CAP, BASE * 2 ** min(failures - 1, 30))
    return draw() * ceiling

"""Which of two twins runs: the compiled module where there is one, else the same in plain Python.

Two environment variables, read when a twin is chosen: AURAROUTER_NO_SPEEDUPS=1 takes the plain one;
AURAROUTER_REQUIRE_SPEEDUPS=1 makes a missing compiled one an ImportError.
"""

from __future__ import annotations

import os
from importlib import import_module
from types import ModuleType


def chosen(compiled: str, plain: str) -> tuple[ModuleType, str]:
    """A module of the kernel, and "cython" or "python".

    Raises:
        ImportError: There is no compiled one, and the environment asks for it.
    """
    if not os.environ.get("AURAROUTER_NO_SPEEDUPS"):
        try:
            return import_module(f"aurarouter_core.{compiled}"), "cython"
        except ImportError:
            if os.environ.get("AURAROUTER_REQUIRE_SPEEDUPS"):
                raise
    return import_module(f"aurarouter_core.{plain}"), "python"

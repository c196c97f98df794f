"""`import aurarouter`: the kernel and the contract under one name."""

from importlib import import_module
from typing import Any

import aurarouter_core
import aurarouter_hooks

__version__ = aurarouter_core.__version__
__all__ = [
    *aurarouter_core.__all__,
    *(name for name in aurarouter_hooks.__all__ if name not in aurarouter_core.__all__),
]


def __getattr__(name: str) -> Any:
    """Everything that the kernel and the contract make public."""
    if name == "providers":
        return import_module("aurarouter.providers")
    if name in aurarouter_hooks.__all__:
        return getattr(aurarouter_hooks, name)
    if name in aurarouter_core.__all__:
        return getattr(aurarouter_core, name)
    raise AttributeError(f"module 'aurarouter' has no attribute '{name}'")

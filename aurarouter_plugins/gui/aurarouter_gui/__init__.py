"""AuraRouter's desktop window. Qt is imported when the window is opened, and the kernel when the window is drawn."""

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    """Load the plugin, `hooks`: no window should wait for it."""
    if name == "hooks":
        return import_module("aurarouter_gui.hooks")
    raise AttributeError(f"module 'aurarouter_gui' has no attribute '{name}'")

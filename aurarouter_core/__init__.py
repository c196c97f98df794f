"""The AuraRouter kernel. Import what you embed from here; everything is loaded when first asked for."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aurarouter_core import hotpath
    from aurarouter_core.config import Config
    from aurarouter_core.home import Home
    from aurarouter_core.loading import load_config
    from aurarouter_core.plugins import Plugins
    from aurarouter_core.router import Router
    from aurarouter_hooks import Done, Task

__version__ = "1.0.0"
__all__ = ["Config", "Done", "Home", "Plugins", "Router", "Task", "hotpath", "load_config"]

_WHERE = {
    "Config": "aurarouter_core.config",
    "Done": "aurarouter_hooks",
    "Home": "aurarouter_core.home",
    "Plugins": "aurarouter_core.plugins",
    "Router": "aurarouter_core.router",
    "Task": "aurarouter_hooks",
    "load_config": "aurarouter_core.loading",
}


def __getattr__(name: str) -> Any:
    """Load a public name. The command line starts fast because nothing heavy is imported before."""
    if name == "hotpath":
        return import_module("aurarouter_core.hotpath")
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(f"module 'aurarouter_core' has no attribute '{name}'")

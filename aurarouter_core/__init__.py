"""The AuraRouter kernel. Import what you embed from here; everything is loaded when first asked for."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aurarouter_core import hotpath
    from aurarouter_core.asset_list import Asset
    from aurarouter_core.auth import Doorkeeper, NotAllowedError
    from aurarouter_core.beginning import Beginning
    from aurarouter_core.chat import Chat, Conversation, Conversations
    from aurarouter_core.comparison import compare
    from aurarouter_core.config import Config
    from aurarouter_core.daemon.client import Attached
    from aurarouter_core.daemon.door import attach
    from aurarouter_core.home import Home
    from aurarouter_core.install import install_hint
    from aurarouter_core.length import count_tokens
    from aurarouter_core.loading import load_config
    from aurarouter_core.plain import dumps
    from aurarouter_core.plugins import Plugins
    from aurarouter_core.registry import AssetRegistry, Registration
    from aurarouter_core.router import Router
    from aurarouter_core.services import CodingService, ReasoningService, RouterService, UnifiedRouterService
    from aurarouter_core.store import Store
    from aurarouter_hooks import Done, Task

__version__ = "1.0.0"
__all__ = [
    "Asset",
    "AssetRegistry",
    "Attached",
    "Beginning",
    "Chat",
    "CodingService",
    "Config",
    "Conversation",
    "Conversations",
    "Done",
    "Doorkeeper",
    "Home",
    "NotAllowedError",
    "Plugins",
    "ReasoningService",
    "Registration",
    "Router",
    "RouterService",
    "Store",
    "Task",
    "UnifiedRouterService",
    "attach",
    "compare",
    "count_tokens",
    "dumps",
    "hotpath",
    "install_hint",
    "load_config",
]

_WHERE = {
    "Asset": "aurarouter_core.asset_list",
    "AssetRegistry": "aurarouter_core.registry",
    "Attached": "aurarouter_core.daemon.client",
    "Beginning": "aurarouter_core.beginning",
    "Chat": "aurarouter_core.chat",
    "CodingService": "aurarouter_core.services",
    "Config": "aurarouter_core.config",
    "Conversation": "aurarouter_core.chat",
    "Conversations": "aurarouter_core.chat",
    "Done": "aurarouter_hooks",
    "Doorkeeper": "aurarouter_core.auth",
    "Home": "aurarouter_core.home",
    "NotAllowedError": "aurarouter_core.auth",
    "Plugins": "aurarouter_core.plugins",
    "ReasoningService": "aurarouter_core.services",
    "Registration": "aurarouter_core.registry",
    "Router": "aurarouter_core.router",
    "RouterService": "aurarouter_core.services",
    "Store": "aurarouter_core.store",
    "Task": "aurarouter_hooks",
    "UnifiedRouterService": "aurarouter_core.services",
    "attach": "aurarouter_core.daemon.door",
    "compare": "aurarouter_core.comparison",
    "count_tokens": "aurarouter_core.length",
    "dumps": "aurarouter_core.plain",
    "install_hint": "aurarouter_core.install",
    "load_config": "aurarouter_core.loading",
}


def __getattr__(name: str) -> Any:
    """Load a public name. The command line starts fast because nothing heavy is imported before."""
    if name == "hotpath":
        return import_module("aurarouter_core.hotpath")
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(f"module 'aurarouter_core' has no attribute '{name}'")

"""The AuraRouter kernel. Import what you embed from here; everything is loaded when first asked for."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aurarouter_core import hotpath
    from aurarouter_core.asset_list import Asset
    from aurarouter_core.atomic import replace_file
    from aurarouter_core.auth import Doorkeeper, NotAllowedError
    from aurarouter_core.chat import Chat, Conversation, Conversations
    from aurarouter_core.comparison import compare
    from aurarouter_core.config import Config
    from aurarouter_core.daemon.client import Attached
    from aurarouter_core.daemon.door import attach
    from aurarouter_core.database import Database, transaction
    from aurarouter_core.doorway import Listening, Refusal, bound, guarded, turned_away, url_of
    from aurarouter_core.home import Home
    from aurarouter_core.install import install_hint
    from aurarouter_core.length import count_tokens
    from aurarouter_core.loading import load_config
    from aurarouter_core.narrated import written
    from aurarouter_core.plain import dumps
    from aurarouter_core.plugins import Plugins
    from aurarouter_core.registry import AssetRegistry, Registration
    from aurarouter_core.router import Router
    from aurarouter_core.services import CodingService, ReasoningService, RouterService, UnifiedRouterService
    from aurarouter_core.store import Store
    from aurarouter_core.store.presence import Presence, left_behind
    from aurarouter_hooks import Done, Task

__version__ = "1.0.0"
__all__ = [
    "Asset",
    "AssetRegistry",
    "Attached",
    "Chat",
    "CodingService",
    "Config",
    "Conversation",
    "Conversations",
    "Database",
    "Done",
    "Doorkeeper",
    "Home",
    "Listening",
    "NotAllowedError",
    "Plugins",
    "Presence",
    "ReasoningService",
    "Refusal",
    "Registration",
    "Router",
    "RouterService",
    "Store",
    "Task",
    "UnifiedRouterService",
    "attach",
    "bound",
    "compare",
    "count_tokens",
    "dumps",
    "guarded",
    "hotpath",
    "install_hint",
    "left_behind",
    "load_config",
    "replace_file",
    "transaction",
    "turned_away",
    "url_of",
    "written",
]

_WHERE = {
    "Asset": "aurarouter_core.asset_list",
    "AssetRegistry": "aurarouter_core.registry",
    "Attached": "aurarouter_core.daemon.client",
    "Chat": "aurarouter_core.chat",
    "CodingService": "aurarouter_core.services",
    "Config": "aurarouter_core.config",
    "Database": "aurarouter_core.database",
    "Conversation": "aurarouter_core.chat",
    "Conversations": "aurarouter_core.chat",
    "Done": "aurarouter_hooks",
    "Doorkeeper": "aurarouter_core.auth",
    "Home": "aurarouter_core.home",
    "Listening": "aurarouter_core.doorway",
    "NotAllowedError": "aurarouter_core.auth",
    "Plugins": "aurarouter_core.plugins",
    "Presence": "aurarouter_core.store.presence",
    "ReasoningService": "aurarouter_core.services",
    "Refusal": "aurarouter_core.doorway",
    "Registration": "aurarouter_core.registry",
    "Router": "aurarouter_core.router",
    "RouterService": "aurarouter_core.services",
    "Store": "aurarouter_core.store",
    "Task": "aurarouter_hooks",
    "UnifiedRouterService": "aurarouter_core.services",
    "attach": "aurarouter_core.daemon.door",
    "bound": "aurarouter_core.doorway",
    "compare": "aurarouter_core.comparison",
    "count_tokens": "aurarouter_core.length",
    "dumps": "aurarouter_core.plain",
    "guarded": "aurarouter_core.doorway",
    "install_hint": "aurarouter_core.install",
    "left_behind": "aurarouter_core.store.presence",
    "load_config": "aurarouter_core.loading",
    "transaction": "aurarouter_core.database",
    "replace_file": "aurarouter_core.atomic",
    "turned_away": "aurarouter_core.doorway",
    "url_of": "aurarouter_core.doorway",
    "written": "aurarouter_core.narrated",
}


def __getattr__(name: str) -> Any:
    """Load a public name. The command line starts fast because nothing heavy is imported before."""
    if name == "hotpath":
        return import_module("aurarouter_core.hotpath")
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(f"module 'aurarouter_core' has no attribute '{name}'")

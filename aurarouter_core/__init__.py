"""The AuraRouter kernel. Import what you embed from here; everything is loaded when first asked for."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aurarouter_core import hotpath
    from aurarouter_core.amend import Amendment, amend
    from aurarouter_core.asset_list import Asset
    from aurarouter_core.auth import Doorkeeper, NotAllowedError
    from aurarouter_core.beginning import Beginning
    from aurarouter_core.chains import Chain, chains_in, joining
    from aurarouter_core.chat import Chat, Conversation, Conversations
    from aurarouter_core.checkup import Checkup, check_config
    from aurarouter_core.comparison import compare
    from aurarouter_core.config import Config, Request
    from aurarouter_core.daemon.client import Attached
    from aurarouter_core.daemon.door import attach
    from aurarouter_core.draft import Draft
    from aurarouter_core.edit import Change, Remove, Set
    from aurarouter_core.home import Home
    from aurarouter_core.in_force import InForce
    from aurarouter_core.install import install_hint
    from aurarouter_core.intent_list import IntentRow, intents_of
    from aurarouter_core.layers import Layers
    from aurarouter_core.length import count_tokens
    from aurarouter_core.loading import load_config
    from aurarouter_core.plain import dumps
    from aurarouter_core.plugins import Plugins
    from aurarouter_core.pull import Wanted, catalogue, pull, wanted
    from aurarouter_core.registry import AssetRegistry, Registration, take_out
    from aurarouter_core.router import Router
    from aurarouter_core.services import CodingService, ReasoningService, RouterService, UnifiedRouterService
    from aurarouter_core.store import Store
    from aurarouter_core.wording import setting_value, setting_words
    from aurarouter_hooks import Done, Task

__version__ = "1.0.0"
__all__ = [
    "Amendment",
    "Asset",
    "AssetRegistry",
    "Attached",
    "Beginning",
    "Chain",
    "Change",
    "Chat",
    "Checkup",
    "CodingService",
    "Config",
    "Conversation",
    "Conversations",
    "Done",
    "Doorkeeper",
    "Draft",
    "Home",
    "InForce",
    "IntentRow",
    "Layers",
    "NotAllowedError",
    "Plugins",
    "ReasoningService",
    "Registration",
    "Remove",
    "Request",
    "Router",
    "RouterService",
    "Set",
    "Store",
    "Task",
    "UnifiedRouterService",
    "Wanted",
    "amend",
    "attach",
    "catalogue",
    "chains_in",
    "check_config",
    "compare",
    "count_tokens",
    "dumps",
    "hotpath",
    "install_hint",
    "intents_of",
    "joining",
    "load_config",
    "pull",
    "setting_value",
    "setting_words",
    "take_out",
    "wanted",
]

_WHERE = {
    "Amendment": "aurarouter_core.amend",
    "Asset": "aurarouter_core.asset_list",
    "AssetRegistry": "aurarouter_core.registry",
    "Attached": "aurarouter_core.daemon.client",
    "Beginning": "aurarouter_core.beginning",
    "Chain": "aurarouter_core.chains",
    "Change": "aurarouter_core.edit",
    "Chat": "aurarouter_core.chat",
    "Checkup": "aurarouter_core.checkup",
    "CodingService": "aurarouter_core.services",
    "Config": "aurarouter_core.config",
    "Conversation": "aurarouter_core.chat",
    "Conversations": "aurarouter_core.chat",
    "Done": "aurarouter_hooks",
    "Doorkeeper": "aurarouter_core.auth",
    "Draft": "aurarouter_core.draft",
    "Home": "aurarouter_core.home",
    "InForce": "aurarouter_core.in_force",
    "IntentRow": "aurarouter_core.intent_list",
    "Layers": "aurarouter_core.layers",
    "NotAllowedError": "aurarouter_core.auth",
    "Plugins": "aurarouter_core.plugins",
    "ReasoningService": "aurarouter_core.services",
    "Registration": "aurarouter_core.registry",
    "Remove": "aurarouter_core.edit",
    "Request": "aurarouter_core.config",
    "Router": "aurarouter_core.router",
    "RouterService": "aurarouter_core.services",
    "Set": "aurarouter_core.edit",
    "Store": "aurarouter_core.store",
    "Task": "aurarouter_hooks",
    "UnifiedRouterService": "aurarouter_core.services",
    "Wanted": "aurarouter_core.pull",
    "amend": "aurarouter_core.amend",
    "attach": "aurarouter_core.daemon.door",
    "catalogue": "aurarouter_core.pull",
    "chains_in": "aurarouter_core.chains",
    "check_config": "aurarouter_core.checkup",
    "compare": "aurarouter_core.comparison",
    "count_tokens": "aurarouter_core.length",
    "dumps": "aurarouter_core.plain",
    "install_hint": "aurarouter_core.install",
    "intents_of": "aurarouter_core.intent_list",
    "joining": "aurarouter_core.chains",
    "load_config": "aurarouter_core.loading",
    "pull": "aurarouter_core.pull",
    "setting_value": "aurarouter_core.wording",
    "setting_words": "aurarouter_core.wording",
    "take_out": "aurarouter_core.registry",
    "wanted": "aurarouter_core.pull",
}


def __getattr__(name: str) -> Any:
    """Load a public name. The command line starts fast because nothing heavy is imported before."""
    if name == "hotpath":
        return import_module("aurarouter_core.hotpath")
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(f"module 'aurarouter_core' has no attribute '{name}'")

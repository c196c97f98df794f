"""The AuraRouter kernel. Import what you embed from here; everything is loaded when first asked for."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aurarouter_core import hotpath
    from aurarouter_core.amend import Amendment, amend_config
    from aurarouter_core.asset_list import Asset
    from aurarouter_core.atomic import replace_file
    from aurarouter_core.auth import Doorkeeper, NotAllowedError
    from aurarouter_core.beginning import Beginning
    from aurarouter_core.chains import Chain, chains_in, joining
    from aurarouter_core.chat import Chat, Conversation, Conversations
    from aurarouter_core.checkup import Checkup, check_config
    from aurarouter_core.comparison import Side, compare
    from aurarouter_core.config import Config
    from aurarouter_core.daemon.client import Attached
    from aurarouter_core.daemon.control import EngineControl
    from aurarouter_core.daemon.door import attach
    from aurarouter_core.daemon.frames import EngineLostError
    from aurarouter_core.database import Database, transaction
    from aurarouter_core.doorway import Listening, Refusal, bound, guarded, headers_of, turned_away, url_of
    from aurarouter_core.draft import Draft
    from aurarouter_core.edit import Change, Remove, Set
    from aurarouter_core.home import Home
    from aurarouter_core.in_force import InForce
    from aurarouter_core.install import install_hint
    from aurarouter_core.intent_list import IntentRow, intents_of
    from aurarouter_core.layers import Layers
    from aurarouter_core.length import characters, count_tokens
    from aurarouter_core.loading import files_now, load_config
    from aurarouter_core.lock import take_lock
    from aurarouter_core.log_lines import log_of_server
    from aurarouter_core.narrated import written
    from aurarouter_core.pausing import Pause
    from aurarouter_core.plain import dumps
    from aurarouter_core.plugins import Plugins
    from aurarouter_core.pull import Wanted, catalogue, fetch_model, wanted
    from aurarouter_core.registry import AssetRegistry, Registration
    from aurarouter_core.removal import take_out
    from aurarouter_core.request import Request
    from aurarouter_core.room import unusable
    from aurarouter_core.router import Router
    from aurarouter_core.saved import reference_price, with_savings
    from aurarouter_core.startup import settled, starting
    from aurarouter_core.store import Audit, AuditRow, Store
    from aurarouter_core.store.presence import Presence, left_behind
    from aurarouter_core.tally import UNBILLED
    from aurarouter_core.wording import setting_value, setting_words
    from aurarouter_hooks import Done, Task

__version__ = "1.0.0"
__all__ = [
    "SERVICES",
    "UNBILLED",
    "Amendment",
    "Asset",
    "AssetRegistry",
    "Attached",
    "Audit",
    "AuditRow",
    "Beginning",
    "Chain",
    "Change",
    "Chat",
    "Checkup",
    "CodingService",
    "Config",
    "Conversation",
    "Conversations",
    "Database",
    "Done",
    "Doorkeeper",
    "Draft",
    "EngineControl",
    "EngineLostError",
    "Home",
    "InForce",
    "IntentRow",
    "Layers",
    "Listening",
    "NotAllowedError",
    "Pause",
    "Plugins",
    "Presence",
    "ReasoningService",
    "Refusal",
    "Registration",
    "Remove",
    "Request",
    "Router",
    "RouterService",
    "Set",
    "Side",
    "Store",
    "Task",
    "UnifiedRouterService",
    "Wanted",
    "amend_config",
    "attach",
    "bound",
    "catalogue",
    "chains_in",
    "characters",
    "check_config",
    "compare",
    "count_tokens",
    "dumps",
    "fetch_model",
    "files_now",
    "guarded",
    "headers_of",
    "hotpath",
    "install_hint",
    "intents_of",
    "joining",
    "left_behind",
    "load_config",
    "log_of_server",
    "reference_price",
    "replace_file",
    "setting_value",
    "setting_words",
    "settled",
    "starting",
    "take_lock",
    "take_out",
    "transaction",
    "turned_away",
    "unusable",
    "url_of",
    "wanted",
    "with_savings",
    "written",
]

_WHERE = {
    "Amendment": "aurarouter_core.amend",
    "Asset": "aurarouter_core.asset_list",
    "AssetRegistry": "aurarouter_core.registry",
    "Attached": "aurarouter_core.daemon.client",
    "Audit": "aurarouter_core.store",
    "AuditRow": "aurarouter_core.store",
    "Beginning": "aurarouter_core.beginning",
    "Chain": "aurarouter_core.chains",
    "Change": "aurarouter_core.edit",
    "Chat": "aurarouter_core.chat",
    "Checkup": "aurarouter_core.checkup",
    "CodingService": "aurarouter_core.services",
    "Config": "aurarouter_core.config",
    "Conversation": "aurarouter_core.chat",
    "Conversations": "aurarouter_core.chat",
    "Database": "aurarouter_core.database",
    "Done": "aurarouter_hooks",
    "Doorkeeper": "aurarouter_core.auth",
    "Draft": "aurarouter_core.draft",
    "EngineControl": "aurarouter_core.daemon.control",
    "EngineLostError": "aurarouter_core.daemon.frames",
    "Home": "aurarouter_core.home",
    "InForce": "aurarouter_core.in_force",
    "IntentRow": "aurarouter_core.intent_list",
    "Layers": "aurarouter_core.layers",
    "Listening": "aurarouter_core.doorway",
    "NotAllowedError": "aurarouter_core.auth",
    "Pause": "aurarouter_core.pausing",
    "Plugins": "aurarouter_core.plugins",
    "Presence": "aurarouter_core.store.presence",
    "ReasoningService": "aurarouter_core.services",
    "Refusal": "aurarouter_core.doorway",
    "Registration": "aurarouter_core.registry",
    "Remove": "aurarouter_core.edit",
    "Request": "aurarouter_core.request",
    "Router": "aurarouter_core.router",
    "RouterService": "aurarouter_core.services",
    "SERVICES": "aurarouter_core.services",
    "UNBILLED": "aurarouter_core.tally",
    "Set": "aurarouter_core.edit",
    "Side": "aurarouter_core.comparison",
    "Store": "aurarouter_core.store",
    "Task": "aurarouter_hooks",
    "UnifiedRouterService": "aurarouter_core.services",
    "Wanted": "aurarouter_core.pull",
    "amend_config": "aurarouter_core.amend",
    "attach": "aurarouter_core.daemon.door",
    "bound": "aurarouter_core.doorway",
    "catalogue": "aurarouter_core.pull",
    "chains_in": "aurarouter_core.chains",
    "characters": "aurarouter_core.length",
    "check_config": "aurarouter_core.checkup",
    "compare": "aurarouter_core.comparison",
    "count_tokens": "aurarouter_core.length",
    "dumps": "aurarouter_core.plain",
    "fetch_model": "aurarouter_core.pull",
    "files_now": "aurarouter_core.loading",
    "guarded": "aurarouter_core.doorway",
    "headers_of": "aurarouter_core.doorway",
    "install_hint": "aurarouter_core.install",
    "intents_of": "aurarouter_core.intent_list",
    "joining": "aurarouter_core.chains",
    "left_behind": "aurarouter_core.store.presence",
    "load_config": "aurarouter_core.loading",
    "log_of_server": "aurarouter_core.log_lines",
    "reference_price": "aurarouter_core.saved",
    "replace_file": "aurarouter_core.atomic",
    "setting_value": "aurarouter_core.wording",
    "setting_words": "aurarouter_core.wording",
    "settled": "aurarouter_core.startup",
    "starting": "aurarouter_core.startup",
    "take_lock": "aurarouter_core.lock",
    "take_out": "aurarouter_core.removal",
    "transaction": "aurarouter_core.database",
    "turned_away": "aurarouter_core.doorway",
    "unusable": "aurarouter_core.room",
    "url_of": "aurarouter_core.doorway",
    "wanted": "aurarouter_core.pull",
    "with_savings": "aurarouter_core.saved",
    "written": "aurarouter_core.narrated",
}


def __getattr__(name: str) -> Any:
    """Load a public name. The command line starts fast because nothing heavy is imported before."""
    if name == "hotpath":
        return import_module("aurarouter_core.hotpath")
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(f"module 'aurarouter_core' has no attribute '{name}'")

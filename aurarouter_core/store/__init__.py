"""What the router remembers: traces, usage, plugins' faults and models' states, in one SQLite file."""

from aurarouter_core.store.bounds import Keep
from aurarouter_core.store.state import StateRow
from aurarouter_core.store.store import Store

__all__ = ["Keep", "StateRow", "Store"]

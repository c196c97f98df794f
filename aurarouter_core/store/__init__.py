"""What the router remembers: traces, usage, faults, models' states, and the audit, in one SQLite file."""

from aurarouter_core.store.audit import Audit
from aurarouter_core.store.audit_rows import AuditRow, Configuration, Coverage, Found
from aurarouter_core.store.bounds import Keep
from aurarouter_core.store.state import StateRow
from aurarouter_core.store.store import Store

__all__ = ["Audit", "AuditRow", "Configuration", "Coverage", "Found", "Keep", "StateRow", "Store"]

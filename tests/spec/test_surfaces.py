"""Whatever the door, what follows is the kernel's: the same audit, the same usage and the same budget."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from aurarouter_core import Plugins, Router, Task, load_config
from aurarouter_core.home import Home
from aurarouter_core.services import CodingService
from aurarouter_core.store import Audit, Store

SETTINGS = {
    "models": {"one": {"provider": "echo", "price": {"input": 1, "output": 1}, "tags": ["private"]}},
    "roles": {role: ["one"] for role in ("coding", "reasoning", "router")},
    "budget": {"per_day": 5},
}
ASKED = "Write to anna.berg@nordwind.de"

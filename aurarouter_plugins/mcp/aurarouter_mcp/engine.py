"""The one place where the server gets its kernel."""

from __future__ import annotations

from pathlib import Path

from aurarouter_core import Plugins, Router, load_config


def open_engine(path: str | None) -> Router:
    """The kernel for a configuration file, or for the usual places; to be entered by the caller."""
    plugins = Plugins()
    config = load_config(plugins, path=Path(path) if path else None)
    return Router(config, plugins, surface="mcp", watch=2.0)

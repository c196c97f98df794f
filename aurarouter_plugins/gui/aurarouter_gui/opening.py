"""Opens the window, or says in one line why none can be opened here."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from aurarouter_core import Plugins, install_hint
from aurarouter_hooks import ConfigError, PluginBrokenError, PluginMissingError

LIBRARIES = "On Debian and Ubuntu: apt install libegl1 libgl1 libxkbcommon-x11-0 libxcb-cursor0 libdbus-1-3 fontconfig"
GRID = "auragrid"


def require_screen() -> None:
    """See to it that there is a screen; Qt itself would end the process.

    Raises:
        ConfigError: There is none.
    """
    here = {name for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM") if os.environ.get(name)}
    if sys.platform.startswith("linux") and not here:
        raise ConfigError(
            "there is no screen here to open a window on",
            hint="Run 'aurarouter gui' in a desktop session. In a terminal: aurarouter run, chat, explain, trace.",
        )


def has_grid(plugins: Plugins) -> bool:
    """The plugin that brings the environment AuraGrid is there, and works."""
    grid = plugins.found.get(GRID)
    return grid is not None and grid.state == "loaded"


def open_window(path: Path | None, environment: str) -> int:
    """Show the window until it is closed; the exit code.

    Args:
        path: The configuration file; None for the usual places.
        environment: "local" or "auragrid".

    Raises:
        ConfigError: There is no screen.
        PluginMissingError: The environment is brought by a plugin that is not installed.
        PluginBrokenError: Qt can't be loaded.
    """
    require_screen()
    plugins = Plugins()
    if environment == GRID and not has_grid(plugins):
        raise PluginMissingError("there is no AuraGrid plugin here", plugin=GRID, hint=install_hint(GRID))
    try:
        from aurarouter_gui.views.app import run
    except ImportError as error:
        raise PluginBrokenError(f"Qt can't be loaded: {error}", plugin="gui", hint=LIBRARIES) from error
    return run(path, environment, plugins)

"""Opens the window, or says in one line why none can be opened here."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aurarouter_core import Plugins

LIBRARIES = "On Debian and Ubuntu: apt install libegl1 libgl1 libxkbcommon-x11-0 libxcb-cursor0 libdbus-1-3 fontconfig"
GRID = "auragrid"
FILE_NAME = "auraconfig.yaml"


def home() -> Path:
    """The user's folder: what `Home` says, without the kernel's import, for which no window should wait.

    Raises:
        ConfigError: There is no home folder, or the variable's is not a whole path.
    """
    root = os.path.expanduser(os.environ.get("AURAROUTER_HOME") or "~/.auracore/aurarouter")  # noqa: PTH111 - raises nothing
    if not os.path.isabs(root):  # noqa: PTH117 - as above
        from aurarouter_core import Home

        return Home.of().root
    return Path(root)


def file_in_force(path: Path | None) -> Path:
    """The configuration file that counts, links and dots resolved: what `find_file` says, without the kernel's import.

    Where there is none yet, it is the one of the user's folder, which a first run writes.

    Args:
        path: The file that was named.

    Raises:
        ConfigError: As `home`.
    """
    named = str(path) if path else os.environ.get("AURACORE_ROUTER_CONFIG")
    found = os.path.expanduser(named or FILE_NAME)  # noqa: PTH111 - raises nothing
    if not named and not os.path.isfile(found):  # noqa: PTH113 - as above, without a current directory
        found = str(home() / FILE_NAME)
    return Path(os.path.realpath(found))


def require_screen() -> None:
    """See to it that there is a screen; Qt itself would end the process.

    Raises:
        ConfigError: There is none.
    """
    here = {name for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM") if os.environ.get(name)}
    if sys.platform.startswith("linux") and not here:
        from aurarouter_hooks import ConfigError

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
    plugins = _with_grid() if environment == GRID else None  # else they are looked for once the window is drawn
    try:
        from aurarouter_gui.views.app import run
    except ImportError as error:
        from aurarouter_hooks import PluginBrokenError

        raise PluginBrokenError(f"Qt can't be loaded: {error}", plugin="gui", hint=LIBRARIES) from error
    return run(path, environment, plugins)


def _with_grid() -> Plugins:
    from aurarouter_core import Plugins, install_hint
    from aurarouter_hooks import PluginMissingError

    plugins = Plugins()
    if not has_grid(plugins):
        raise PluginMissingError("there is no AuraGrid plugin here", plugin=GRID, hint=install_hint(GRID))
    return plugins

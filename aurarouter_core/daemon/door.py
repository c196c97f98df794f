"""The one door for surfaces: the shared engine of a configuration, or a router of one's own."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aurarouter_core.daemon.client import Attached
from aurarouter_core.daemon.identity import identify
from aurarouter_core.daemon.place import Place
from aurarouter_core.home import Home

if TYPE_CHECKING:
    from aurarouter_core.plugins import Plugins
    from aurarouter_core.router import Router

SWITCH = "AURAROUTER_NO_DAEMON"


def shares() -> bool:
    """Engines are shared on this system, and nobody has switched that off."""
    return sys.platform != "win32" and os.environ.get(SWITCH, "") in ("", "0")


@asynccontextmanager
async def engine(
    path: Path | None, plugins: Plugins | None, flags: Mapping[str, Any], *, surface: str, starts: bool
) -> AsyncGenerator[Attached | None]:
    """The shared engine; None where there is none to be had: see `attach`, or none runs and none is to be started.

    Raises:
        ConfigError, DaemonError: As `attach`.
    """
    if not (shares() and (plugins is None or plugins.installed)) or not (starts or Place.all(Home.of())):
        yield None
        return
    attached = Attached(identify(plugins, path, flags), plugins, surface)
    try:
        yield attached if await attached.connect(starts=starts) else None
    finally:
        await attached.aclose()


@asynccontextmanager
async def attach(
    path: Path | str | None = None,
    *,
    plugins: Plugins | None = None,
    flags: Mapping[str, Any] | None = None,
    surface: str = "embedded",
    watch: float | None = None,
) -> AsyncGenerator[Attached | Router]:
    """A kernel at work: the engine that all programs with this effective configuration share, started on demand.

    In process instead, as a `Router`: with AURAROUTER_NO_DAEMON=1, with plugins that another process would not find,
    and on Windows.

    Args:
        path: The configuration file; None for the usual places.
        plugins: The plugins to work with; None looks for installed ones, where they are needed.
        flags: Settings above all others.
        surface: Who works with it ("cli", "mcp" …), for traces.
        watch: As for `Router`, if it is one; the shared engine always looks.

    Raises:
        ConfigError: The configuration can't be used.
        DaemonError: The engine can't be reached or started.
    """
    file = Path(path) if path else None
    async with engine(file, plugins, flags or {}, surface=surface, starts=True) as attached:
        if attached is not None:
            yield attached
            return
    from aurarouter_core.loading import load_config  # who is attached starts sooner without all this
    from aurarouter_core.plugins import Plugins
    from aurarouter_core.router import Router

    plugins = plugins if plugins is not None else Plugins()
    config = load_config(plugins, path=file, overrides=flags)
    async with Router(config, plugins, surface=surface, watch=watch) as router:
        yield router

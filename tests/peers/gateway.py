"""The gateway at work on a port of its own, for the tests that call it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from attrs import evolve

from aurarouter_core import Attached, Plugins, Router, bound, guarded, load_config
from aurarouter_gateway.app import application
from aurarouter_gateway.engine import Engine
from aurarouter_gateway.server import serve
from described import Described


@asynccontextmanager
async def gateway(settings: Mapping[str, Any], *extra: object) -> AsyncIterator[str]:
    """Serve this configuration, with further plugins, on a free port of loopback; the address."""
    plugins = Plugins(extra=extra)
    router = Router(load_config(plugins, settings=settings), plugins, surface="gateway")
    async with router, served(router) as url:
        yield url


@asynccontextmanager
async def served(kernel: Attached | Router, **settings: Any) -> AsyncIterator[str]:
    """Serve this kernel on a free port of loopback, or as the settings say; the address, as seen from this machine."""
    own = evolve(kernel.settings("gateway"), port=0, **settings)
    keys = guarded(own, "gateway")
    listener = bound(own)
    ready = asyncio.Event()
    described = Described(application(Engine(kernel), keys))
    server = asyncio.create_task(serve(described, own, listener, ready.set))
    try:
        await ready.wait()
        scheme = "https" if own.certificate else "http"
        yield f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.cancel()
        await asyncio.gather(server, return_exceptions=True)
        listener.close()
    assert described.wrong == [], described.wrong

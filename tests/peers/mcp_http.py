"""The MCP server at work over HTTP on a port of its own, for the tests that call it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from attrs import asdict, evolve

from aurarouter_core import Plugins, Router, bound, guarded, load_config, url_of
from aurarouter_mcp.door import PATH
from aurarouter_mcp.http import serve
from aurarouter_mcp.server import server


@asynccontextmanager
async def mcp_http(settings: Mapping[str, Any]) -> AsyncIterator[str]:
    """Serve this configuration on a free port of loopback; the address."""
    plugins = Plugins()
    async with Router(load_config(plugins, settings=settings), plugins, surface="mcp") as router:
        given = router.settings("mcp")
        own = evolve(given, http=evolve(given.http, port=0))
        listener = bound(own.http)
        ready = asyncio.Event()
        keys = guarded(own.http, "mcp.http")
        serving = asyncio.create_task(serve(server(router, asdict(own), network=True), own, keys, listener, ready.set))
        try:
            await ready.wait()
            yield url_of(own.http, listener) + PATH
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
            listener.close()

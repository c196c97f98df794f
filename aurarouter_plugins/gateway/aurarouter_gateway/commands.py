"""`aurarouter serve`: the gateway until it is stopped."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from attrs import evolve

if TYPE_CHECKING:
    from aurarouter_core import Attached, Config, Plugins, Router
    from aurarouter_gateway.settings import GatewaySettings

WATCH = 2.0
"""Seconds between two looks at the configuration's files, in a process without a shared engine."""


@click.command("serve")
@click.option("--host", help="Address to listen on, instead of 'gateway.host'.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port, instead of 'gateway.port'; 0 for any free one.")
@click.option("--json", "as_json", is_flag=True, help="Say as JSON where it listens.")
@click.pass_context
def serve(context: click.Context, host: str | None, port: int | None, as_json: bool) -> None:
    """Answer clients of the OpenAI and Anthropic APIs over HTTP, until interrupted."""
    from aurarouter_core import Plugins, load_config, log_of_server  # other commands start sooner without them

    path = context.find_root().obj
    plugins = Plugins()
    config = load_config(plugins, path=Path(path) if path else None)
    log_of_server(config.system.log_level)
    settings = config.sections["gateway"]
    chosen = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    with asyncio.Runner(loop_factory=_loop()) as runner:
        runner.run(_served(config, plugins, evolve(settings, **chosen), as_json))


def _loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The faster event loop, where there is one."""
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop


def _engine(config: Config, plugins: Plugins, *, shared: bool) -> AbstractAsyncContextManager[Attached | Router]:
    from aurarouter_core import Router, attach

    if not shared:
        return Router(config, plugins, surface="gateway", watch=WATCH)
    path = config.request.path if config.request else None
    return attach(path, plugins=plugins, surface="gateway", watch=WATCH)


async def _served(config: Config, plugins: Plugins, settings: GatewaySettings, as_json: bool) -> None:
    from aurarouter_core import Pause, bound, guarded, url_of
    from aurarouter_gateway.app import application
    from aurarouter_gateway.engine import Engine
    from aurarouter_gateway.server import serve

    async with _engine(config, plugins, shared=settings.shared) as kernel:
        engine = Engine(kernel)
        engine.remember()
        keys = guarded(settings, "gateway")
        listener = bound(settings)
        url = url_of(settings, listener)
        pause = Pause("the gateway")

        def turned(paused: bool) -> None:
            if as_json:
                click.echo(json.dumps({"url": url, "paused": paused}))

        def ready() -> None:
            pause.listen(turned)
            if as_json:
                click.echo(json.dumps({"url": url, "openai": f"{url}/v1", "anthropic": url}))
            else:
                click.echo(f"AuraRouter answers at {url}  (OpenAI: {url}/v1, Anthropic: {url})", err=True)

        await serve(application(engine, keys, pause), settings, listener, ready)

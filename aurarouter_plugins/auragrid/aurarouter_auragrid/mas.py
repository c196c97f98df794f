"""The grid's application host: `aurarouter-mas` runs a node until it is told to stop, and calls back around that."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

from aurarouter_auragrid.arrival import Guard
from aurarouter_auragrid.node.node import Node
from aurarouter_auragrid.registration import of_environment
from aurarouter_auragrid.sdk import offered
from aurarouter_auragrid.settings import Grid
from aurarouter_core import Home, Plugins, load_config
from aurarouter_core.log_lines import to_stderr

log = logging.getLogger(__name__)
Callback = Callable[[], Awaitable[None]]
USAGE = """\
usage: aurarouter-mas [run | startup | shutdown]

run       Run a node in front, until SIGTERM or SIGINT (what no argument means too).
startup   Start a node in the background; return once it is ready.
shutdown  Have this machine's node end its work and leave the cell.
"""


class AuraRouterMasHost:
    """A node as a managed application service: started by the grid, on every machine.

    Args:
        on_startup: Awaited once the services can be called.
        on_shutdown: Awaited before the node leaves.
        home: The node's own folder; None for the user's.
    """

    def __init__(
        self, on_startup: Callback | None = None, on_shutdown: Callback | None = None, *, home: Home | None = None
    ) -> None:
        self._on_startup, self._on_shutdown = on_startup, on_shutdown
        self._home = home or Home.of()
        self.node: Node | None = None
        self._offering = AsyncExitStack()

    async def startup_callback(self) -> None:
        """Start the node and make it known: to the cell, and to the machine's own grid where there is one.

        Raises:
            AuraRouterError: It can't be started.
        """
        plugins = Plugins(extra=[Guard()])
        config = load_config(plugins, environment="auragrid")
        logging.getLogger().setLevel(config.system.log_level)
        grid: Grid = config.sections["grid"]
        node = Node(grid, config, home=self._home, plugins=plugins)
        await node.start()
        self.node = node
        host = of_environment()
        if host is not None:
            await asyncio.to_thread(host.register, node.serving.port)
            log.info("AuraGrid lists us at %s", ", ".join(await asyncio.to_thread(host.discover)) or "no place yet")
        context = offered(node.router, node.standing.look)
        if context is not None:
            await self._offering.enter_async_context(context)
        if self._on_startup is not None:
            await self._on_startup()

    async def shutdown_callback(self) -> None:
        """Take nothing new, end what runs, leave the cell."""
        node, self.node = self.node, None
        if node is None:
            return
        try:
            if self._on_shutdown is not None:
                await self._on_shutdown()
        finally:
            try:
                await self._offering.aclose()
            finally:
                await node.stop()

    async def execute_async(self, context: Any = None, cancellation_token: Awaitable[Any] | None = None) -> None:
        """Run from start to end.

        Args:
            context: The grid's own; nothing of it is needed.
            cancellation_token: Awaited; when it is through, the node leaves. None for until a signal comes.

        Raises:
            AuraRouterError: The node can't be started, or can't stay.
        """
        stop = asyncio.Event()
        if cancellation_token is None:
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, stop.set)
        try:
            await self.startup_callback()
            assert self.node is not None  # noqa: S101 - it was just started
            waiting = [asyncio.ensure_future(cancellation_token or stop.wait())]
            waiting.append(asyncio.ensure_future(self.node.until_left()))
            try:
                done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for one in done:
                    one.result()
            finally:
                for one in waiting:
                    one.cancel()
                await asyncio.gather(*waiting, return_exceptions=True)
        finally:
            await self.shutdown_callback()


def main() -> None:
    """The console script."""
    wish = sys.argv[1] if len(sys.argv) > 1 else "run"
    if wish in ("startup", "shutdown"):
        from aurarouter_core.cli import main as command_line

        sys.argv[1:] = ["grid", "up", "--detach"] if wish == "startup" else ["grid", "leave"]
        command_line()
    elif wish == "run":
        _run()
    else:
        sys.stdout.write(USAGE)
        sys.exit(0 if wish in ("-h", "--help") else 2)


def _run() -> None:
    from aurarouter_core.cli.failure import report

    to_stderr("%(levelname)s %(name)s: %(message)s")
    logging.getLogger().setLevel(logging.INFO)
    for name in ("nats", "grpc"):
        logging.getLogger(name).setLevel(logging.ERROR)

    async def ready() -> None:
        sys.stdout.write("the services are ready\n")
        sys.stdout.flush()

    try:
        asyncio.run(AuraRouterMasHost(ready).execute_async())
    except Exception as error:  # noqa: BLE001 - the last place there is
        sys.exit(report(error))


if __name__ == "__main__":
    main()

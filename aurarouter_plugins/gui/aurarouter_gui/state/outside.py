"""Notices when somebody else has changed the configuration, so that the panels show what stands there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aurarouter_gui.state.link import Link
from aurarouter_hooks import AuraRouterError

EVERY = 2.0
"""Seconds between two looks."""


async def follow(link: Link, changed: Callable[[], None]) -> None:
    """Tell, on the UI's thread, each time that others have changed the files and the kernel has read them. Never ends.

    A file that can't be used is told by whoever asks; one that is mended is noticed.
    """
    while True:
        await asyncio.sleep(EVERY)
        now = await link.looked()
        if now == link.seen or link.standing.state not in ("ready", "failed"):
            continue  # an engine that was stopped is not started for this
        link.seen = now
        try:
            await (await link.kernel()).reload()
        except AuraRouterError:
            continue
        link.worker.mailbox.post(changed)

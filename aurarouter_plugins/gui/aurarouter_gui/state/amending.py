"""How a panel changes the configuration: the file first, then the kernel that is at work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from aurarouter_core import Amendment, Change, Layers, Request, amend_config
from aurarouter_gui.state.link import Link
from aurarouter_hooks import AuraRouterError

Changes = Sequence[Change] | Callable[[Layers], Sequence[Change]]


def request_of(link: Link) -> Request:
    """How this window asks for its configuration."""
    return Request(path=link.path)


async def amended(link: Link, changes: Changes) -> Amendment:
    """Change the file, if the result is no worse, and have the kernel read it.

    Raises:
        ConfigError: The file is as it was.
    """
    done = await asyncio.to_thread(partial(amend_config, link.plugins, request_of(link), changes))
    await taken_up(link)
    return done


async def taken_up(link: Link) -> None:
    """Have the kernel read the configuration now, not only when it next looks.

    Raises:
        AuraRouterError: The file is changed, and not in force: why.
    """
    link.seen = await link.looked()  # what we wrote ourselves is no news
    try:
        await (await link.kernel()).reload()
    except AuraRouterError as error:
        hint = error.hint or "It is tried again when the file changes."
        raise type(error)(f"the file is changed, and not in force yet: {error}", hint=hint) from error

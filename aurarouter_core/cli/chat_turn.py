"""One turn of a conversation on the command line: room is made, the answer is shown, and how full it is now."""

from __future__ import annotations

import click

from aurarouter_core.chat import Chat, Pressure
from aurarouter_core.cli.answer import shown
from aurarouter_core.shown import printable
from aurarouter_hooks import Done, Task


async def turn(chat: Chat, task: Task, *, streams: bool) -> tuple[Done, str]:
    """Ask, after condensing what no longer fits; the answer, and what of it was shown on the way."""
    async for condensed in chat.make_room(task):
        say(
            f"condensing failed, so nothing was changed: {condensed.problem}"
            if condensed.problem
            else f"condensed {condensed.entries} older messages, since the conversation no longer fits the model"
        )
    return await shown(chat.say(task), streams=streams)


async def warn(chat: Chat) -> None:
    """Say when the context is nearly full."""
    pressure = await chat.pressure()
    if pressure.high:
        say(f"{in_words(pressure)}; /condense makes room, and it is done by itself when nothing fits any more")


def in_words(pressure: Pressure) -> str:
    """How full the context is."""
    about = "about " if pressure.estimated else ""
    if pressure.limit is None:
        return f"the conversation has {about}{pressure.tokens} tokens; the model's context is unknown"
    share = f"{pressure.share or 0:.0%}"
    return f"the conversation has {about}{pressure.tokens} of {pressure.limit} tokens ({share})"


def say(words: str) -> None:
    """A remark beside the conversation."""
    click.echo(f"[{printable(words)}]", err=True)

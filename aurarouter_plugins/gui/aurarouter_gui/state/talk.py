"""A conversation with the kernel: each question knows what was said before, and the context fills up."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

from attrs import frozen

from aurarouter_gui.state.link import Link
from aurarouter_hooks import Event, Noted, Task

if TYPE_CHECKING:
    from aurarouter_core import Chat, Conversations


@frozen(kw_only=True)
class Fill:
    """How full the model's context is.

    Attributes:
        share: 0 and up; None where nobody knows what the model takes.
        words: The same for people.
        high: It is nearly full.
    """

    share: float | None = None
    words: str = ""
    high: bool = False


class Talk:
    """One conversation; it is kept where `aurarouter chat` keeps its own. Coroutines run in the worker's loop."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._chat: Chat | None = None
        self._kept: Conversations

    async def _open(self) -> Chat:
        from aurarouter_core import Chat, Conversations, Home

        kernel = await self._link.kernel()
        if self._chat is None:  # no await from here on: two that come at once are one conversation
            self._kept = Conversations(Home.of().conversations)
            self._chat = Chat(kernel, self._kept, self._kept.begin())
        return self._chat

    async def asked(self, task: Task) -> Task:
        """The task as it is asked inside the conversation: after what was said, and private where that was.

        Raises:
            AuraRouterError: There is no kernel, or the conversation can't be read.
        """
        return (await self._open()).asked(task)

    async def say(self, task: Task) -> AsyncGenerator[Event]:
        """Ask the next question; what no longer fits is condensed first, which a note tells.

        Raises:
            AuraRouterError: There is no answer, or the conversation can't be kept.
        """
        chat = await self._open()
        async for condensed in chat.make_room(task):
            words = condensed.problem or f"{condensed.entries} older messages, since the model takes no more"
            yield Noted(name="condensing failed" if condensed.problem else "condensed", value=words)
        async with aclosing(chat.say(task)) as events:
            async for event in events:
                yield event

    async def fill(self, task: Task | None = None) -> Fill:
        """How full the context is, with this question or without."""
        pressure = await (await self._open()).pressure(task)
        about = "about " if pressure.estimated else ""
        if pressure.limit is None or pressure.share is None:
            return Fill(words=f"{about}{pressure.tokens:,} tokens")
        words = f"{about}{pressure.tokens:,} of {pressure.limit:,} tokens"
        return Fill(share=pressure.share, words=words, high=pressure.high)

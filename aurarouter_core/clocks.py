"""The clocks that run while a model answers: first token, between tokens, all of it, and the task's own deadline."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

from aurarouter_hooks import Chunk, ProviderReplyError, ProviderTimeoutError, Timeouts


async def timed(chunks: AsyncIterator[Chunk], limits: Timeouts, deadline: float | None) -> AsyncGenerator[Chunk]:
    """The chunks, for as long as no clock runs out. `deadline` is a time of the event loop.

    Raises:
        ProviderTimeoutError: A clock ran out; the message says which.
        ProviderReplyError: The answer broke off: content came, and no chunk said that it was the last.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    last, why_last = (began + limits.total, f"no end after {limits.total:g} s") if limits.total else (None, "")
    if deadline is not None and (last is None or deadline < last):
        last, why_last = deadline, "the task's deadline passed"
    patience, why_patience = limits.first_token, f"no first token after {limits.first_token or 0:g} s"
    started = finished = False
    try:
        while True:
            end, why = last, why_last
            since = loop.time() if started else began
            if patience is not None and (end is None or since + patience < end):
                end, why = since + patience, why_patience
            try:
                async with asyncio.timeout_at(end) as clock:
                    chunk = await anext(chunks)
            except StopAsyncIteration:
                break
            except TimeoutError as error:
                if not clock.expired():
                    raise
                raise ProviderTimeoutError(why, after=loop.time() - began) from error
            if not started and chunk.has_content:
                started = True
                patience, why_patience = limits.between_tokens, f"nothing for {limits.between_tokens or 0:g} s"
            finished = finished or chunk.finish is not None
            yield chunk
    finally:
        close = getattr(chunks, "aclose", None)
        if close is not None:
            await close()
    if started and not finished:
        raise ProviderReplyError("the answer broke off before its end")

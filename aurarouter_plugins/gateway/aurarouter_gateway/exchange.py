"""One request from its body to its answer: the same for every dialect, on the one executor."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Any

from attrs import frozen
from starlette.types import Receive, Scope, Send

from aurarouter_gateway.answer import Answer
from aurarouter_gateway.asked import Asked
from aurarouter_gateway.body import ClientLeftError, json_body
from aurarouter_gateway.caller import Caller
from aurarouter_gateway.faults import Fault, fault
from aurarouter_gateway.leaving import until_left
from aurarouter_gateway.reply import Reply
from aurarouter_gateway.settings import GatewaySettings
from aurarouter_hooks import AttemptStarted, Committed, Delta, Done, ErrorInfo, Event, Kernel, Noted

log = logging.getLogger(__name__)

SAME = {"openai": ("openapi", "llamacpp-server"), "anthropic": ("claude",)}
"""Providers that take a dialect's foreign fields."""
LONGEST_NOTE = 200
_NAME = re.compile(r"(?!task|model|provider|intent|ignored|error)[a-z]{1,40}")


@frozen
class Dialect:
    """One API.

    Attributes:
        read: Makes a task of a caller's body.
        answer: Tells the answer.
        fault: An error in the API's words.
    """

    read: Callable[[Any, Caller], Asked]
    answer: type[Answer]
    fault: Callable[[Fault], dict[str, Any]]


class Exchange:
    """The endpoint of a dialect, as an ASGI application.

    Args:
        kernel: Does the work.
        settings: The section `gateway`, as it is now.
        dialect: The API that is spoken.
    """

    def __init__(self, kernel: Kernel, settings: Callable[[], GatewaySettings], dialect: Dialect) -> None:
        self._kernel = kernel
        self._settings = settings
        self._dialect = dialect

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        settings = self._settings()
        reply = Reply(send, settings.write_timeout)
        caller: Caller = scope["state"]["caller"]
        try:
            body = await json_body(scope, receive, settings)
            asked = self._dialect.read(body, caller)
            async with until_left(receive), aclosing(self._kernel.stream(asked.task)) as events:
                await self._answer(asked, events, reply)
        except ClientLeftError:
            log.debug("a client left before its answer was told")
        except Exception as error:  # noqa: BLE001 - the edge: it is told, and logged where it is no one's known error
            await self._fail(error, reply)

    async def _fail(self, error: Exception, reply: Reply) -> None:
        wrong = fault(error)
        if wrong.status == 500:
            log.error("a request failed", exc_info=error)
        if reply.begun:
            raise error  # the stream has told it
        try:
            await reply.json(self._dialect.fault(wrong), wrong.status, wrong.headers)
        except ClientLeftError:
            log.debug("a client left before its error was told")

    async def _answer(self, asked: Asked, events: AsyncGenerator[Event], reply: Reply) -> None:
        headers = {"x-aurarouter-task": asked.task.id}
        provider = model = ""
        answer: Answer | None = None
        async for event in events:
            if isinstance(event, AttemptStarted):
                provider, model = event.provider, event.model
            elif isinstance(event, Noted):
                headers |= _said(event)
            elif isinstance(event, Committed) and asked.stream:
                answer = self._dialect.answer(asked, model)
                headers |= _who(model, provider) | _warnings(asked, provider)
                await reply.begin_stream(headers)
                await reply.events(answer.begin())
            elif isinstance(event, Delta) and answer is not None:
                await reply.events(answer.piece(event.chunk))
            elif isinstance(event, Done):
                headers |= _who(model, provider) | _warnings(asked, provider)
                await self._end(event, asked, answer, reply, headers)

    async def _end(
        self, done: Done, asked: Asked, answer: Answer | None, reply: Reply, headers: Mapping[str, str]
    ) -> None:
        wrong = done.trace.error or ErrorInfo(type="", message="unknown reason")
        if answer is not None:
            await reply.events(answer.end(done) if done.complete else answer.broken(wrong))
            await reply.end_stream()
        elif not done.complete:
            fallen = Fault(502, wrong.type, f"the answer stops short: {wrong.message}")
            await reply.json(self._dialect.fault(fallen), 502, headers)
        else:
            answer = self._dialect.answer(asked, headers.get("x-aurarouter-model", ""))
            if asked.stream:
                await reply.begin_stream(headers)
                await reply.events([*answer.begin(), *answer.piece(done.reply.as_chunk()), *answer.end(done)])
                await reply.end_stream()
            else:
                more = {"x-aurarouter-intent": done.trace.decision.intent} if done.trace.decision else {}
                await reply.json(answer.whole(done), headers={**headers, **more})


def _who(model: str, provider: str) -> dict[str, str]:
    return {"x-aurarouter-model": model, "x-aurarouter-provider": provider}


def _said(note: Noted) -> dict[str, str]:
    """What middleware notes in a word or two, as a header; a stream's has to come before its first piece."""
    short = isinstance(note.value, str) and len(note.value) <= LONGEST_NOTE
    return {f"x-aurarouter-{note.name}": note.value} if short and _NAME.fullmatch(note.name) else {}


def _warnings(asked: Asked, provider: str) -> dict[str, str]:
    """Fields that have had no effect."""
    ignored = list(asked.dropped)
    if provider not in SAME.get(asked.task.dialect, ()):
        ignored += asked.unknown
    return {"x-aurarouter-ignored": ", ".join(sorted(ignored))} if ignored else {}

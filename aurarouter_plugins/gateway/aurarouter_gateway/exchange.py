"""One request from its body to its answer: the same for every dialect, on the one executor."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from contextlib import aclosing
from typing import Any

from attrs import frozen
from starlette.types import Receive, Scope, Send

from aurarouter_gateway.answer import Answer
from aurarouter_gateway.asked import Asked
from aurarouter_gateway.body import ClientLeftError, json_body
from aurarouter_gateway.caller import Caller
from aurarouter_gateway.faults import Fault, logged
from aurarouter_gateway.leaving import UntilLeft
from aurarouter_gateway.reply import Reply
from aurarouter_gateway.settings import GatewaySettings
from aurarouter_hooks import AttemptStarted, Delta, Done, ErrorInfo, Kernel, Noted

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
        reply = Reply(send)
        caller: Caller = scope["state"]["caller"]
        asked: Asked | None = None
        try:
            async with UntilLeft(scope):
                asked = self._dialect.read(await json_body(scope, receive, settings), caller)
                done = None if asked.stream else await self._kernel.run(asked.task)
            if done is None:
                await self._stream(asked, scope, reply)
            else:
                await self._whole(asked, done, reply)
        except ClientLeftError:
            log.debug("a client left before its answer was told")
        except Exception as error:  # noqa: BLE001 - the edge: it is told, and logged where it is no one's known error
            await self._fail(error, asked, reply)

    async def _fail(self, error: Exception, asked: Asked | None, reply: Reply) -> None:
        wrong = logged(error)
        task = {"x-aurarouter-task": asked.task.id} if asked is not None else {}
        try:
            await reply.json(self._dialect.fault(wrong), wrong.status, {**task, **wrong.headers})
        except ClientLeftError:
            log.debug("a client left before its error was told")

    async def _whole(self, asked: Asked, done: Done, reply: Reply) -> None:
        last = next(reversed(done.trace.attempts), None)
        headers = {"x-aurarouter-task": asked.task.id}
        for name, value in done.trace.notes.items():
            headers |= _said(name, value)
        headers |= _who(asked, last.model if last else "", last.provider if last else "")
        if not done.complete:
            await self._break(done, reply, headers)
            return
        if done.trace.decision:
            headers["x-aurarouter-intent"] = done.trace.decision.intent
        answer = self._dialect.answer(asked, headers["x-aurarouter-model"])
        await reply.json(answer.whole(done), headers=headers)

    async def _stream(self, asked: Asked, scope: Scope, reply: Reply) -> None:
        notes = {"x-aurarouter-task": asked.task.id}
        who = _who(asked, "", "")
        answer: Answer | None = None
        try:
            async with UntilLeft(scope), aclosing(self._kernel.stream(asked.task)) as events:
                async for event in events:
                    if isinstance(event, AttemptStarted):
                        who = _who(asked, event.model, event.provider)
                    elif isinstance(event, Noted):
                        notes |= _said(event.name, event.value)
                    elif isinstance(event, Delta):  # and not what comes before it: others than who answers commit, too
                        answer = answer or await self._begin(asked, reply, notes | who)
                        await reply.events(answer.piece(event.chunk))
                    elif isinstance(event, Done):
                        if answer is None and event.complete:  # a middleware has answered, or nobody said a word
                            answer = await self._begin(asked, reply, notes | who)
                            await reply.events(answer.piece(event.reply.as_chunk()))
                        if answer is None:
                            await self._break(event, reply, notes | who)
                            return
                        await reply.events(answer.end(event) if event.complete else answer.broken(_wrong(event)))
                        await reply.end_stream()
        except ClientLeftError:
            raise
        except Exception as error:
            if answer is None:
                raise
            await self._break_off(answer, error, reply)

    async def _begin(self, asked: Asked, reply: Reply, headers: Mapping[str, str]) -> Answer:
        answer = self._dialect.answer(asked, headers["x-aurarouter-model"])
        await reply.begin_stream(headers)
        await reply.events(answer.begin())
        return answer

    async def _break_off(self, answer: Answer, error: Exception, reply: Reply) -> None:
        """End a stream that no `Done` ends: whoever would have told it is gone, as the shared engine may be."""
        wrong = logged(error)
        if wrong.status != 500:
            log.warning("a stream broke off: %s: %s", wrong.kind, error)
        await reply.events(answer.broken(ErrorInfo(type=wrong.kind, message=wrong.message)))
        await reply.end_stream()

    async def _break(self, done: Done, reply: Reply, headers: Mapping[str, str]) -> None:
        wrong = _wrong(done)
        fallen = Fault(502, wrong.type, f"the answer stops short: {wrong.message}")
        await reply.json(self._dialect.fault(fallen), 502, {**headers, **fallen.headers})


def _wrong(done: Done) -> ErrorInfo:
    return done.trace.error or ErrorInfo(type="", message="unknown reason")


def _who(asked: Asked, model: str, provider: str) -> dict[str, str]:
    """Who answers, and which fields have no effect there."""
    ignored = list(asked.dropped)
    if provider not in SAME.get(asked.task.dialect, ()):
        ignored += asked.unknown
    warning = {"x-aurarouter-ignored": ", ".join(sorted(ignored))} if ignored else {}
    return {"x-aurarouter-model": model, "x-aurarouter-provider": provider, **warning}


def _said(name: str, value: object) -> dict[str, str]:
    """What middleware notes in a word or two, as a header; a stream's has to come before its first piece."""
    short = isinstance(value, str) and len(value) <= LONGEST_NOTE
    return {f"x-aurarouter-{name}": str(value)} if short and _NAME.fullmatch(name) else {}

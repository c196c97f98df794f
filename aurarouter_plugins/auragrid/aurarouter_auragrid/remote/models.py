"""This node's models for the routers of other nodes: each attempt is a task of its own, under this node's own rules."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any, Literal

import grpc
import grpc.aio
from google.protobuf.message import DecodeError

from aurarouter_auragrid.arrival import Arrival, arrival
from aurarouter_auragrid.faults import logged
from aurarouter_auragrid.names import ANONYMOUS
from aurarouter_auragrid.remote import protocol
from aurarouter_auragrid.remote.protocol import HOPS, SERVICE, UnreadableError, failure_of
from aurarouter_auragrid.wire.calls import Calls
from aurarouter_auragrid.wire.generated import aurarouter_grid_node_v1_pb2 as pb
from aurarouter_core import Router, Task
from aurarouter_core.plain import error_info
from aurarouter_hooks import (
    AllModelsFailedError,
    AttemptFailed,
    AttemptStarted,
    AuraRouterError,
    Delta,
    Done,
    ErrorInfo,
    Model,
    Progress,
    Prompt,
    ProviderTimeoutError,
    TraceContext,
)

log = logging.getLogger(__name__)
Mode = Literal["direct", "embed"]
GRID = "grid"
"""The `provider:` value of models that live elsewhere."""


class Models:
    """What other nodes may ask of this one.

    Args:
        router: Does the work.
        calls: Counts it with all other calls, and says whether it can begin.
        cleared: Asks the cell whether it clears this node now.
    """

    def __init__(self, router: Router, calls: Calls, cleared: Callable[[], Awaitable[bool]]) -> None:
        self._router, self._calls, self._cleared = router, calls, cleared

    def offered(self) -> Mapping[str, str]:
        """Model → how it is, without asking any backend.

        What lives on other nodes is theirs to offer, and what no plugin here can reach is nobody's.
        """
        resting = self._router.pool.states.refusals()
        models, reached = self._router.snapshot.models, self._router.plugins.providers.keys() - {GRID}
        return {
            name: "resting" if name in resting else "ready"
            for name, model in models.items()
            if model.provider in reached
        }

    def unloaded(self) -> list[str]:
        """Those that take memory once they are loaded, and are not."""
        models, holds = self._router.snapshot.models, self._router.pool.memory.holds
        return [name for name, model in models.items() if not holds(name) and self._takes_memory(model)]

    def _takes_memory(self, model: Model) -> bool:
        kind = self._router.plugins.providers.get(model.provider)
        try:
            return kind is not None and kind.residency(model) is not None
        except Exception as error:  # a model that can't be had must not keep the others from being told
            log.debug("how '%s' holds its file in memory is unknown", model.id, exc_info=error)
            return False

    def handler(self) -> grpc.GenericRpcHandler[Any, Any]:
        """What a server adds."""
        return grpc.method_handlers_generic_handler(
            SERVICE,
            {
                "Generate": grpc.unary_stream_rpc_method_handler(self._generate),
                "Embed": grpc.unary_stream_rpc_method_handler(self._embed),
            },
        )

    async def _generate(self, data: bytes, context: Any) -> AsyncGenerator[bytes]:
        async with aclosing(self._answered(data, context, "direct")) as pieces:
            async for piece in pieces:
                yield piece

    async def _embed(self, data: bytes, context: Any) -> AsyncGenerator[bytes]:
        async with aclosing(self._answered(data, context, "embed")) as pieces:
            async for piece in pieces:
                yield piece

    async def _answered(self, data: bytes, context: Any, mode: Mode) -> AsyncGenerator[bytes]:
        await self._calls.admit(context)
        try:
            asked = pb.GenerateRequest.FromString(data)
            prompt = protocol.prompt_of(asked.prompt)
        except (DecodeError, UnreadableError) as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"the request can't be read: {error}")
        if asked.hops > HOPS:
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, "a node's question is not passed on to a third")
        if asked.model not in self.offered():
            await context.abort(grpc.StatusCode.NOT_FOUND, f"no model is called '{asked.model}' here")
        arrival.set(Arrival(way="node", app=ANONYMOUS, hops=asked.hops, cleared=self._cleared))
        said = {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}
        trace = TraceContext.parse(said.get("traceparent", ""))
        with self._calls.inside():
            async with aclosing(self._pieces(_task(asked, prompt, trace, mode))) as pieces:
                async for piece in pieces:
                    yield piece.SerializeToString()

    async def _pieces(self, task: Task) -> AsyncGenerator[pb.GeneratePiece]:
        after: float | None = None
        failed: ErrorInfo | None = None
        try:
            async with aclosing(self._router.stream(task)) as events:
                async for event in events:
                    if isinstance(event, Delta):
                        yield pb.GeneratePiece(chunk=protocol.encoded(event.chunk))
                    elif isinstance(event, AttemptFailed):
                        after, failed = event.attempt.seconds, event.attempt.error
                    elif isinstance(event, AttemptStarted):
                        failed = None
                    elif isinstance(event, Progress) and failed is not None:
                        yield failure_of(failed, after)  # we would wait for it; whoever asked may know another model
                        return
                    elif isinstance(event, Done) and not event.complete and event.trace.error is not None:
                        yield failure_of(event.trace.error, after)
        except AllModelsFailedError as error:
            told = error.attempts[-1].error if error.attempts else None
            yield failure_of(told or error_info(error), after)
        except AuraRouterError as error:
            yield failure_of(error_info(error), error.after if isinstance(error, ProviderTimeoutError) else None)
        except Exception as error:  # noqa: BLE001 - a bug of a provider's: its kind is told to the node that asked
            logged(log, f"'{task.model}' failed", error)
            kind = type(error).__name__
            yield failure_of(ErrorInfo(type=kind, message=f"{kind} in '{task.model}'; its node's log says more"))


def _task(asked: pb.GenerateRequest, prompt: Prompt, trace: TraceContext | None, mode: Mode) -> Task:
    return Task(
        messages=prompt.messages,
        tools=prompt.tools,
        tool_choice=prompt.tool_choice,
        response_schema=prompt.response_schema,
        parameters=prompt.parameters,
        dialect=prompt.dialect,
        extra=prompt.extra,
        mode=mode,
        review=False,
        model=asked.model,
        private=asked.private,
        app=ANONYMOUS,
        trace_context=trace,
    )

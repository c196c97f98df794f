"""Answers calls: reads the request, runs the service, writes the reply; in one piece or as it comes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, cast

import grpc
import grpc.aio
from google.protobuf.message import DecodeError

from aurarouter_auragrid.arrival import Arrival, arrival
from aurarouter_auragrid.faults import logged
from aurarouter_auragrid.names import LONGEST_ID
from aurarouter_auragrid.wire import codec
from aurarouter_auragrid.wire.auth import caller
from aurarouter_auragrid.wire.listening import Listening
from aurarouter_core import CodingService, ReasoningService, Router, RouterService, UnifiedRouterService
from aurarouter_hooks import TraceContext

log = logging.getLogger(__name__)
KINDS = {kind.__name__: kind for kind in (RouterService, ReasoningService, CodingService, UnifiedRouterService)}
NO_DEADLINE = 366 * 86400.0
BUSY = "as many calls as this node takes concurrently"
"""What a client is told that may ask another node."""
AHEAD = 64
"""Pieces of an answer that wait for a slow reader before the model does."""


class Calls:
    """The services of one node.

    Args:
        router: Does the work.
        refusal: Why nothing new is accepted now; empty when it is.
        cleared: Asks the cell whether it clears this node now.
        most: How many it works on at a time.
    """

    def __init__(
        self, router: Router, refusal: Callable[[], str], cleared: Callable[[], Awaitable[bool]], most: int
    ) -> None:
        self._router, self._refusal, self._cleared, self._most = router, refusal, cleared, most
        self.running = 0

    def handlers(self) -> list[grpc.GenericRpcHandler[Any, Any]]:
        """What a server adds: one for each service."""
        return [
            grpc.method_handlers_generic_handler(
                f"{codec.DESCRIPTOR.package}.{service}",
                {
                    method.path.rsplit("/", 1)[1]: self._handler(method)
                    for method in codec.METHODS
                    if method.service == service
                },
            )
            for service in codec.SERVICES
        ]

    def _handler(self, method: codec.Method) -> grpc.RpcMethodHandler[Any, Any]:
        # Bytes go in and out, so that a request that can't be read is the caller's fault and not ours.
        if method.streams:
            return grpc.unary_stream_rpc_method_handler(partial(self._stream, method))
        return grpc.unary_unary_rpc_method_handler(partial(self._unary, method))

    async def _unary(self, method: codec.Method, data: bytes, context: Any) -> bytes:
        inputs = await self._admitted(method, data, context)
        with self.inside():
            service = getattr(KINDS[method.service](self._router), method.name)
            try:
                return codec.reply(method.reply, await service(**inputs)).SerializeToString()
            except Exception as error:  # noqa: BLE001 - the edge: its kind is told to the caller, and logged
                return await self._failed(method, error, context)  # type: ignore[no-any-return]

    async def _stream(self, method: codec.Method, data: bytes, context: Any) -> AsyncGenerator[bytes]:
        inputs = await self._admitted(method, data, context)
        pieces: asyncio.Queue[str] = asyncio.Queue(AHEAD)
        router = cast("Router", Listening(self._router, pieces.put))
        with self.inside():
            working = asyncio.create_task(getattr(KINDS[method.service](router), method.name)(**inputs))
            try:
                while not (working.done() and pieces.empty()):
                    getting = asyncio.create_task(pieces.get())
                    try:
                        await asyncio.wait({getting, working}, return_when=asyncio.FIRST_COMPLETED)
                        if getting.done():
                            yield codec.piece(method.reply, delta=getting.result()).SerializeToString()
                    finally:
                        getting.cancel()
                yield codec.piece(method.reply, result=working.result()).SerializeToString()
            except Exception as error:  # noqa: BLE001 - as above
                await self._failed(method, error, context)
            finally:
                working.cancel()
                await asyncio.gather(working, return_exceptions=True)

    async def _admitted(self, method: codec.Method, data: bytes, context: Any) -> dict[str, Any]:
        """The service's inputs, and what else is known of the call; a call that can't begin ends here."""
        await self.admit(context)
        try:
            inputs = codec.arguments(codec.parsed(method.request, data))
        except DecodeError:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"this is no {method.request.DESCRIPTOR.name}")
        except ValueError:
            words = f"a number in this {method.request.DESCRIPTOR.name} is one that JSON does not have"
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, words)
        remaining = context.time_remaining()
        if remaining is not None and remaining < NO_DEADLINE:
            if remaining <= 0:
                await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "the deadline has passed")
            inputs["deadline"] = remaining
        said = {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}
        if "traceparent" in said:
            inputs["trace_context"] = TraceContext.parse(said["traceparent"], said.get("tracestate", ""))
        if said.get("x-request-id"):
            inputs["request_id"] = said["x-request-id"]
            if len(inputs["request_id"]) > LONGEST_ID:
                await context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"x-request-id: {LONGEST_ID} characters at most")
        inputs["app"] = caller.get()
        private = codec.PRIVATE in said
        arrival.set(Arrival(way="call", app=inputs["app"], private=private, cleared=self._cleared))
        return inputs

    async def admit(self, context: Any) -> None:
        """End a call that can't begin now. Only those that the door let in count: others take nobody's place."""
        if refusal := self._refusal():
            await context.abort(grpc.StatusCode.UNAVAILABLE, refusal)
        if self.running >= self._most:
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, f"{BUSY}: {self._most}")

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Count a call for as long as it lasts."""
        self.running += 1
        try:
            yield
        finally:
            self.running -= 1

    @staticmethod
    async def _failed(method: codec.Method, error: Exception, context: Any) -> Any:
        if isinstance(error, grpc.aio.AbortError):
            raise error
        logged(log, f"{method.path} failed", error)
        await context.abort(
            grpc.StatusCode.INTERNAL, f"{type(error).__name__} in {method.name}; the node's log says more"
        )

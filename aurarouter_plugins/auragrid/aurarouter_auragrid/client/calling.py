"""Calls a method of a service somewhere in the cell; what a node can't answer is asked of another."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any

import grpc
import grpc.aio
from attrs import field, frozen
from google.protobuf.message import Message

from aurarouter_auragrid.client.channels import Channels
from aurarouter_auragrid.client.endpoints import Endpoints
from aurarouter_auragrid.errors import CallFailedError, CellUnavailableError
from aurarouter_auragrid.records import Endpoint
from aurarouter_auragrid.wire import codec
from aurarouter_hooks import PrivacyError, RoutingError, Secret, TraceContext
from aurarouter_hooks.values.ids import new_id

PATIENCE = 20.0
"""Seconds in which a node must be found for a call without a deadline."""
PAUSE = 0.2
Code = grpc.StatusCode


@frozen(kw_only=True)
class Options:
    """What a caller says beside a service's inputs.

    Attributes:
        deadline: Seconds that the call may take; None for no limit.
        request_id: The same for every node that is asked; None for a new one.
        trace_context: The caller's trace.
    """

    deadline: float | None = None
    request_id: str = field(factory=new_id)
    trace_context: TraceContext | None = None


class Calling:
    """What all clients of a session call through.

    Args:
        endpoints: Where to.
        channels: By which way.
        token: Who we are.
    """

    def __init__(self, endpoints: Endpoints, channels: Channels, token: Secret | None) -> None:
        self._endpoints, self._channels, self._token = endpoints, channels, token

    async def unary(self, method: codec.Method, request: Message, private: bool, options: Options) -> dict[str, Any]:
        """The reply to a request.

        Raises:
            PrivacyError: It is private, and no node is cleared for that.
            CellUnavailableError: No node could be reached.
            CallFailedError: A node refused.
            RoutingError: The request's id can't be sent.
        """
        async for endpoint, remaining in self._tries(method, private, options):
            call = self._channels.to(endpoint.address).unary_unary(method.path, None, None)
            with self._endpoints.calling(endpoint):
                try:
                    data: bytes = await call(
                        request.SerializeToString(), timeout=remaining, metadata=self._metadata(options, private)
                    )
                    return codec.result(codec.parsed(method.reply, data))
                except grpc.aio.AioRpcError as error:
                    self._again(endpoint, error)
        raise CellUnavailableError("no node answered", hint="See 'aurarouter grid nodes'.")

    async def stream(
        self, method: codec.Method, request: Message, private: bool, options: Options
    ) -> AsyncGenerator[str | dict[str, Any]]:
        """Pieces of text as they come, and at the end the whole result.

        Another node takes over only as long as nothing was shown.

        Raises:
            PrivacyError, CellUnavailableError, CallFailedError, RoutingError: As `unary`.
        """
        async for endpoint, remaining in self._tries(method, private, options):
            call = self._channels.to(endpoint.address).unary_stream(method.path, None, None)
            shown = False
            with self._endpoints.calling(endpoint):
                running = call(
                    request.SerializeToString(), timeout=remaining, metadata=self._metadata(options, private)
                )
                try:
                    async for data in running:
                        piece = codec.parsed(method.reply, data)
                        shown = True
                        if piece.WhichOneof("piece") == "delta":
                            yield piece.__getattribute__("delta")
                        else:
                            yield codec.result(piece.__getattribute__("result"))
                    return
                except grpc.aio.AioRpcError as error:
                    if shown:
                        raise _failed(error) from error
                    self._again(endpoint, error)
                finally:
                    running.cancel()
        raise CellUnavailableError("no node answered", hint="See 'aurarouter grid nodes'.")

    async def _tries(
        self, method: codec.Method, private: bool, options: Options
    ) -> AsyncGenerator[tuple[Endpoint, float | None]]:
        """Nodes to ask, one after another, and the seconds that are left."""
        loop = asyncio.get_running_loop()
        end = loop.time() + (options.deadline or PATIENCE)
        tried: set[str] = set()
        while (remaining := end - loop.time()) > 0:
            try:
                best = await self._endpoints.candidates(method.service, cleared=private, tried=tried)
            except CellUnavailableError:
                await asyncio.sleep(PAUSE)
                continue
            if best and best[0].instance not in tried:
                tried.add(best[0].instance)
                yield best[0], remaining if options.deadline else None
                continue
            if not best and private and await self._endpoints.candidates(method.service, cleared=False):
                raise PrivacyError(
                    "the content is private, and no node of the cell is cleared for that",
                    hint="Clear one: aurarouter grid clearance grant NODE.",
                )
            # All were asked. A node that starts again is a new one; one that was busy may be free.
            tried.clear()
            await asyncio.sleep(PAUSE)
            with contextlib.suppress(CellUnavailableError):  # what we know is all there is to try
                await self._endpoints.refresh()

    def _again(self, endpoint: Endpoint, error: grpc.aio.AioRpcError) -> None:
        """Nothing more when another node may be asked.

        Raises:
            CallFailedError: Another node would say the same.
        """
        code, words = error.code(), error.details() or ""
        busy = code == Code.RESOURCE_EXHAUSTED and "oncurren" in words
        broken = code in (Code.INTERNAL, Code.UNKNOWN) and ("RST_STREAM" in words or "GOAWAY" in words)
        if code not in (Code.UNAVAILABLE, Code.CANCELLED) and not busy and not broken:
            raise _failed(error) from error
        self._endpoints.failed(endpoint)

    def _metadata(self, options: Options, private: bool) -> list[tuple[str, str]]:
        if not (options.request_id.isascii() and options.request_id.isprintable()):
            raise RoutingError(
                "'request_id' of a call must be printable ASCII", hint="An event may have any text there."
            )
        said = [("x-request-id", options.request_id)]
        if self._token:
            said.append(("authorization", f"Bearer {self._token.reveal()}"))
        if private:
            said.append((codec.PRIVATE, "yes"))
        if options.trace_context:
            said.append(("traceparent", options.trace_context.traceparent))
        return said


def _failed(error: grpc.aio.AioRpcError) -> CallFailedError:
    code = error.code().name
    return CallFailedError(f"the call failed: {code}: {error.details()}", code=code)

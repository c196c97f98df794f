"""Asks one node for one answer, and says what went wrong as the error that it was."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import grpc
import grpc.aio
from google.protobuf.message import DecodeError

from aurarouter_auragrid.client.channels import Channels
from aurarouter_auragrid.records import NodeRecord
from aurarouter_auragrid.remote import protocol
from aurarouter_auragrid.remote.protocol import UnreadableError, error_of
from aurarouter_auragrid.wire.generated import aurarouter_grid_node_v1_pb2 as pb
from aurarouter_hooks import (
    Chunk,
    Prompt,
    ProviderAuthError,
    ProviderError,
    ProviderReplyError,
    ProviderTimeoutError,
    ProviderUnavailableError,
    Secret,
)

Code = grpc.StatusCode
ELSEWHERE = (Code.UNAVAILABLE, Code.CANCELLED, Code.NOT_FOUND, Code.UNIMPLEMENTED)
"""Another node may answer all the same."""


async def asked(
    channels: Channels,
    token: Secret | None,
    node: NodeRecord,
    model: str,
    method: str,
    request: pb.GenerateRequest,
    prompt: Prompt,
) -> AsyncGenerator[Chunk]:
    """A node's answer as it comes.

    Args:
        channels: By which way.
        token: The cell's own.
        node: Who is asked.
        model: The model's id here, for errors.
        method: `GENERATE` or `EMBED`.
        request: What is asked.
        prompt: Where it belongs in a trace.

    Raises:
        ProviderError, PrivacyError, NoModelLeftError: It can't be reached, refuses, or tells of a failure.
    """
    metadata = [("authorization", f"Bearer {token.reveal()}")] if token else []
    if prompt.trace_context is not None:
        metadata.append(("traceparent", prompt.trace_context.traceparent))
    call = channels.to(node.address).unary_stream(method, None, None)
    running = call(request.SerializeToString(), metadata=metadata)
    try:
        async for data in running:
            piece = pb.GeneratePiece.FromString(data)
            if piece.WhichOneof("piece") == "failure":
                raise error_of(piece.failure, node.name, model)
            yield protocol.chunk_of(piece.chunk)
    except grpc.aio.AioRpcError as error:
        raise _told(error, node.name) from error
    except (DecodeError, UnreadableError) as error:
        raise ProviderReplyError(f"node '{node.name}' answers what can't be read: {error}") from error
    finally:
        running.cancel()


def _told(error: grpc.aio.AioRpcError, node: str) -> ProviderError:
    code, words = error.code(), error.details() or ""
    broken = code in (Code.INTERNAL, Code.UNKNOWN) and ("RST_STREAM" in words or "GOAWAY" in words)
    if code in ELSEWHERE or broken or (code == Code.RESOURCE_EXHAUSTED and "oncurren" in words):
        return ProviderUnavailableError(f"node '{node}' does not answer: {words or code.name}")
    if code in (Code.UNAUTHENTICATED, Code.PERMISSION_DENIED):
        hint = "Nodes know each other by the cell's token: set the same grid.token on each."
        return ProviderAuthError(f"node '{node}' does not let us in: {words}", hint=hint)
    if code == Code.DEADLINE_EXCEEDED:
        return ProviderTimeoutError(f"node '{node}' took too long", after=0.0)
    hint = "Raise grid.max_message on the nodes." if code == Code.RESOURCE_EXHAUSTED else ""
    return ProviderReplyError(f"node '{node}' refuses the prompt: {words or code.name}", hint=hint)

"""What two nodes say to each other, in bytes: a prompt there, chunks back, and a failure as the error that it was."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from aurarouter_auragrid.wire.generated import aurarouter_grid_node_v1_pb2 as pb
from aurarouter_core.daemon import wire
from aurarouter_hooks import (
    AuraRouterError,
    Chunk,
    DaemonError,
    ErrorInfo,
    NoModelLeftError,
    PrivacyError,
    Prompt,
    ProviderAuthError,
    ProviderRateLimitedError,
    ProviderReplyError,
    ProviderTimeoutError,
    ProviderUnavailableError,
)

SERVICE = pb.DESCRIPTOR.services_by_name["NodeService"].full_name
GENERATE, EMBED = f"/{SERVICE}/Generate", f"/{SERVICE}/Embed"
HOPS = 1
"""Nodes that a prompt passes on its way to a model."""


class UnreadableError(Exception):
    """The bytes are no value of ours; a node of another version may have sent them."""


def encoded(value: Prompt | Chunk) -> bytes:
    """A value as bytes. What is no Unicode text is escaped."""
    return json.dumps(wire.encode(value)).encode()


def prompt_of(data: bytes) -> Prompt:
    """The prompt that was encoded.

    Raises:
        UnreadableError: It is none.
    """
    value = _decoded(data)
    if not isinstance(value, Prompt):
        raise UnreadableError("this is no prompt")
    return value


def chunk_of(data: bytes) -> Chunk:
    """The chunk that was encoded.

    Raises:
        UnreadableError: It is none.
    """
    value = _decoded(data)
    if not isinstance(value, Chunk):
        raise UnreadableError("this is no piece of an answer")
    return value


def _decoded(data: bytes) -> object:
    try:
        return wire.decode(json.loads(data))
    except (ValueError, RecursionError, AttributeError, DaemonError) as error:
        raise UnreadableError(f"this is no value of ours: {type(error).__name__}") from error


def failure_of(told: ErrorInfo, after: float | None = None) -> pb.GeneratePiece:
    """An error as the last piece of an answer."""
    failure = pb.Failure(type=told.type, message=_text(told.message), hint=_text(told.hint), refused=told.refused)
    if told.retry_after is not None:
        failure.retry_after = told.retry_after
    if after is not None:
        failure.after = after
    return pb.GeneratePiece(failure=failure)


def _text(words: str) -> str:
    return words.encode("utf-8", "replace").decode()


def error_of(failure: pb.Failure, node: str, model: str) -> AuraRouterError:
    """The error that a node told, as the same kind; one that ends no attempt here means that the node is no help."""
    words, hint = f"node '{node}': {failure.message}", failure.hint
    retry_after = failure.retry_after if failure.HasField("retry_after") else None
    kinds: Mapping[str, Callable[[], AuraRouterError]] = {
        "ProviderTimeoutError": lambda: ProviderTimeoutError(words, after=failure.after, hint=hint),
        "ProviderRateLimitedError": lambda: ProviderRateLimitedError(words, retry_after=retry_after, hint=hint),
        "ProviderAuthError": lambda: ProviderAuthError(words, hint=hint),
        "ProviderReplyError": lambda: ProviderReplyError(words, refused=failure.refused, hint=hint),
        "PrivacyError": lambda: PrivacyError(words, vetoes={model: words}, hint=hint),
        "NoModelLeftError": lambda: NoModelLeftError(words, vetoes={model: words}, hint=hint),
    }
    make = kinds.get(failure.type)
    return make() if make else ProviderUnavailableError(words, retry_after=retry_after, hint=hint)

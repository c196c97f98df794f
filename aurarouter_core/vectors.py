"""Texts as vectors by one model: asked for, checked, and told as the one chunk of an answer."""

from __future__ import annotations

import math
from array import array
from collections.abc import AsyncGenerator, Sequence

from aurarouter_core.abilities import not_allowed
from aurarouter_hooks import Chunk, Embeddings, EmbedRequest, Prompt, Provider, ProviderReplyError

FLOATS = "f"
"""32 bits: no backend counts more exactly, and it is what clients are sent."""


async def embedded(provider: Provider, prompt: Prompt) -> AsyncGenerator[Chunk]:
    """A vector for each message of a prompt.

    Raises:
        ProviderError: The attempt failed, or what came are no such vectors.
        NoModelLeftError: The model makes none, or none of this length.
    """
    wanted = prompt.parameters.get("dimensions")
    request = EmbedRequest(
        texts=tuple(message.text for message in prompt.messages),
        dimensions=wanted if type(wanted) is int else None,
        private=prompt.private,
        location=prompt.location,
        trace_context=prompt.trace_context,
    )
    found = await provider.embed(request)
    if found is None:
        raise not_allowed(provider.model.id, "it makes no vectors")
    vectors = _checked(found, len(request.texts))
    if request.dimensions is not None and len(vectors[0]) != request.dimensions:
        raise not_allowed(
            provider.model.id, f"its vectors have {len(vectors[0])} numbers, {request.dimensions} were asked for"
        )
    yield Chunk(
        vectors=vectors, finish="stop", usage=found.usage, request_id=found.request_id, model_name=found.model_name
    )


def _checked(found: Embeddings, count: int) -> Sequence[array[float]]:
    try:
        vectors = tuple(array(FLOATS, vector) for vector in found.vectors)
    except (TypeError, OverflowError) as error:
        raise ProviderReplyError("the vectors hold what is no number") from error
    if len(vectors) != count or len({len(vector) for vector in vectors}) != 1 or not vectors[0]:
        sizes = ", ".join(map(str, sorted({len(vector) for vector in vectors}))) or "no"
        raise ProviderReplyError(f"{len(vectors)} vectors of {sizes} numbers came for {count} texts")
    if not all(math.isfinite(sum(vector)) for vector in vectors):
        raise ProviderReplyError("the vectors hold what is no number")
    return vectors

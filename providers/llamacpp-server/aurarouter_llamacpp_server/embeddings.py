"""Reads what the server says are embeddings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aurarouter_hooks import Embeddings, EmbedRequest, ProviderReplyError, Usage


def embeddings(answer: Mapping[str, Any], request: EmbedRequest, request_id: str) -> Embeddings:
    """A vector for each text of the request.

    Raises:
        ProviderReplyError: They can't be read, or are not those that were asked for.
    """
    try:
        ordered = sorted(answer["data"], key=lambda entry: int(entry["index"]))
        vectors = [[float(number) for number in entry["embedding"]] for entry in ordered]
        tokens = int((answer.get("usage") or {}).get("prompt_tokens") or 0)
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as exc:
        raise ProviderReplyError("the server's embeddings can't be read") from exc
    wrong = {len(vector) for vector in vectors} - {request.dimensions or len(vectors[0]) if vectors else 0}
    if len(vectors) != len(request.texts) or wrong:
        raise ProviderReplyError(
            f"the server gave {len(vectors)} vectors of {sorted({len(vector) for vector in vectors})} numbers",
            hint=f"Asked for were {len(request.texts)} of {request.dimensions or 'any'} numbers.",
        )
    return Embeddings(
        vectors=vectors,
        usage=Usage(input_tokens=tokens),
        model_name=str(answer.get("model") or ""),
        request_id=request_id,
    )

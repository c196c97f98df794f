"""How much memory a model will take when it is loaded, told from its header alone."""

from __future__ import annotations

from aurarouter_hooks import GgufHeader, Residency

BATCH = 512
"""Tokens that llama.cpp calculates at a time."""
NUMBER, HALF = 4, 2
"""Bytes of a number in a calculation, and of one in the cache of keys and values."""
WIDTHS = 8
"""Rows of the model's width that a calculation holds for each token, beside one of the vocabulary's."""


def footprint(header: GgufHeader, residency: Residency) -> int:
    """Bytes: the weights, the cache of keys and values, and what a calculation needs.

    What the header leaves open counts as nothing. Attention that looks at a window only needs less than this says.
    """
    context = residency.context * residency.slots
    cache = context * (header.kv_heads or 0) * ((header.key_length or 0) + (header.value_length or 0)) * HALF
    rows = (header.vocabulary or 0) + WIDTHS * (header.embedding_length or 0)
    return header.tensor_bytes + cache + BATCH * (rows * NUMBER + context * HALF)

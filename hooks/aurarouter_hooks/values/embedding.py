"""Texts as vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import field, frozen

from aurarouter_hooks.values.reply import Usage

if TYPE_CHECKING:
    from aurarouter_hooks.values.model import Location
    from aurarouter_hooks.values.trace_context import TraceContext


@frozen(kw_only=True)
class EmbedRequest:
    """Texts to embed.

    Attributes:
        texts: What to embed, in order.
        dimensions: Length of the vectors; None for the model's own.
        private, location, trace_context: As on `Prompt`.
    """

    texts: tuple[str, ...] = field(repr=False)
    dimensions: int | None = None
    private: bool = False
    location: Location | None = None
    trace_context: TraceContext | None = None


@frozen(kw_only=True)
class Embeddings:
    """A vector for each text, in order."""

    vectors: Sequence[Sequence[float]] = field(repr=False)
    usage: Usage | None = None
    model_name: str = ""
    request_id: str = ""

"""Who asks: the client key's app, the session, and the trace that the request belongs to."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from aurarouter_gateway.settings import AppLimits
from aurarouter_hooks import Constraint, TraceContext

BETA = "anthropic-beta"
DIGITS = 32
"""Of a digest that stands for a conversation's name: enough that no two names share it."""


@frozen(kw_only=True)
class Caller:
    """What is known of a caller before its body is read.

    Attributes:
        app: The client key's name; empty without keys.
        limits: What the app may use.
        session: What the client calls its conversation.
        trace_context: The caller's own trace.
        betas: What a client of Anthropic's API asks beyond its version (its header `anthropic-beta`).
    """

    app: str = ""
    limits: AppLimits = field(factory=AppLimits)
    session: str = ""
    trace_context: TraceContext | None = None
    betas: str = ""

    @classmethod
    def of(cls, app: str, limits: AppLimits, headers: Mapping[str, str]) -> Caller:
        """Read the headers that tell more; `x-aurarouter-…` of a client's own counts for nothing."""
        context = TraceContext.parse(headers.get("traceparent", ""), headers.get("tracestate", ""))
        session = headers.get("x-session-id", "")
        betas = headers.get(BETA, "")
        return cls(app=app, limits=limits, session=session, trace_context=context, betas=betas)

    @property
    def constraint(self) -> Constraint:
        """What it may use, as the kernel takes it."""
        return self.limits.constraint(self.app)

    def identity(self, session: str = "") -> dict[str, Any]:
        """For `Task`. `session` is what the body calls the conversation, where no header does."""
        name = self.session or session
        return {
            "app": self.app,
            "conversation": f"{self.app}:{_digest(name)}" if name else "",  # which no other app shares
            "private": self.limits.private,
            "trace_context": self.trace_context,
            "review": False,  # what a client was told piece by piece can't be corrected
        }


def _digest(name: str) -> str:
    """A name is the client's words, and may hold anything: to know it again, nobody has to keep it."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]

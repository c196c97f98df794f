"""A trace of ours as OpenTelemetry's spans: the task, the parts of it, and in each part the attempts at models."""

from __future__ import annotations

from collections.abc import Iterator

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from aurarouter_hooks import Attempt, ErrorInfo, Node, Trace
from aurarouter_hooks.values import new_span_id
from aurarouter_telemetry import conventions
from aurarouter_telemetry.conventions import Attributes

SCOPE = InstrumentationScope("aurarouter_telemetry")
NANO = 10**9


class Spans:
    """Makes the spans of one task once it is over. Backends have been told the attempts' own ids by then.

    Args:
        trace: The task's.
        resource: Who tells it.
    """

    def __init__(self, trace: Trace, resource: Resource) -> None:
        self._trace = trace
        self._resource = resource
        self._operation = conventions.operation(trace)

    def all(self) -> Iterator[ReadableSpan]:
        """Every span, those inside before those around them."""
        trace = self._trace
        task = self._context(new_span_id())
        for node in trace.nodes:
            if node.id != "analyse":
                yield from self._node(node, task)
        caller = self._context(trace.parent_span, is_remote=True) if trace.parent_span else None
        kind = SpanKind.SERVER if caller is not None else SpanKind.INTERNAL
        yield self._span(
            "aurarouter.task", task, caller, conventions.of_task(trace), kind, 0.0, trace.seconds, trace.error
        )

    def _node(self, node: Node, task: SpanContext) -> Iterator[ReadableSpan]:
        own = self._context(new_span_id())
        for attempt in node.attempts:
            yield self._attempt(attempt, own)
        yield self._span(
            f"aurarouter.{node.kind}",
            own,
            task,
            conventions.of_node(node),
            SpanKind.INTERNAL,
            node.started,
            node.seconds,
            None,
        )

    def _attempt(self, attempt: Attempt, node: SpanContext) -> ReadableSpan:
        return self._span(
            f"{self._operation} {attempt.model}",
            self._context(attempt.span_id or new_span_id()),
            node,
            conventions.of_attempt(attempt, self._operation),
            SpanKind.CLIENT,
            attempt.started,
            attempt.seconds,
            attempt.error,
        )

    def _context(self, span_id: str, *, is_remote: bool = False) -> SpanContext:
        return SpanContext(
            int(self._trace.id, 16), int(span_id, 16), is_remote, trace_flags=TraceFlags(TraceFlags.SAMPLED)
        )

    def _span(
        self,
        name: str,
        own: SpanContext,
        parent: SpanContext | None,
        attributes: Attributes,
        kind: SpanKind,
        started: float,
        seconds: float,
        error: ErrorInfo | None,
    ) -> ReadableSpan:
        """A span without words: of an error, its class alone."""
        begin = int((self._trace.started_at + started) * NANO)
        return ReadableSpan(
            name=name,
            context=own,
            parent=parent,
            resource=self._resource,
            attributes=attributes,
            kind=kind,
            status=Status(StatusCode.UNSET) if error is None else Status(StatusCode.ERROR, error.type),
            start_time=begin,
            end_time=begin + int(seconds * NANO),
            instrumentation_scope=SCOPE,
        )

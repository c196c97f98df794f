"""Sends traces and metrics to an OpenTelemetry receiver, in the background; what can't be sent is dropped."""

from __future__ import annotations

import asyncio
import importlib
import logging
import time
from threading import Thread
from typing import TYPE_CHECKING, Any, Self

from aurarouter_core import install_hint
from aurarouter_hooks import PluginMissingError, Trace
from aurarouter_telemetry import conventions
from aurarouter_telemetry.settings import Otlp

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import SpanProcessor

log = logging.getLogger(__name__)
WAIT = 3.0
"""Seconds that the last spans and figures get at the end."""


class Exporter:
    """Hands spans and figures to OpenTelemetry's own queues, which are bounded.

    Args:
        resource: Who tells them.
        spans: Takes spans; None without traces.
        meters: Makes instruments; None without metrics.
    """

    def __init__(self, resource: Resource, spans: SpanProcessor | None, meters: MeterProvider | None) -> None:
        self._resource, self._spans, self._meters = resource, spans, meters
        if meters is not None:
            meter = meters.get_meter("aurarouter_telemetry")
            self._seconds = meter.create_histogram(conventions.DURATION, "s")
            self._first = meter.create_histogram(conventions.FIRST_CHUNK, "s")
            self._input = meter.create_counter(conventions.INPUT_TOKENS, "{token}")
            self._output = meter.create_counter(conventions.OUTPUT_TOKENS, "{token}")

    @classmethod
    def of(cls, settings: Otlp) -> Self:
        """An exporter to where the settings say.

        Raises:
            PluginMissingError: OpenTelemetry is not installed.
        """
        try:
            from opentelemetry.sdk.metrics import MeterProvider
            from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace.export import BatchSpanProcessor

            way = f"opentelemetry.exporter.otlp.proto.{settings.protocol}"
            trace_exporter = importlib.import_module(f"{way}.trace_exporter").OTLPSpanExporter
            metric_exporter = importlib.import_module(f"{way}.metric_exporter").OTLPMetricExporter
        except ImportError as error:
            raise PluginMissingError(
                f"telemetry.otlp needs OpenTelemetry, the extra 'opentelemetry'. {install_hint('opentelemetry')}",
                plugin="telemetry",
            ) from error
        resource = Resource.create({"service.name": settings.service})
        spans = meters = None
        if settings.traces:
            spans = BatchSpanProcessor(trace_exporter(**_way_to(settings, "traces")))
        if settings.metrics:
            exporter = metric_exporter(**_way_to(settings, "metrics"))
            reader = PeriodicExportingMetricReader(exporter, export_interval_millis=settings.interval * 1000)
            meters = MeterProvider([reader], resource, shutdown_on_exit=False)
        return cls(resource, spans, meters)

    def see(self, trace: Trace) -> None:
        """Tell of a task that ended. A caller who doesn't record its trace gets no spans of ours either."""
        if self._spans is not None and trace.sampled:
            from aurarouter_telemetry.spans import Spans

            for span in Spans(trace, self._resource).all():
                self._spans.on_end(span)
        if self._meters is not None:
            for attempt in trace.attempts:
                attributes = conventions.of_metrics(attempt, conventions.operation(trace))
                self._seconds.record(attempt.seconds, attributes)
                if attempt.first_token is not None:
                    self._first.record(attempt.first_token, attributes)
                if attempt.usage is not None:
                    self._input.add(attempt.usage.input_tokens, attributes)
                    self._output.add(attempt.usage.output_tokens, attributes)

    async def close(self) -> None:
        """Send what is left, within a few seconds. OpenTelemetry itself would try for half a minute."""
        ends = [each.shutdown for each in (self._spans, self._meters) if each is not None]
        threads = [Thread(target=end, name="aurarouter-telemetry", daemon=True) for end in ends]
        for thread in threads:
            thread.start()
        until = time.monotonic() + WAIT
        for thread in threads:
            await asyncio.to_thread(thread.join, max(0.0, until - time.monotonic()))
        if any(thread.is_alive() for thread in threads):
            log.warning("the receiver of telemetry.otlp did not take within %g s what was left; it is dropped", WAIT)


def _way_to(settings: Otlp, what: str) -> dict[str, Any]:
    """What an exporter is made with; what is not set is left to OpenTelemetry's own variables."""
    made: dict[str, Any] = {}
    if settings.endpoint:
        whole = settings.endpoint.rstrip("/") + f"/v1/{what}"
        made["endpoint"] = settings.endpoint if settings.protocol == "grpc" else whole
    if settings.headers:
        made["headers"] = {name: value.reveal() for name, value in settings.headers.items()}
    if settings.protocol == "grpc" and settings.endpoint.startswith("http://"):
        made["insecure"] = True
    return made

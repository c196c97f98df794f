"""The configuration's section `telemetry`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from attrs import field, frozen
from attrs.validators import gt

from aurarouter_hooks import Secret


@frozen(kw_only=True)
class Otlp:
    """Where OpenTelemetry's traces and metrics go. What is left empty is read from OpenTelemetry's own variables.

    Attributes:
        enabled: Send them; needs the extra `opentelemetry`.
        endpoint: The receiver's URL; empty for `OTEL_EXPORTER_OTLP_ENDPOINT`, or its usual port on this machine.
        protocol: How it is spoken to.
        headers: Sent along, such as a key; empty for `OTEL_EXPORTER_OTLP_HEADERS`.
        traces: Send traces.
        metrics: Send metrics.
        interval: Seconds between two reports of metrics.
        service: The name of this program in them.
    """

    enabled: bool = False
    endpoint: str = ""
    protocol: Literal["http", "grpc"] = "http"
    headers: Mapping[str, Secret] = field(factory=dict)
    traces: bool = True
    metrics: bool = True
    interval: float = field(default=60.0, validator=gt(0))
    service: str = "aurarouter"


@frozen(kw_only=True)
class TelemetrySettings:
    """What is measured, and who may read it. Nothing of what was said is ever part of it.

    Attributes:
        prometheus: Count for Prometheus; the gateway serves it as `/metrics`.
        listen: Address on this machine, such as 127.0.0.1:9464, where daemon, grid node and other programs that stay
            serve `/metrics`, without a key; empty for none.
        otlp: OpenTelemetry.
    """

    prometheus: bool = True
    listen: str = ""
    otlp: Otlp = Otlp()

"""Metrics for Prometheus, traces and metrics for OpenTelemetry: all made of the traces that the kernel tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aurarouter_hooks import hookimpl

if TYPE_CHECKING:
    import click

    from aurarouter_hooks import Kernel, Trace
    from aurarouter_telemetry.metrics import Metrics
    from aurarouter_telemetry.otlp import Exporter
    from aurarouter_telemetry.port import Port


class Telemetry:
    """The plugin. Each router has one of its own, with counters of its own."""

    def __init__(self) -> None:
        self._metrics: Metrics | None = None
        self._exporter: Exporter | None = None
        self._port: Port | None = None

    @hookimpl
    def register_hookspecs(self) -> type:
        """Its own hook."""
        from aurarouter_telemetry.specs import Specs

        return Specs

    @hookimpl
    def register_config(self) -> Mapping[str, type]:
        """The section `telemetry`."""
        from aurarouter_telemetry.settings import TelemetrySettings

        return {"telemetry": TelemetrySettings}

    @hookimpl
    def register_commands(self, cli: click.Group) -> None:
        """`metrics`."""
        from aurarouter_telemetry.commands import metrics

        cli.add_command(metrics)

    @hookimpl
    async def kernel_started(self, kernel: Kernel) -> None:
        """Begin to count, and to export where that is set.

        Raises:
            PluginMissingError: OpenTelemetry is to be used and not installed.
            ConfigError: The address can't be listened on.
        """
        settings = kernel.settings("telemetry")
        if settings.prometheus:
            from aurarouter_telemetry.metrics import Metrics

            self._metrics = Metrics()
        if self._metrics is not None and settings.listen and kernel.surface != "cli":  # a command is over at once
            from aurarouter_telemetry.port import Port

            self._port = await Port.open(settings.listen, self._page)
        if settings.otlp.enabled:
            from aurarouter_telemetry.otlp import Exporter

            self._exporter = Exporter.of(settings.otlp)

    @hookimpl
    async def kernel_stopping(self) -> None:
        """Send what is left, and listen no longer."""
        port, self._port = self._port, None
        if port is not None:
            await port.close()
        exporter, self._exporter = self._exporter, None
        if exporter is not None:
            await exporter.close()

    @hookimpl
    def task_finished(self, trace: Trace) -> None:
        """Count a task."""
        if self._metrics is not None:
            self._metrics.see(trace)
        if self._exporter is not None:
            self._exporter.see(trace)

    @hookimpl
    def telemetry_metrics(self) -> str | None:
        """The metrics so far."""
        return None if self._metrics is None else self._metrics.text()

    @hookimpl(optionalhook=True)
    def gateway_page(self, path: str) -> tuple[str, str] | None:
        """`GET /metrics` on the gateway."""
        return self._page() if self._metrics is not None and path == "/metrics" else None

    def _page(self) -> tuple[str, str]:
        from aurarouter_telemetry.exposition import MEDIA_TYPE

        return MEDIA_TYPE, "" if self._metrics is None else self._metrics.text()

"""The plugin's own hook, by which programs read the metrics of a kernel, also of a far one."""

from __future__ import annotations

from aurarouter_hooks import hookspec


class Specs:
    """Call it with `kernel.call_hook("telemetry_metrics")`."""

    @hookspec
    def telemetry_metrics(self) -> str | None:
        """The kernel's metrics in Prometheus' text format."""

"""How a configuration was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import Factory, field, frozen

from aurarouter_core.home import working_folder


@frozen(kw_only=True)
class Request:
    """How a configuration was asked for, so that a reload can ask again.

    Attributes:
        path: The file that was named; None for the usual places.
        settings: In place of any file; None to look for one.
        environment: "local" or "auragrid".
        overrides: Settings above all others.
        layers: (name, settings) that plugins set at run time, highest first.
        environ: The environment to read; None for this process's own.
        folder: The directory in which it was asked for: the same places are searched again, wherever one is by then.
    """

    path: Path | None = None
    settings: Mapping[str, Any] | None = None
    environment: str = "local"
    overrides: Mapping[str, Any] = Factory(dict)
    layers: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    environ: Mapping[str, str] | None = field(default=None, repr=False)
    folder: Path | None = Factory(working_folder)

"""Reads every source of settings and makes one configuration of them."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import evolve

from aurarouter_core import trust
from aurarouter_core.config import Config
from aurarouter_core.environment import read_environment
from aurarouter_core.home import Home
from aurarouter_core.layers import Layer, Layers, lay_over, merged
from aurarouter_core.plugins import Plugins
from aurarouter_core.request import Request
from aurarouter_core.sources import defaults, find_file, places, read_file
from aurarouter_core.structure import KERNEL_SECTIONS, build
from aurarouter_core.trust_store import TrustStore
from aurarouter_core.watch import Look, look
from aurarouter_core.yaml_text import parse
from aurarouter_hooks import ConfigError, ConfigNotFoundError

log = logging.getLogger(__name__)
RESTART = "Put it back. If you mean it, restart what runs (the shared engine: aurarouter stop)."


def load_config(
    plugins: Plugins | None = None,
    *,
    path: Path | str | None = None,
    settings: Mapping[str, Any] | None = None,
    environment: str = "local",
    overrides: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Config:
    """Read every source and make one configuration of them.

    Args:
        plugins: Whose sections and settings count; None looks for installed ones.
        path: A file to use instead of the usual places.
        settings: What stands in the place of a file; no file is looked for then.
        environment: "local" or "auragrid"; plugins bring settings for it.
        overrides: Settings above all others (command-line flags).
        environ: The environment; None for this process's own.

    Raises:
        ConfigError: With all problems; or the file is missing (ConfigNotFoundError) or untrusted.
    """
    if path is not None and settings is not None:
        raise ConfigError("a configuration comes from a path or from settings, not from both")
    request = Request(
        path=Path(path) if path else None,
        settings=settings,
        environment=environment,
        overrides=overrides or {},
        environ=environ,
    )
    config = load(plugins if plugins is not None else Plugins(), request)
    for warning in config.warnings:
        log.warning("%s", warning)
    return config


def load(plugins: Plugins, request: Request, in_force: Config | None = None) -> Config:
    """Read every source again, as it was asked for before.

    Args:
        plugins: Whose sections and settings count.
        request: How it was asked for.
        in_force: What was read last time. Without its file, what that protects would be gone without a word.

    Raises:
        ConfigError: As `load_config`; or that file is gone or emptied, and none that comes before it is there.
    """
    seen = look(files_of(request))
    layers = read_layers(plugins, request)
    said = any(layer.yaml is not None and layer.settings for layer in layers.stack)
    if in_force is not None and in_force.path is not None:
        _check_there(in_force.path, layers.file, places(request.path, _environ(request), request.folder))
        if in_force.said and not said and layers.file == in_force.path:  # being written, or on a disk that is full
            raise ConfigError(f"{in_force.path}, the configuration file in force, is empty", hint=RESTART)
    return evolve(build(layers, request=request, environ=request.environ), seen=seen, said=said)


def _check_there(in_force: Path, found: Path | None, order: Sequence[Path]) -> None:
    if in_force in order and found not in order[: order.index(in_force) + 1]:
        raise ConfigNotFoundError(
            f"{in_force}, the configuration file in force, is gone",
            searched=[str(place) for place in order],
            hint=RESTART,
        )


def read_layers(plugins: Plugins, request: Request) -> Layers:
    """Every source, read but not judged.

    Raises:
        ConfigError: The file is missing, unreadable, no YAML, or not trusted.
    """
    environ = _environ(request)
    file, written, trusted = _file(request, environ)
    lower = [
        *(Layer(name, settings) for name, settings in request.layers),
        *(Layer(f"plugin {name}", settings) for name, settings in plugins.settings_layers(request.environment)),
        *([written] if written else []),
        defaults(written.settings if written else None),
    ]
    known = {**KERNEL_SECTIONS, **plugins.sections}
    settings = merged(lower)
    said = read_environment(environ, settings, known)
    if written is not None and written.yaml is not None and not trusted:
        _keep_keys_from(written.settings, said.settings)
    upper = [Layer("flags", request.overrides), Layer("environment", said.settings, variables=said.variables)]
    for layer in reversed(upper):
        lay_over(settings, layer.settings)
    return Layers(
        [*upper, *lower],
        settings,
        plugin_sections=plugins.sections,
        file=file,
        warnings=said.warnings,
        problems=(*(written.yaml.problems if written and written.yaml else ()), *said.problems),
    )


def files_of(request: Request | None) -> list[Path]:
    """The files whose change may change the configuration: every place, also where nothing is yet."""
    if request is None or request.settings is not None:
        return []
    environ = _environ(request)
    home = Home.of(environ)
    return [*places(request.path, environ, request.folder), home.trust, home.keys]


def files_now(path: Path | None = None) -> Look:
    """How the files are now that a configuration comes from; to compare with how they were."""
    return look(files_of(Request(path=path)))


def _environ(request: Request) -> Mapping[str, str]:
    return os.environ if request.environ is None else request.environ


def _keep_keys_from(untrusted: Mapping[str, Any], environment: dict[str, Any]) -> None:
    """Your variables give no key and no clearance to a model that a stranger's file put behind its name."""
    theirs, yours = untrusted.get("models"), environment.get("models")
    if not isinstance(theirs, Mapping) or not isinstance(yours, dict):
        return
    for name in theirs:
        for setting in ("api_key", "api_keys", "env_key", "tags"):
            if yours.get(name, {}).pop(setting, None) is not None:
                log.warning("models.%s.%s of a variable is ignored: the model's file is not trusted", name, setting)


def _file(request: Request, environ: Mapping[str, str]) -> tuple[Path | None, Layer | None, bool]:
    """The file in force, what stands in it, and whether the user has vouched for it."""
    if request.settings is not None:
        return None, Layer("settings", request.settings), True
    found = find_file(request.path, environ, request.folder)
    if found is None:
        return None, None, True
    data = read_file(found.path)
    yaml = parse(data, str(found.path))
    trusted = found.trusted or TrustStore(Home.of(environ)).trusts(found.path, data)
    if not trusted:
        trust.require(found.path, data, yaml, Home.of(environ))
    return found.path, Layer(str(found.path), yaml.settings, yaml=yaml), trusted

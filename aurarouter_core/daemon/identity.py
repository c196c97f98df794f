"""Which engine a program belongs to: one for each effective configuration, file and environment together."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from aurarouter_core import __version__
from aurarouter_core.config import Request
from aurarouter_core.home import Home, expanded
from aurarouter_core.loading import read_layers
from aurarouter_core.plain import dumps
from aurarouter_core.plugins import Plugins
from aurarouter_core.sources import FILE_VARIABLE
from aurarouter_core.variables import REFERENCE

COUNT = re.compile(
    r"AURAROUTER_(?!NO_DAEMON$).*|PYTHONPATH|.*(API_KEY|AUTH_TOKEN|BASE_URL|APPLICATION_CREDENTIALS|_HOST|PROXY)"
    r"|SSL_CERT_(FILE|DIR)|HF_(ENDPOINT|TOKEN)",
    re.IGNORECASE,
)
"""Variables that change what a configuration means, or what providers do where it says nothing."""


@frozen
class Identity:
    """One engine, as its clients find it.

    Attributes:
        key: Names its place. A hash: nothing of what it was made from can be told from it.
        home: Where that place is.
        order: What the engine needs to read the same configuration, as JSON. It may hold keys, so it is never written.
        folder: Where the engine works: relative paths count from there; None for its own place.
    """

    key: str
    home: Home
    order: Mapping[str, Any]
    folder: Path | None


def identify(plugins: Plugins, path: Path | None, flags: Mapping[str, Any]) -> Identity:
    """The engine for what a program would read by itself.

    Raises:
        ConfigError: The file is missing, no YAML, or not trusted.
    """
    environ = os.environ
    named = str(path) if path else environ.get(FILE_VARIABLE)
    file = expanded(named).absolute() if named else None
    layers = read_layers(plugins, Request(path=file, overrides=flags))
    here = Path.cwd()
    found_here = file is None and layers.file is not None and not _is_home(layers.file, Home.of(environ))
    anchored = found_here or _relative(layers.settings)
    home = Home.of(environ)
    text = dumps({"settings": layers.settings})
    names = {name for name in environ if COUNT.fullmatch(name)}
    names |= {name for _, name in REFERENCE.findall(text)} | set(re.findall(r'"env_key": ?"(\w+)"', text))
    facts = {
        "version": [__version__, sys.prefix, sys.version],
        "home": str(home.root.resolve()),
        "file": str(file.resolve()) if file else "",
        "folder": str(here) if anchored else "",
        "flags": flags,
        "environment": {name: environ.get(name) for name in sorted(names) if name != FILE_VARIABLE},
    }
    key = hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode("utf-8", "surrogateescape")).hexdigest()
    order = {"home": str(home.root), "key": key[:24], "path": str(file) if file else None, "flags": dict(flags)}
    return Identity(key[:24], home, order, here if anchored else None)


def _is_home(file: Path, home: Home) -> bool:
    return home.config.is_file() and file.samefile(home.config)


def _relative(settings: Mapping[str, Any]) -> bool:
    """Some model's file is named from the current folder."""
    models = settings.get("models")
    entries = models.values() if isinstance(models, Mapping) else ()
    paths = [entry.get("model_path") for entry in entries if isinstance(entry, Mapping)]
    return any(isinstance(path, str) and path and not path.startswith(("/", "~", "${")) for path in paths)

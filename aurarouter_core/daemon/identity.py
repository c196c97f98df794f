"""Which engine a program belongs to: one for each effective configuration, file and environment together."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from aurarouter_core import __version__
from aurarouter_core.daemon.leaning import leaning_of
from aurarouter_core.home import FILE_VARIABLE, Home, expanded, working_folder

if TYPE_CHECKING:
    from aurarouter_core.plugins import Plugins

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


def identify(plugins: Plugins | None, path: Path | None, flags: Mapping[str, Any]) -> Identity:
    """The engine for what a program would read by itself.

    Args:
        plugins: The plugins to work with; None for the installed ones, which are looked for when they are needed.
        path: The configuration file; None for the usual places.
        flags: Settings above all others.

    Raises:
        ConfigError: The file is missing, no YAML, or not trusted.
    """
    environ = os.environ
    named = str(path) if path else environ.get(FILE_VARIABLE)
    file = expanded(named).absolute() if named else None
    home = Home.of(environ)
    leaning = leaning_of(plugins, file, flags)
    folder = working_folder() if leaning.here else None
    names = {name for name in environ if COUNT.fullmatch(name)}.union(leaning.names)
    facts = {
        "version": [__version__, sys.prefix, sys.version],
        "home": str(home.root.resolve()),
        "file": str(file.resolve()) if file else "",
        "folder": str(folder or ""),
        "flags": flags,
        "environment": {name: environ.get(name) for name in sorted(names) if name != FILE_VARIABLE},
    }
    key = hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode("utf-8", "surrogateescape")).hexdigest()
    order = {"home": str(home.root), "key": key[:24], "path": str(file) if file else None, "flags": dict(flags)}
    return Identity(key[:24], home, order, folder)

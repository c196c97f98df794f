"""What keeps a plugin away: a variable; or how to install it, by commands derived from where this install came from.

What is installed is looked up once: that reads a file of each distribution, and tasks may come here in an event loop.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit

DISTRIBUTION = "aurarouter"
GROUP = "aurarouter"
ONLY, WITHOUT = "AURAROUTER_PLUGINS", "AURAROUTER_WITHOUT"


@cache
def known_extras() -> frozenset[str]:
    """The extras that this release has."""
    try:
        return frozenset(metadata.metadata(DISTRIBUTION).get_all("Provides-Extra") or ())
    except metadata.PackageNotFoundError:
        return frozenset()


@cache
def _installed() -> frozenset[str]:
    """Names of the plugins that are installed, switched off or not."""
    return frozenset(metadata.entry_points(group=GROUP).names)


@cache
def _origin() -> str | None:
    """Where this install came from, as pip wrote it down; None where it did not."""
    try:
        return metadata.distribution(DISTRIBUTION).read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        return None


def command(*extras: str) -> str:
    """The exact command that installs extras from where we came from, never from an index by name alone."""
    from urllib.request import url2pathname  # takes longer than all that plugins need

    pip = f"{shlex.quote(sys.executable)} -m pip install"
    what = f"{DISTRIBUTION}[{','.join(extras)}]"
    origin = _origin()
    if origin is None:
        return f"{pip} --no-index --find-links WHEELHOUSE {shlex.quote(what)}"
    direct = json.loads(origin)
    parts = urlsplit(direct["url"])
    if parts.scheme != "file":
        vcs = direct.get("vcs_info", {})
        source = f"{vcs['vcs']}+{direct['url']}@{vcs['commit_id']}" if vcs else direct["url"]
        return f"{pip} {shlex.quote(f'{what} @ {source}')}"
    path = Path(url2pathname(parts.path))
    if "dir_info" in direct:
        editable = "-e " if direct["dir_info"].get("editable") else ""
        return f"{pip} {editable}{shlex.quote(f'{path}[' + ','.join(extras) + ']')}"
    return f"{pip} --no-index --find-links {shlex.quote(str(path.parent))} {shlex.quote(what)}"


def switch_of(name: str, environ: Mapping[str, str]) -> str:
    """The variable that switches a plugin off; "" when none does."""
    if name in (_names(environ.get(WITHOUT)) or ()):
        return WITHOUT
    only = _names(environ.get(ONLY))
    return ONLY if only is not None and name not in only else ""


def switched_off(extra: str) -> str:
    """The variable that switches a plugin off although it is installed; "" when none does."""
    return switch_of(extra, os.environ) if extra in _installed() else ""


def install_hint(*extras: str) -> str:
    """What to do about missing extras, in one sentence; those that are only switched off come first."""
    for extra in extras:
        if switch := switched_off(extra):
            return f"Take '{extra}' out of {switch}." if switch == WITHOUT else f"Add '{extra}' to {switch}."
    known = known_extras()
    absent = [extra for extra in extras if extra not in known]
    if absent:
        return f"'{absent[0]}' is not part of this release."
    return f"Install {'it' if len(extras) == 1 else 'them'} with: {command(*extras)}"


def _names(text: str | None) -> frozenset[str] | None:
    """A comma-separated list; None when the variable is not set at all."""
    return None if text is None else frozenset(part.strip() for part in text.split(",") if part.strip())

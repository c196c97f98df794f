"""How to install what is missing: commands derived from where this very install came from."""

from __future__ import annotations

import json
import shlex
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

DISTRIBUTION = "aurarouter"


def known_extras() -> frozenset[str]:
    """The extras that this release has."""
    try:
        return frozenset(metadata.metadata(DISTRIBUTION).get_all("Provides-Extra") or ())
    except metadata.PackageNotFoundError:
        return frozenset()


def command(extra: str) -> str:
    """The exact command that installs an extra from where we came from, never from an index by name alone."""
    what = f"{DISTRIBUTION}[{extra}]"
    try:
        origin = metadata.distribution(DISTRIBUTION).read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        origin = None
    if origin is None:
        return f"pip install --no-index --find-links WHEELHOUSE {shlex.quote(what)}"
    direct = json.loads(origin)
    parts = urlsplit(direct["url"])
    if parts.scheme != "file":
        vcs = direct.get("vcs_info", {})
        source = f"{vcs['vcs']}+{direct['url']}@{vcs['commit_id']}" if vcs else direct["url"]
        return f"pip install {shlex.quote(f'{what} @ {source}')}"
    path = Path(url2pathname(parts.path))
    if "dir_info" in direct:
        editable = "-e " if direct["dir_info"].get("editable") else ""
        return f"pip install {editable}{shlex.quote(f'{path}[{extra}]')}"
    return f"pip install --no-index --find-links {shlex.quote(str(path.parent))} {shlex.quote(what)}"


def hint(extra: str) -> str:
    """What to do about a missing extra, in one sentence."""
    if extra in known_extras():
        return f"Install it with: {command(extra)}"
    return f"'{extra}' is not part of this release."

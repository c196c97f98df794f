"""How to install what is missing: commands derived from where this very install came from."""

from __future__ import annotations

import json
import shlex
import sys
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


def command(*extras: str) -> str:
    """The exact command that installs extras from where we came from, never from an index by name alone."""
    pip = f"{shlex.quote(sys.executable)} -m pip install"
    what = f"{DISTRIBUTION}[{','.join(extras)}]"
    try:
        origin = metadata.distribution(DISTRIBUTION).read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        origin = None
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


def install_hint(*extras: str) -> str:
    """What to do about missing extras, in one sentence."""
    known = known_extras()
    absent = [extra for extra in extras if extra not in known]
    if absent:
        return f"'{absent[0]}' is not part of this release."
    return f"Install {'it' if len(extras) == 1 else 'them'} with: {command(*extras)}"

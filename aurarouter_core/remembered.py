"""What a start need not find out again: files in the cache folder, and what tells that something was installed.

Imports next to nothing, since it saves milliseconds. What is remembered holds only while what it was made from is the
same, which whoever reads it checks; anything else in such a file than what was written there counts as nothing.
"""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Iterable, Mapping
from functools import reduce
from importlib import import_module
from pathlib import Path
from typing import Any

VERSION = 3


def installed() -> list[Any]:
    """Changes when something is installed, removed or switched off."""
    folders = [[str(folder), changed(folder)] for folder in sys.path]
    switches = [os.environ.get(name) for name in ("AURAROUTER_PLUGINS", "AURAROUTER_WITHOUT")]
    return [VERSION, sys.version, folders, switches]


def files_of(modules: Iterable[str]) -> dict[str, int]:
    """The files of modules that are loaded, and when they were changed."""
    loaded = (sys.modules.get(name) for name in modules)
    files = (getattr(module, "__file__", None) for module in loaded)  # what was typed in has none
    return {file: changed(file) for file in files if file}


def unchanged(files: Mapping[str, int]) -> bool:
    """They are what they were."""
    return all(changed(file) == when for file, when in files.items())


def plugin_of(entry: str) -> Any:
    """The plugin that an entry point names, without looking for any other."""
    module, _, inside = entry.partition("[")[0].partition(":")  # as an `EntryPoint` does, whose import takes longer
    loaded = reduce(getattr, filter(None, inside.strip().split(".")), import_module(module.strip()))
    return loaded() if isinstance(loaded, type) else loaded


def changed(path: str) -> int:
    """When a file or folder was changed; 0 when it is not there."""
    try:
        return os.stat(path).st_mtime_ns  # noqa: PTH116 - pathlib costs what this saves
    except OSError:
        return 0


def recall(name: str) -> Any:
    """What was remembered under this name; None when nothing is, or when others could have written it."""
    try:
        return json.loads(read(f"{name}.json") or b"null")
    except (ValueError, RecursionError):
        return None  # it is only a cache, so it is made again


def remember(name: str, value: Any) -> None:
    """Write it down for the next start; a home that can't be written to makes that slower, not wrong."""
    write(f"{name}.json", json.dumps(value).encode())


def read(file: str) -> bytes | None:
    """A file of the cache folder; None when there is none, or when others could have written it."""
    place = _place(file)
    if place is None:
        return None
    try:
        with open(place, "rb") as opened:  # noqa: PTH123 - likewise
            found = os.fstat(opened.fileno())
            if sys.platform != "win32" and (found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o022):
                return None
            return opened.read()
    except OSError:
        return None


def write(file: str, data: bytes) -> None:
    """As `remember`, of bytes."""
    from aurarouter_core.home import private_folder
    from aurarouter_hooks import AuraRouterError

    place = _place(file)
    if place is None:
        return
    import tempfile

    path = Path(place)
    try:
        with tempfile.NamedTemporaryFile(dir=private_folder(path.parent), delete=False) as new:
            try:
                new.write(data)
                new.close()
                Path(new.name).replace(path)
            except OSError:
                Path(new.name).unlink(missing_ok=True)
                raise
    except (OSError, AuraRouterError):
        return


def _place(file: str) -> str | None:
    """As `Home.cache`, whose imports cost too much here; None where that is no place of the user's own."""
    root = os.path.expanduser(os.environ.get("AURAROUTER_HOME") or "~/.auracore/aurarouter")  # noqa: PTH111
    return os.path.join(root, "cache", file) if os.path.isabs(root) else None  # noqa: PTH117, PTH118

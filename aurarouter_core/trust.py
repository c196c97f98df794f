"""A file that merely lies in the current directory: what it may not do until its owner said that it is theirs."""

from __future__ import annotations

import ipaddress
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aurarouter_core.detection.rules import TIGHT
from aurarouter_core.home import Home
from aurarouter_core.plain import origin
from aurarouter_core.trust_store import TrustStore
from aurarouter_core.yaml_text import YamlText, parse
from aurarouter_hooks import ConfigError, ConfigUntrustedError, Problem

# What anybody's file may set. Everything else needs trust, so that a setting nobody thought of is refused too.
HARMLESS_SYSTEM = frozenset({"log_level", "default_timeout", "default_role", "retries", "max_wait"})
HARMLESS_MODEL = frozenset(
    {
        "provider",
        "model_name",
        "parameters",
        "timeout",
        "connect_timeout",
        "first_token_timeout",
        "between_tokens_timeout",
        "max_concurrency",
        "max_queue",
        "capabilities",
        "context_length",
    }
)
HARMLESS_SECTIONS = frozenset({"roles", "semantic_verbs", "intents", "budget"})
REASONS = {
    "api_key": "it decides whose account prompts go to",
    "api_keys": "it decides whose accounts prompts go to",
    "env_key": "it sends a variable of yours away",
    "endpoints": "it may send prompts elsewhere",
    "tags": "it says who may see private content",
    "model_path": "it names a file that native code reads",
    "asset": "it fetches a file that native code reads",
    "options": "it may name programs and files",
    "memory": "it decides how much memory models take",
    "idle_unload": "it decides how long models stay in memory",
    "keep_content": "it keeps what you write",
    "keep_traces": "it lets your traces go",
    "keep_days": "it lets your traces go",
    "keep_megabytes": "it lets your traces go",
    "privacy": "it may loosen privacy",
    "assets": "it says which files native code may read",
    "price": "it may say that what costs money costs nothing, past your budget",
    "plans": "it may ask models more often, at your cost",
    "prompts": "it puts words into what models are told",
}
OTHERWISE = "it may name commands, servers or files"
PROTECTING = ("privacy", "budget")
"""Sections of the user's own file that no stranger's file may take the place of: nothing would hold in their stead."""


def objections(yaml: YamlText, home: Home) -> list[Problem]:
    """What in a file needs its owner's word, each with its line; empty for a file that can do no harm."""
    harms = [
        Problem(f"only a trusted file may set this: {why}", path, line=yaml.line(path), source=yaml.name)
        for path, why in _harms(yaml.settings)
    ]
    return [*harms, *_lost(home)]


def _lost(home: Home) -> list[Problem]:
    """What the user's own file protects, and would not while another file is in force."""
    if not home.config.is_file():
        return []
    name = str(home.config)
    try:
        own = parse(home.config.read_bytes(), name)
    except (ConfigError, OSError):
        return [Problem("only a trusted file may come before this one, which can't be read", source=name)]
    return [
        Problem(f"only a trusted file may come before yours: your {section} would not hold", (section,), line, name)
        for section in PROTECTING
        if own.settings.get(section)
        for line in [own.line((section,))]
    ]


def _harms(settings: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    for section, entries in settings.items():
        here = (str(section),)
        if section in HARMLESS_SECTIONS:
            yield from _references(entries, here)
        elif section == "system" and isinstance(entries, Mapping):
            for key, value in entries.items():
                yield from _setting((*here, str(key)), value, key in HARMLESS_SYSTEM)
        elif section == "models" and isinstance(entries, Mapping):
            for name, entry in entries.items():
                yield from _model((*here, str(name)), entry)
        elif section == "privacy" and isinstance(entries, Mapping):
            yield from _loosened(entries, here)
        elif entries is not None:
            yield here, REASONS.get(here[0], OTHERWISE)


def _model(here: tuple[str, ...], entry: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    if not isinstance(entry, Mapping):
        yield from _references(entry, here)
        return
    if "endpoint" not in entry and entry.get("provider") is not None:
        yield (*here, "provider"), "it may reach a service at your cost, since no endpoint on this machine is named"
    for key, value in entry.items():
        path = (*here, str(key))
        if key == "endpoint" and isinstance(value, str) and "${" not in value:
            if not on_loopback(value):
                yield path, f"it sends prompts to {origin(value)}, which is not this machine"
        else:
            yield from _setting(path, value, key in HARMLESS_MODEL)


def _loosened(entries: Mapping[str, Any], here: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """What may let private content go. A stranger may be stricter than the built-in profile, and no more."""
    for key, value in entries.items():
        path = (*here, str(key))
        if key == "rules" and isinstance(value, Mapping):
            for rule, action in value.items():
                yield from _setting((*path, str(rule)), action, action in TIGHT, "privacy")
        elif key == "patterns" and isinstance(value, Mapping):
            for name, entry in value.items():
                action = entry.get("action", "reroute") if isinstance(entry, Mapping) else None
                yield from _setting((*path, str(name)), entry, action in TIGHT, "privacy")
        else:
            harmless = key == "markers" or (key == "profile" and value in ("strict", "balanced"))
            yield from _setting(path, value, harmless, "privacy")


def _setting(
    path: tuple[str, ...], value: Any, harmless: bool, reason: str = ""
) -> Iterator[tuple[tuple[str, ...], str]]:
    if harmless:
        yield from _references(value, path)
    else:
        yield path, REASONS.get(reason or path[-1], OTHERWISE)


def _references(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Variables and keys of the user's, wherever a text can hold them: also in the names."""
    if isinstance(value, str) and "${" in value:
        yield path, "it reads a variable or a key of yours"
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _references(str(key), path)
            yield from _references(item, (*path, str(key)))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _references(item, (*path, str(number)))


def on_loopback(endpoint: str) -> bool:
    """The URL plainly names this machine; anything unusual in it counts as elsewhere."""
    try:
        parts = urlsplit(endpoint)
        host = parts.hostname or ""
        if not endpoint.isascii() or any(sign in endpoint for sign in "\\@ \t\r\n") or parts.port == 0:
            return False
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def require(path: Path, data: bytes, yaml: YamlText, home: Home) -> None:
    """Refuse a file from the current directory that asks for more than anybody's file may.

    Raises:
        ConfigUntrustedError: With each such line.
    """
    found = objections(yaml, home)
    if not found:
        return
    store = TrustStore(home)
    if store.trusts(path, data):
        return
    changed = str(path.resolve()) in store.entries()
    raise ConfigUntrustedError(
        f"{path} lies in the current directory and "
        + ("has changed since you trusted it" if changed else "you have not said that it is yours"),
        problems=found,
        hint=f"Read it. If it is yours: aurarouter config trust {shlex.quote(str(path))}",
    )

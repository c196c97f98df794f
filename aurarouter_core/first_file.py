"""The user's first configuration file: what it says, each setting explained, and how it gets to its place."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from attrs import frozen

from aurarouter_core.ability_names import ABILITIES
from aurarouter_core.atomic import locked, replace_file
from aurarouter_core.checkup import check_config
from aurarouter_core.config import System
from aurarouter_core.foreign import verbatim
from aurarouter_core.home import Home
from aurarouter_core.plugins import Plugins
from aurarouter_core.references import Reference
from aurarouter_core.request import Request
from aurarouter_core.shown import on_one_line, printable
from aurarouter_core.sources import EMBEDDED, FILE_NAME, ROLES, same
from aurarouter_core.trust_store import TrustStore
from aurarouter_core.yaml_text import parse
from aurarouter_hooks import ConfigError, Model

WORK = {
    "router": "small decisions about a task itself",
    "reasoning": "design, planning, maths, several steps",
    "coding": "writing, changing and fixing code",
    "summarization": "making long things short",
    "analysis": "questions about data and texts",
    "reviewer": "reading what others wrote",
}
EXPLAINED = {
    "provider": "the plugin that reaches it",
    "model_name": "what the backend calls it, where that is not the name here",
    "endpoint": "the server's URL",
    "model_path": "its file on disk",
    "env_key": "the variable that holds the key; the key itself stays out of this file",
    "api_key": "where the key is kept",
    "tags": "words of your own; `private` lets private content go there",
    "parameters": "sampling parameters, under the names of the OpenAI API",
    "options": "settings that only this provider knows",
    "capabilities": "what it can do",
    "context_length": "tokens of prompt and answer together",
}


@frozen
class Choice:
    """A model that shall stand in the file.

    Attributes:
        model: As its provider offers it.
        place: Where it runs, in words.
        private: Its user vouches for it: private content may go there.
    """

    model: Model
    place: str
    private: bool = False


def entry(choice: Choice) -> dict[str, Any]:
    """A model's settings. A key is only ever referred to."""
    model = choice.model
    tags = [*sorted(model.tags - {"private"}), *(["private"] if choice.private else [])]
    names = model.capabilities.names
    settings = {
        "provider": model.provider,
        "endpoint": model.endpoint,
        "model_name": model.model_name if model.model_name != model.id else "",
        "model_path": str(model.model_path or ""),
        "tags": tags,
        "parameters": dict(model.parameters),
        "options": dict(model.options),
        "capabilities": sorted(names.intersection(ABILITIES)) if names is not None else None,
        "context_length": model.capabilities.context_length,
    }
    filled = {name: verbatim(value) for name, value in settings.items() if value or name == "provider"}
    return filled | _key(model)


def _key(model: Model) -> dict[str, str]:
    """Where the key is found; nothing for a key that no reference leads to, which its provider then looks for."""
    try:
        reference = Reference.of(model.api_key.reveal()) if model.api_key else None
    except ValueError:
        return {}
    if reference is None:
        return {}
    return {"env_key": reference.name} if reference.kind == "env" else {"api_key": str(reference)}


def text_of(choices: Sequence[Choice], *, embedded: bool, today: date) -> str:
    """The whole file.

    Args:
        choices: The models, in the order in which each role tries them.
        embedded: Let the built-in model be every role's last resort.
        today: For the first line.
    """
    entries = {choice.model.id: entry(choice) for choice in choices}
    built_in = list(EMBEDDED["models"]) if embedded else []
    chain = on_one_line([*entries, *built_in])
    lines = [
        f"# AuraRouter's configuration, written by `aurarouter init` on {today.isoformat()}. Change it as you like.",
        "#",
        "# `aurarouter config check` says what is wrong with it, `aurarouter config show --origin` what is in force.",
        "# An editor checks and completes it with a schema: `aurarouter config schema` prints one.",
        "",
        "# The program as a whole.",
        "system:",
        "  # The role of tasks that fit no other.",
        f"  default_role: {System().default_role}",
        "  # Prompts and answers are not kept in the stored traces.",
        "  keep_content: false",
        "",
    ]
    if entries:
        lines += ["# Models: a name of your own for each, and what reaches it.", *_legend(entries), "models:"]
        for choice in choices:
            lines += [f"  # {printable(choice.place[:1].upper() + choice.place[1:])}.", *_clearance(choice)]
            lines.append(f"  {on_one_line(choice.model.id)}:")
            lines += [f"    {name}: {on_one_line(value)}" for name, value in entries[choice.model.id].items()]
        lines.append("")
    lines += [
        "# Roles: who does which kind of work. The first model that answers wins; the next is tried when one fails.",
        *(f"# `{name}` is built in: always there, and far too small for real work." for name in built_in),
        "roles:",
    ]
    for role in ROLES:
        lines += [f"  # {WORK[role][:1].upper()}{WORK[role][1:]}.", f"  {role}: {chain}"]
    return "\n".join(lines) + "\n"


def _legend(entries: dict[str, dict[str, Any]]) -> list[str]:
    used = {name for settings in entries.values() for name in settings}
    return [f"#   {name:<15} {words}" for name, words in EXPLAINED.items() if name in used]


def _clearance(choice: Choice) -> list[str]:
    return ["  # You vouch for it, so private content may go there."] if choice.private else []


def require_good(text: str, path: Path, plugins: Plugins) -> None:
    """See to it that the file will load.

    Raises:
        ConfigError: It would not; with every problem.
    """
    environ = {name: value for name, value in os.environ.items() if "__" not in name}  # what overrides has its own say
    yaml = parse(text.encode(), str(path))
    problems = [*yaml.problems, *check_config(plugins, Request(settings=yaml.settings, environ=environ)).problems]
    if problems:
        raise ConfigError(
            f"{path} is not written: it would have problems",
            problems=problems,
            hint="Choose other models. This is a fault in AuraRouter or a plugin; 'aurarouter doctor' may say which.",
        )


def require_free(path: Path, *, force: bool) -> None:
    """See to it that nobody's file gets lost.

    Raises:
        ConfigError: There is a file already.
    """
    if os.path.lexists(path) and not force:
        raise ConfigError(
            f"there is a configuration already: {path}",
            hint="Change it with 'aurarouter model add' and 'aurarouter config set'. "
            "With 'aurarouter init --force' a new one takes its place, and the old one is kept beside it.",
        )


def write(path: Path, text: str, *, home: Home, force: bool) -> Path | None:
    """Put the file in its place, readable by this user alone.

    Returns:
        Where the file that was there is now; None when none was.

    Raises:
        ConfigError: There is one already and `force` is not set, or it can't be written.
    """
    backup: Path | None = None
    old: bytes | None = None
    new = text.encode()
    store = TrustStore(home)
    trusted = path.name == FILE_NAME and not same(path, home.config)
    with locked(path):
        require_free(path, force=force)
        if path.is_file():
            backup, old = _free(path), _content(path)
            replace_file(backup, old, mode=0o600)
        if trusted:  # whoever has it written need not say that it is theirs
            store.trust(path, new, before=old if old is not None and store.trusts(path, old) else None)
        replace_file(path, new, mode=0o600)
    if trusted:
        store.settled(path, new)
    return backup


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{path} can't be read, so it can't be kept: {error.strerror or error}", hint="Check its permissions."
        ) from error


def _free(path: Path) -> Path:
    number = 1
    while os.path.lexists(backup := path.with_name(f"{path.name}.bak{number if number > 1 else ''}")):
        number += 1
    return backup

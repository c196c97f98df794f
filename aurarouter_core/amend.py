"""The one way to change the user's configuration file: edit it, look the result over, and only then write it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import evolve, field, frozen

from aurarouter_core import aftermath, dotted, trust
from aurarouter_core.aftermath import Changed
from aurarouter_core.checkup import Checkup, check_config, look_over
from aurarouter_core.config import Config
from aurarouter_core.edit import Change, Set, edit_file, rewrite_file
from aurarouter_core.home import Home, private_folder
from aurarouter_core.in_force import kinds_of
from aurarouter_core.kinds import at
from aurarouter_core.layers import Layer, Layers
from aurarouter_core.loading import read_layers
from aurarouter_core.plugins import Plugins
from aurarouter_core.request import Request
from aurarouter_core.shown import masked
from aurarouter_core.sources import Found, find_file, read_file
from aurarouter_core.spelling import as_written
from aurarouter_core.trust_store import TrustStore
from aurarouter_core.yaml_text import YamlText, parse
from aurarouter_hooks import ConfigError, ConfigUntrustedError

TRIES = 20
"""Looks at a file that others change at the same time."""


@frozen(kw_only=True)
class Amendment:
    """What became of a change.

    Attributes:
        file: The file that was changed.
        created: It was not there before.
        changed: Every setting that is different now; empty when the file said so already.
        warnings: What to know about the result: a variable that hides a new value, a model whose key is not set …
        config: The configuration as it is now; None where problems remain that were there before.
    """

    file: Path
    created: bool = False
    changed: tuple[Changed, ...] = ()
    warnings: tuple[str, ...] = ()
    config: Config | None = field(default=None, repr=False)


def amend_config(
    plugins: Plugins,
    request: Request,
    changes: Sequence[Change] | Callable[[Layers], Sequence[Change]],
    *,
    literal: bool = False,
) -> Amendment:
    """Change the file in force, or make the user's own where there is none. It is changed wholly or not at all.

    Paths are those of the settings in their long form (`roles.coding.models`); a file that uses a short form keeps
    it where it can. A file that was trusted stays trusted.

    Args:
        plugins: Whose sections and providers count.
        request: How the configuration is asked for, which says the file.
        changes: What is wanted, in order; or says it of the settings that the change is made to, or raises.
        literal: Let a key stand in the file as it is, in place of a reference to one.

    Raises:
        ConfigUntrustedError: The file is not trusted, or would have to be with this change.
        ConfigError: The file can't be read or edited, or would have problems that it did not have: they are named.
    """

    def write(work: _Work) -> tuple[bool, Sequence[Change]]:
        wanted = changes(work.before.layers) if callable(changes) else changes
        if not literal:
            _refuse_keys(wanted, kinds_of(work.before.layers))
        written = as_written(parse(work.old, str(work.file)).text, wanted)
        return edit_file(work.file, written, check=work.look), wanted

    for left in reversed(range(TRIES)):
        try:
            return _once(plugins, request, check_config, write, literal)
        except _ChangedMeanwhileError:
            if not left:
                raise
    raise AssertionError("the last try returns or raises")


def rewrite(plugins: Plugins, request: Request, text: str, *, was: str, literal: bool = False) -> Amendment:
    """Put a whole text in the place of the one that was read from the file in force, or make the user's own.

    Args:
        plugins, request: As for `amend_config`.
        text: What the file is to hold.
        was: What was read; "" where there was no file. If it holds something else by now, that stays.
        literal: The text may hold keys as they are, so only this user may read the file from now on.

    Returns:
        What became of it; `changed` is empty, since no single settings were named.

    Raises:
        ConfigUntrustedError, ConfigError: As `amend_config`; or the file was changed by somebody else.
    """

    def write(work: _Work) -> tuple[bool, Sequence[Change]]:
        return rewrite_file(work.file, text, was=was, check=work.look), ()

    return _once(plugins, request, _readable, write, literal)


def _readable(plugins: Plugins, request: Request) -> Checkup:
    """How the configuration is before the change; of a file that is no YAML, how it would be without a word in it."""
    try:
        return check_config(plugins, request)
    except ConfigUntrustedError:
        raise
    except ConfigError:
        return checked(plugins, request, "")


@frozen
class _Work:
    """A file that is about to be changed."""

    file: Path
    old: bytes
    before: Checkup
    look: Callable[[str], None]
    """Raises when the text must not be written."""


class _ChangedMeanwhileError(ConfigError):
    """Somebody else changed the file between our look at it and our edit."""


def file_to_change(request: Request) -> Found:
    """The file in force, or the user's own, which is made when there is none.

    Raises:
        ConfigError: There is none to change, or it can't be looked for.
    """
    if request.settings is not None:
        raise ConfigError("these settings come from a program, not from a file", hint="Change them there.")
    environ = os.environ if request.environ is None else request.environ
    return find_file(request.path, environ, request.folder) or Found(Home.of(environ).config)


def _once(
    plugins: Plugins,
    request: Request,
    look_before: Callable[[Plugins, Request], Checkup],
    write: Callable[[_Work], tuple[bool, Sequence[Change]]],
    literal: bool,
) -> Amendment:
    """Have a file written, which is looked over first, and say what became of it."""
    found = file_to_change(request)
    home = Home.of(os.environ if request.environ is None else request.environ)
    if not found.trusted and found.path.is_symlink():
        raise ConfigError(
            f"{found.path} is a link to {found.path.resolve()}, perhaps put here to make you change that file",
            hint="If it is yours, name it when you start the program: aurarouter --config FILE …",
        )
    created = not found.path.is_file()
    old = b"" if created else read_file(found.path)
    before = look_before(plugins, request)
    store = TrustStore(home)
    trusted = not created and store.trusts(found.path, old)
    amended: list[tuple[Checkup, str]] = []

    def look(text: str) -> None:
        if (b"" if created else read_file(found.path)) != old:
            raise _ChangedMeanwhileError(f"{found.path} is being changed all the time", hint="Try again.")
        yaml = parse(text.encode(), str(found.path))
        if not (found.trusted or trusted):
            trust.require(found.path, text.encode(), yaml, home)
        after = _looked_over(plugins, request, found.path, yaml)
        if worse := aftermath.new(after.problems, before.problems):
            raise ConfigError(f"{found.path} is left as it was: with this change it would be wrong", problems=worse)
        if trusted:
            store.trust(found.path, text.encode(), before=old)
        amended.append((after, text))

    if created:
        private_folder(found.path.parent)
    written, changes = write(_Work(found.path, old, before, look))
    if not written:
        return Amendment(file=found.path, config=before.config)
    ((after, text),) = amended
    if literal:
        found.path.chmod(0o600)  # a key may stand in it now
    if trusted:
        store.settled(found.path, text.encode())
    was, now = (parse(data, str(found.path)) for data in (old if changes else b"", text.encode()))
    return Amendment(
        file=found.path,
        created=created,
        changed=tuple(aftermath.changed(changes, was, now, kinds_of(after.layers))),
        warnings=tuple(aftermath.warnings(changes, before, after)),
        config=after.config,
    )


def checked(plugins: Plugins, request: Request, text: str) -> Checkup:
    """What a text would be in the place of the file in force. Nothing is written.

    Raises:
        ConfigError: It is no YAML.
    """
    found = file_to_change(request)
    return _looked_over(plugins, request, found.path, parse(text.encode(), str(found.path)))


def _looked_over(plugins: Plugins, request: Request, path: Path, yaml: YamlText) -> Checkup:
    """Everything is read as ever, with this text in the file's place: above the defaults, below all others."""
    layers = read_layers(plugins, evolve(request, path=None, settings=yaml.settings))
    written = Layer(str(path), yaml.settings, yaml=yaml)
    stack = [*layers.stack[:-2], written, layers.stack[-1]]
    problems = (*yaml.problems, *layers.problems)
    return look_over(plugins, request, evolve(layers, stack=stack, file=path, problems=problems))


def _refuse_keys(changes: Sequence[Change], kinds: Mapping[str, Any]) -> None:
    """A key in a file gets copied, shared and committed with it."""
    for change in changes:
        path = tuple(map(str, change.path))
        if isinstance(change, Set) and masked(change.value, at(kinds, path), path[-1]) != _plain(change.value):
            raise ConfigError(
                f"{dotted.shown(path)} would put a key into the file as it is",
                hint="Keep it with 'aurarouter keys set NAME' and write ${key.NAME} here. "
                "Or take a variable: ${env.NAME}. If it is no secret: 'aurarouter config set --literal'.",
            )


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value

"""What can be said about a configuration before it is used: what is wrong, and what is probably not meant."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence

from attrs import evolve, frozen

from aurarouter_core import converter, references
from aurarouter_core.config import Config, ModelEntry, System
from aurarouter_core.configured import configured
from aurarouter_core.converter import Problems
from aurarouter_core.home import Home
from aurarouter_core.hotpath import fault_of
from aurarouter_core.keys import KeyStore
from aurarouter_core.layers import Layers
from aurarouter_core.loading import read_layers
from aurarouter_core.plugins import Plugins
from aurarouter_core.provider_class import missing_provider
from aurarouter_core.request import Request
from aurarouter_core.snapshot import Snapshot
from aurarouter_core.structure import build
from aurarouter_hooks import AuraRouterError, ConfigError, PluginError, Problem, Secret

log = logging.getLogger(__name__)

SOME_KEY = Secret("some key")
"""Stands in for keys when a provider is only made to hear what it objects to: no keyring is opened for that."""


@frozen(kw_only=True)
class Checkup:
    """What was found.

    Attributes:
        layers: What was looked at.
        config: The configuration; None when it has problems that keep it from loading.
        problems: What is wrong, each with its place. A provider's objection to its model counts.
        warnings: What works, or fails only when used: names that match nothing, unset variables, providers that no
            installed plugin brings, roles without a model, a default role that is none.
    """

    layers: Layers
    config: Config | None
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def check_config(plugins: Plugins, request: Request) -> Checkup:
    """Look at a configuration. Nothing is connected to, fetched or written.

    Raises:
        ConfigError: It can't be read: the file is missing, no YAML, or not trusted.
    """
    return look_over(plugins, request, read_layers(plugins, request))


def look_over(plugins: Plugins, request: Request, layers: Layers) -> Checkup:
    """The same for layers that are read already."""
    environ = os.environ if request.environ is None else request.environ
    config: Config | None = None
    problems: list[Problem] = []
    warnings = [Problem(text) for text in layers.warnings]
    try:
        config = build(layers, request=request, environ=environ)
    except ConfigError as error:
        problems.extend(error.problems or [Problem(str(error))])
    system = config.system if config else System()
    models = layers.settings.get("models")
    making = converter.make(environ)
    entries: dict[str, ModelEntry] = {}
    for name, raw in models.items() if isinstance(models, Mapping) else ():
        try:
            entries[str(name)] = converter.structured(making, raw, ModelEntry, ("models", str(name)))
        except Problems as error:  # what is wrong with it has been told; that a variable is missing has not
            warnings.extend(error.unset)
    problems.extend(layers.located(problem) for problem in _objections(entries, system, plugins))
    warnings.extend(_lacking(entries, plugins, environ))
    problems.extend(layers.located(problem) for problem in (_unusable(config, plugins) if config else ()))
    roles = config.roles if config else {}
    warnings.extend(Problem("names no model", ("roles", role)) for role, chain in roles.items() if not chain.models)
    said = layers.settings.get("system")
    if config and system.default_role not in roles and isinstance(said, Mapping) and "default_role" in said:
        words = f"no role is called '{system.default_role}'{converter.nearest(system.default_role, roles)}"
        warnings.append(Problem(words, ("system", "default_role")))
    located = tuple(layers.located(warning) if warning.path else warning for warning in warnings)
    return Checkup(layers=layers, config=config, problems=tuple(problems), warnings=located)


def _objections(entries: Mapping[str, ModelEntry], system: System, plugins: Plugins) -> list[Problem]:
    """What each model's provider says when it is made, which takes no connection."""
    found: list[Problem] = []
    for name, entry in entries.items():
        here = ("models", name)
        kind = plugins.providers.get(entry.provider)
        if kind is None:
            continue
        try:
            model = configured(Config(models={name: entry}, system=system))[name]
            kind(evolve(model, api_key=SOME_KEY if references.written(entry) else None))
        except ConfigError as error:
            found.extend(_told(problem, here) for problem in error.problems or [Problem(str(error))])
        except AuraRouterError as error:
            found.append(Problem(str(error), here))
        except Exception as error:  # noqa: BLE001 - a plugin's fault is told like any other problem
            found.append(Problem(f"its provider '{entry.provider}' failed with {type(error).__name__}", here))
    return found


def _unusable(config: Config, plugins: Plugins) -> Sequence[Problem]:
    """What fits its section and keeps the whole from being used: words that are none, too many examples."""
    try:
        Snapshot.of(config, plugins)
    except ConfigError as error:
        synonyms: dict[tuple[str, ...], Sequence[str]]
        synonyms = {("semantic_verbs", role): words.synonyms for role, words in config.semantic_verbs.items()}
        synonyms |= {("intents", name, "synonyms"): entry.synonyms for name, entry in config.intents.items()}
        ours = [Problem(said, path) for path, words in synonyms.items() for word in words if (said := fault_of(word))]
        return ours or [_in_section(problem) for problem in error.problems or [Problem(str(error))]]
    except PluginError as error:
        log.debug("a plugin's fault is not the configuration's: %s", error)
    return ()


def _in_section(problem: Problem) -> Problem:
    """Words that begin with the section that they are about."""
    section, colon, words = problem.what.partition(": ")
    return evolve(problem, what=words, path=(section,)) if colon and not problem.path else problem


def _told(problem: Problem, here: tuple[str, str]) -> Problem:
    """A provider's words often begin with the path, as text: as a path it can be found in the file."""
    if problem.path:
        return problem
    start = ".".join(here) + "."
    field, colon, words = problem.what.removeprefix(start).partition(": ")
    if colon and problem.what.startswith(start):
        return evolve(problem, what=words, path=(*here, *field.split(".")))
    return evolve(problem, path=here)


def _lacking(entries: Mapping[str, ModelEntry], plugins: Plugins, environ: Mapping[str, str]) -> list[Problem]:
    """What models need and isn't there now."""
    found: list[Problem] = []
    kept: set[str] | None = None
    for name, entry in entries.items():
        here = ("models", name)
        if entry.provider not in plugins.providers:
            found.append(Problem(missing_provider(entry.provider, plugins), (*here, "provider")))
        for setting, text in references.written(entry).items():
            path = (*here, *setting.split("."))
            try:
                named = references.Reference.of(text)
                if named is not None and named.kind == "key" and kept is None:
                    kept = set(KeyStore(Home.of(environ)).kept())
            except ValueError as error:
                found.append(Problem(f"{error}; write ${{env.NAME}} or ${{key.NAME}}", path))
            except ConfigError as error:
                found.append(Problem(str(error), path))
                kept = set()
            else:
                if named is not None and named.kind == "env" and not environ.get(named.name, "").strip():
                    found.append(Problem(f"the environment variable {named.name} is not set", path))
                elif named is not None and named.kind == "key" and named.name not in (kept or ()):
                    found.append(Problem(f"no key is kept under the name '{named.name}'", path))
    return found

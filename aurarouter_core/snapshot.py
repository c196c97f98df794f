"""One valid state of everything that a task runs on: configuration, plugins, models, words. Never changes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from aurarouter_core import models
from aurarouter_core.config import Config, Request
from aurarouter_core.environment import environment_layer
from aurarouter_core.hotpath import Analyser
from aurarouter_core.lexicon import Lexicon
from aurarouter_core.plugins import Plugins
from aurarouter_core.sources import Layer, defaults, find_file, merged, read_file
from aurarouter_core.structure import KERNEL_SECTIONS, build
from aurarouter_hooks import ConfigError, Intent, Model

BUILT_IN_INTENTS = (
    Intent(name="DIRECT", description="A question, chat, short writing, a summary: one turn."),
    Intent(name="SIMPLE_CODE", role="coding", description="Write, change or fix code."),
    Intent(name="COMPLEX_REASONING", role="reasoning", description="Design, planning, maths, several steps."),
)


def load_config(
    plugins: Plugins | None = None,
    *,
    path: Path | str | None = None,
    environment: str = "local",
    overrides: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Config:
    """Read every source and make one configuration of them.

    Args:
        plugins: Whose sections and settings count; None looks for installed ones.
        path: A file to use instead of the usual places.
        environment: "local" or "auragrid"; plugins bring settings for it.
        overrides: Settings above all others (command-line flags).
        environ: The environment; None for this process's own.

    Raises:
        ConfigError: With all problems; or the file is missing (ConfigNotFoundError) or untrusted.
    """
    request = Request(
        path=Path(path) if path else None, environment=environment, overrides=overrides or {}, environ=environ
    )
    return load(plugins if plugins is not None else Plugins(), request)


def load(plugins: Plugins, request: Request) -> Config:
    """Read every source again, as it was asked for before.

    Raises:
        ConfigError: As `load_config`.
    """
    environ = os.environ if request.environ is None else request.environ
    try:
        folder = Path.cwd()
    except FileNotFoundError:
        folder = None
    file = find_file(request.path, environ, folder)
    from_file = read_file(file) if file else None
    lower = [
        *(Layer(name, settings) for name, settings in request.layers),
        *(Layer(f"plugin {name}", settings) for name, settings in plugins.settings_layers(request.environment)),
        *([Layer(str(file), from_file)] if from_file is not None else []),
        defaults(from_file),
    ]
    below = merged(lower)
    known = {**KERNEL_SECTIONS, **plugins.sections}
    from_environment, warnings = environment_layer(environ, below, known)
    settings = merged([Layer("flags", request.overrides), Layer("environment", from_environment), *lower])
    return build(settings, plugins.sections, path=file, warnings=warnings, request=request)


@frozen(kw_only=True, eq=False)
class Snapshot:
    """What one task sees from its first step to its last.

    Attributes:
        models: Every configured model as a value, by id.
        intents: Every intent, by name: built in, from plugins, from the configuration (which wins).
    """

    config: Config
    plugins: Plugins
    models: Mapping[str, Model]
    intents: Mapping[str, Intent]
    analyser: Analyser

    @classmethod
    def of(cls, config: Config, plugins: Plugins) -> Snapshot:
        """Put a configuration and plugins together.

        Raises:
            ConfigError: An intent points to a role that nobody has, or a synonym is none.
            PluginError: Two plugins bring a provider of the same name.
        """
        # Both are merged when first asked for, which may import a lot: here, and not inside the first decision.
        _ = plugins.providers, plugins.middleware
        intents = {intent.name: intent for intent in BUILT_IN_INTENTS}
        intents.update(plugins.intents)
        for name, entry in config.intents.items():
            intents[name] = Intent(name=name, role=entry.role, description=entry.description)
        problems = [
            f"intents.{name}.role: no role is called '{entry.role}'"
            for name, entry in config.intents.items()
            if entry.role not in config.roles
        ]
        if problems:
            raise ConfigError("the configuration's intents don't fit its roles", problems=problems)
        verbs = dict(plugins.verbs)
        for role, words in config.semantic_verbs.items():
            verbs.update(dict.fromkeys(words.synonyms, role))
        lexicon = Lexicon.default()
        return cls(
            config=config,
            plugins=plugins,
            models=models.configured(config),
            intents=intents,
            analyser=Analyser(lexicon.with_verbs(verbs) if verbs else lexicon),
        )

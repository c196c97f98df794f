"""One valid state of everything that a task runs on: configuration, plugins, models, words. Never changes."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from aurarouter_core import models
from aurarouter_core.config import Config
from aurarouter_core.detector import Detector
from aurarouter_core.hotpath import Analyser
from aurarouter_core.inspection import Inspector
from aurarouter_core.lexicon import Lexicon
from aurarouter_core.plugins import Plugins
from aurarouter_hooks import Intent, Model

BUILT_IN_INTENTS = (
    Intent(name="DIRECT", description="A question, chat, short writing, a summary: one turn."),
    Intent(name="SIMPLE_CODE", role="coding", description="Write, change or fix code."),
    Intent(name="COMPLEX_REASONING", role="reasoning", description="Design, planning, maths, several steps."),
)


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
    inspector: Inspector

    @classmethod
    def of(cls, config: Config, plugins: Plugins) -> Snapshot:
        """Put a configuration and plugins together.

        Raises:
            ConfigError: A synonym is none.
            PluginError: Two plugins bring a provider of the same name.
        """
        # Both are merged when first asked for, which may import a lot: here, and not inside the first decision.
        _ = plugins.providers, plugins.middleware
        intents = {intent.name: intent for intent in BUILT_IN_INTENTS}
        intents.update(plugins.intents)
        for name, entry in config.intents.items():
            intents[name] = Intent(name=name, role=entry.role, description=entry.description)
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
            inspector=Inspector(Detector(config.privacy), plugins.guard),
        )

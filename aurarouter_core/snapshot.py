"""One valid state of everything that a task runs on: configuration, plugins, models, words. Never changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import field, frozen

from aurarouter_core.classifier import Likeness
from aurarouter_core.config import Config
from aurarouter_core.configured import configured
from aurarouter_core.detector import Detector
from aurarouter_core.examples import learn
from aurarouter_core.hotpath import Analyser, reported
from aurarouter_core.inspection import Inspector
from aurarouter_core.lexicon import Lexicon
from aurarouter_core.plugins import Plugins
from aurarouter_hooks import ConfigError, Constraint, Intent, Middleware, Model

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
        task_layers, attempt_layers: The middleware that has something to do, outermost first.
        named: Words that show an intent, as the analyser reports them, and the intent.
        bounded: Ids of the models whose context has a known length.
    """

    config: Config
    plugins: Plugins
    models: Mapping[str, Model]
    intents: Mapping[str, Intent]
    task_layers: Sequence[Middleware]
    attempt_layers: Sequence[Middleware]
    named: Mapping[str, str]
    analyser: Analyser
    inspector: Inspector
    bounded: frozenset[str] = field(init=False)

    @bounded.default
    def _bounded(self) -> frozenset[str]:
        known = (name for name, model in self.models.items() if model.capabilities.context_length is not None)
        return frozenset(known)

    def limits_of(self, app: str) -> Constraint:
        """What an app may use.

        Raises:
            PluginBrokenError: A plugin that limits apps failed.
        """
        return self.plugins.limit(app, self.config.sections)

    @classmethod
    def of(cls, config: Config, plugins: Plugins) -> Snapshot:
        """Put a configuration and plugins together.

        Raises:
            ConfigError: A synonym or an example is none.
            PluginError: Two plugins bring a provider of the same name.
        """
        # Both are merged when first asked for, which may import a lot: here, and not inside the first decision.
        _ = plugins.providers, plugins.middleware
        intents = {intent.name: intent for intent in BUILT_IN_INTENTS}
        intents.update(plugins.intents)
        for name, entry in config.intents.items():
            intents[name] = Intent(
                name=name,
                role=entry.role,
                description=entry.description,
                examples=entry.examples,
                synonyms=entry.synonyms,
            )
        verbs = dict(plugins.verbs)
        for role, words in config.semantic_verbs.items():
            verbs.update(dict.fromkeys(words.synonyms, role))
        for intent in intents.values():
            verbs.update(dict.fromkeys(intent.synonyms, intent.role))
        lexicon = Lexicon.default()
        if verbs:
            lexicon = lexicon.with_verbs(verbs)
        if any(intent.examples for intent in intents.values()):
            lexicon = lexicon.with_likeness(_likeness(config, intents, lexicon))
        return cls(
            config=config,
            plugins=plugins,
            models=configured(config),
            intents=intents,
            task_layers=plugins.layers("task", config.sections),
            attempt_layers=plugins.layers("attempt", config.sections),
            named={reported(word): intent.name for intent in intents.values() for word in intent.synonyms},
            analyser=Analyser(lexicon),
            inspector=Inspector(Detector(config.privacy), plugins.guard),
        )


def _likeness(config: Config, intents: Mapping[str, Intent], lexicon: Lexicon) -> Likeness:
    """The intents that have examples."""
    thresholds = {name: entry.threshold for name, entry in config.intents.items() if entry.threshold is not None}
    examples = {intent.name: intent.examples for intent in intents.values() if intent.examples}
    try:
        return learn(examples, thresholds, lexicon.model)
    except ValueError as error:
        hint = "Correct the examples of that intent, in the configuration or in the plugin that brings it."
        raise ConfigError(f"the intents cannot be used: {error}", problems=[f"intents: {error}"], hint=hint) from error

"""A model as its form has it, and what that means for the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve, frozen

from aurarouter_core import Change, Layers, Remove, Set, joining, setting_value, setting_words
from aurarouter_hooks import ConfigError

PLAIN = ("provider", "model_name", "endpoint", "model_path", "env_key", "tags", "timeout", "parameters", "options")
"""Settings that the form has a field for; all others of a model stay as they are."""


@frozen(kw_only=True)
class ModelForm:
    """Each field as text: lists with commas, `parameters` and `options` as YAML; "" is not set.

    Attributes:
        env_key: The variable that holds the key. A key itself never stands in a form.
        roles: Roles that a new model joins.
    """

    name: str
    provider: str
    model_name: str = ""
    endpoint: str = ""
    model_path: str = ""
    env_key: str = ""
    tags: str = ""
    timeout: str = ""
    parameters: str = ""
    options: str = ""
    roles: tuple[str, ...] = ()

    @classmethod
    def of(cls, layers: Layers, name: str) -> ModelForm:
        """The form of a model of the configuration, secrets masked."""
        models = layers.settings.get("models")
        entry = models.get(name) if isinstance(models, Mapping) else None
        there: Mapping[str, Any] = entry if isinstance(entry, Mapping) else {}
        words: dict[str, Any] = {
            key: setting_words(("models", name, key), there[key]) for key in PLAIN if there.get(key) is not None
        }
        return evolve(cls(name=name, provider=words.pop("provider", "")), **words)

    def changes(self, layers: Layers, before: ModelForm | None) -> list[Change]:
        """What makes the configuration like this.

        Raises:
            ConfigError: A field can't be read, or a new model's name is taken.
        """
        models = layers.settings.get("models")
        taken = isinstance(models, Mapping) and self.name in models
        if before is None and taken:
            raise ConfigError(f"a model is called '{self.name}' already", hint="Take another name.")
        changed = [key for key in PLAIN if getattr(self, key) != (getattr(before, key) if before else "")]
        values = {key: self._value(key) for key in changed}
        if before is None:
            entry = {key: value for key, value in values.items() if value is not None}
            return [Set(("models", self.name), entry), *joining(layers, self.name, self.roles)]
        return [
            Remove(("models", self.name, key)) if value is None else Set(("models", self.name, key), value)
            for key, value in values.items()
        ]

    def _value(self, key: str) -> Any:
        words = getattr(self, key).strip()
        return setting_value(("models", self.name, key), words) if words else None

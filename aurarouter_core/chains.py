"""The models of roles as the file and the defaults have them: what a change of the file begins with."""

from __future__ import annotations

from collections.abc import Mapping

from aurarouter_core.edit import Change, Remove, Set
from aurarouter_core.layers import Layers, merged
from aurarouter_hooks import ConfigError, UnknownModelError


def of_the_user(layers: Layers, role: str) -> bool:
    """A file says who serves the role, not only the defaults."""
    origin = layers.origin(("roles", role, "models"))
    return origin is not None and origin is not layers.stack[-1]


def chain_of(layers: Layers, role: str) -> list[str]:
    """A role's models without what a variable says, which is never written to the file.

    Raises:
        ConfigError: They are no list.
    """
    lasting = [layer for layer in layers.stack if layer.yaml is not None or layer is layers.stack[-1]]
    chain = (merged(lasting).get("roles") or {}).get(role)
    models = chain.get("models") if isinstance(chain, Mapping) else None
    if models is not None and not isinstance(models, list | tuple):
        raise ConfigError(
            f"the models of the role '{role}' are no list in the file",
            hint=f"See 'aurarouter config show roles.{role}'.",
        )
    return list(models or ())


def served_by(layers: Layers, model: str) -> list[str]:
    """The roles of the file that name a model.

    Raises:
        UnknownModelError: Nobody knows the model.
        ConfigError: It doesn't stand in the file.
    """
    written = next((layer.settings for layer in layers.stack if layer.yaml is not None), {})
    if model not in (written.get("models") or {}):
        known = layers.settings.get("models") or {}
        layer = layers.origin(("models", model)) if model in known else None
        if layer is None:
            raise UnknownModelError(model, sorted(map(str, known)))
        source, _ = layer.place(("models", model))
        raise ConfigError(f"the model '{model}' does not stand in the file: it comes from {source}")
    return [role for role in written.get("roles") or {} if model in chain_of(layers, role)]


def without(layers: Layers, model: str) -> list[Change]:
    """What takes a model out of the file, and out of the roles that name it."""
    return [
        *(
            Set(("roles", role, "models"), [other for other in chain_of(layers, role) if other != model])
            for role in served_by(layers, model)
        ),
        Remove(("models", model)),
    ]


def kept_defaults(layers: Layers) -> list[Change]:
    """What keeps the built-in roles in force when a first model comes into a file that names none and no role."""
    written = [layer.settings for layer in layers.stack if layer.yaml is not None]
    if any(settings.get("models") or settings.get("roles") for settings in written):
        return []
    roles = layers.stack[-1].settings.get("roles") or {}
    return [Set(("roles", role, "models"), list(chain["models"])) for role, chain in roles.items()]

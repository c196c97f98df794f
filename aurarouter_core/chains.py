"""Roles and their models: as they are now, and as the file and the defaults have them, which a change begins with."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence

from attrs import frozen

from aurarouter_core import converter
from aurarouter_core.config import RoleEntry
from aurarouter_core.converter import Problems
from aurarouter_core.edit import Change, Remove, Set
from aurarouter_core.layers import Layers, merged
from aurarouter_hooks import ConfigError, UnknownModelError


@frozen(kw_only=True)
class Link:
    """A model of a role.

    Attributes:
        provider: None where nobody says.
        exists: There is a model of this name.
    """

    model: str
    provider: str | None
    exists: bool


@frozen(kw_only=True)
class Chain:
    """A role, and its models in the order in which they are tried."""

    role: str
    description: str
    chain: tuple[Link, ...]


def chains_in(layers: Layers) -> Iterator[Chain]:
    """Roles that can be read; what is wrong with others is told as a problem."""
    models, roles = (
        section if isinstance(section := layers.settings.get(name), Mapping) else {} for name in ("models", "roles")
    )
    making = converter.make(os.environ)
    for role, raw in roles.items():
        try:
            entry: RoleEntry = converter.structured(making, raw, RoleEntry, ("roles", str(role)))
        except Problems:
            continue
        links = tuple(
            Link(model=name, provider=_provider(models.get(name)), exists=name in models) for name in entry.models
        )
        yield Chain(role=str(role), description=entry.description, chain=links)


def _provider(model: object) -> str | None:
    named = model.get("provider") if isinstance(model, Mapping) else None
    return str(named) if named is not None else None


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


def joining(layers: Layers, model: str, roles: Sequence[str], *, first: bool = False) -> list[Change]:
    """What lets a model join roles: last, or first, but always before the built-in model of a role."""
    found: list[Change] = []
    for role in dict.fromkeys(roles):
        chain = chain_of(layers, role)
        ahead = first or not of_the_user(layers, role)
        found.append(Set(("roles", role, "models"), [model, *chain] if ahead else [*chain, model]))
    return found


def kept_defaults(layers: Layers) -> list[Change]:
    """What keeps the built-in roles in force when a first model comes into a file that names none and no role."""
    written = [layer.settings for layer in layers.stack if layer.yaml is not None]
    if any(settings.get("models") or settings.get("roles") for settings in written):
        return []
    roles = layers.stack[-1].settings.get("roles") or {}
    return [Set(("roles", role, "models"), list(chain["models"])) for role, chain in roles.items()]

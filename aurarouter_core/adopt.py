"""Finds a place for models and roles from elsewhere beside those of a configuration, none of which is touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from aurarouter_core.edit import Change, Set
from aurarouter_core.foreign import model_name, plain_name
from aurarouter_core.litellm_list import ModelList
from aurarouter_core.sources import EMBEDDED

UNNAMED = "unnamed"


@frozen
class Adoption:
    """What is to be added.

    Attributes:
        models: By the name that they get here.
        roles: Role → its chain.
        notes: Names that clash, and what became of them.
    """

    models: Mapping[str, Mapping[str, Any]]
    roles: Mapping[str, Sequence[str]]
    notes: tuple[str, ...]

    @property
    def changes(self) -> list[Change]:
        """The same as changes of the file."""
        return [
            *(Set(("models", name), dict(settings)) for name, settings in self.models.items()),
            *(Set(("roles", role, "models"), list(chain)) for role, chain in self.roles.items()),
        ]


def adopted(
    listed: ModelList, models: Mapping[str, Any], roles: Mapping[str, Sequence[str]], default_role: str
) -> Adoption:
    """Give each model a name and each group a role of its name; what is there already is not added again.

    Args:
        listed: What comes from elsewhere.
        models: Those that are there, by name.
        roles: Those that are there, and their chains.
        default_role: Gets the first group's chain when it has no models.
    """
    notes: list[str] = []
    names = _names(listed, {**EMBEDDED["models"], **models}, notes)
    added = {name: settings for group in names.values() for name, settings in group if models.get(name) != settings}
    chains = {group: [name for name, _ in there] for group, there in names.items()}
    wanted: dict[str, list[str]] = {}
    for group in names:
        links = [name for part in (group, *listed.tails.get(group, ())) for name in chains[part]]
        wanted[_name(group)] = list(dict.fromkeys([*wanted.get(_name(group), []), *links]))
    for alias, group in listed.aliases.items():
        wanted.setdefault(_name(alias), wanted[_name(group)])
    notes += [f"'{name}' is called '{_name(name)}' here" for name in (*names, *listed.aliases) if name != _name(name)]
    new: dict[str, Sequence[str]] = {}
    for role, chain in wanted.items():
        if not roles.get(role):
            new[role] = chain
        elif list(roles[role]) != chain:
            now = ", ".join(roles[role])
            notes.append(f"the role '{role}' is there already and stays as it is ({now}); theirs is {', '.join(chain)}")
    if wanted and not roles.get(default_role):
        new.setdefault(default_role, next(iter(wanted.values())))
    return Adoption(added, new, tuple(notes))


def _name(group: str) -> str:
    return plain_name(group) or UNNAMED


def _names(
    listed: ModelList, models: Mapping[str, Any], notes: list[str]
) -> dict[str, list[tuple[str, Mapping[str, Any]]]]:
    """Group → (name, settings) of its models. A name that is taken by another model gets a number."""
    used: set[str] = set()
    named: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for group, entries in listed.groups.items():
        wanted = model_name(group) or UNNAMED
        for settings in entries:
            name, number = wanted, 1
            while name in used or (name in models and models[name] != settings):
                if name not in used:
                    notes.append(f"a model is called '{name}' already and stays as it is")
                number += 1
                name = f"{wanted}-{number}"
            used.add(name)
            named.setdefault(group, []).append((name, settings))
    return named

"""Reads the configuration of a LiteLLM proxy: its groups of models, in our own words, and what has none.

The format is described at https://docs.litellm.ai/docs/proxy/configs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from aurarouter_core.litellm_entry import Deployment, Gathered, deployment
from aurarouter_core.yaml_text import YamlText
from aurarouter_hooks import Problem

TAKEN = {
    "router_settings": ("fallbacks", "default_fallbacks", "model_group_alias", "timeout"),
    "litellm_settings": ("fallbacks", "default_fallbacks", "model_group_alias", "request_timeout"),
}
WHOLE = ("model_list", "credential_list")
REASONS = {
    "general_settings": "these are settings of LiteLLM's own server",
    "environment_variables": "set these variables yourself; values are not taken over",
    "include": "import the files that it names one by one",
    "context_window_fallbacks": "a chain goes on whatever the error was; name these groups in `fallbacks`",
    "content_policy_fallbacks": "a chain goes on whatever the error was; name these groups in `fallbacks`",
    "routing_strategy": "a chain is tried in its order",
}
OTHERWISE = "AuraRouter has no setting for it"


@frozen
class ModelList:
    """What such a file holds, in our words.

    Attributes:
        groups: LiteLLM's `model_name` → the settings of its models, in the order in which to try them.
        tails: Group → the groups that are tried after it.
        aliases: Another name → the group that it stands for.
        keys: Names under which keys are to be kept that stand in the file themselves: name → their service.
        left_out: What is not taken over, each with its place and reason.
    """

    groups: Mapping[str, tuple[Mapping[str, Any], ...]]
    tails: Mapping[str, tuple[str, ...]]
    aliases: Mapping[str, str]
    keys: Mapping[str, str]
    left_out: tuple[Problem, ...]


def read(yaml: YamlText) -> ModelList:
    """Take over what has a counterpart here."""
    found = Gathered(yaml)
    groups = _groups(found)
    tails, aliases = _tails(found, groups), _aliases(found, groups)
    for section, value in yaml.settings.items():
        if section in TAKEN and isinstance(value, Mapping):
            for name in value:
                if name not in TAKEN[section]:
                    found.leave_out((section, str(name)), REASONS.get(str(name), OTHERWISE))
        elif section not in WHOLE:
            found.leave_out((str(section),), REASONS.get(str(section), OTHERWISE))
    return ModelList(groups, tails, aliases, found.names_of_keys(), (*yaml.problems, *found.left_out))


def _groups(found: Gathered) -> dict[str, tuple[Mapping[str, Any], ...]]:
    listed = found.yaml.settings.get("model_list")
    if not isinstance(listed, list):
        found.leave_out(("model_list",), "there is no list of models here")
        return {}
    timeout = next((value for _, value in _settings(found, "timeout", "request_timeout")), None)
    groups: dict[str, list[Deployment]] = {}
    for number, item in enumerate(listed):
        made = deployment(found, ("model_list", str(number)), item, timeout)
        if made is not None:
            groups.setdefault(made.group, []).append(made)
    return {
        group: tuple(made.settings for made in sorted(there, key=lambda made: made.order))
        for group, there in groups.items()
    }


def _tails(found: Gathered, groups: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """What each group falls back on: `{"*": …}` and `default_fallbacks` are for those that name nothing themselves."""
    named: dict[str, tuple[str, ...]] = {}
    for path, rules in _settings(found, "fallbacks"):
        for number, rule in enumerate(rules if isinstance(rules, list) else [rules]):
            if not isinstance(rule, Mapping):
                found.leave_out((*path, str(number)), "it is no mapping of a group to others")
                continue
            for group, others in rule.items():
                here = (*path, str(number), str(group))
                if group != "*" and str(group) not in groups:
                    found.leave_out(here, "no model of this group is taken over")
                named.setdefault(str(group), _known(found, here, others, groups))
    for path, others in _settings(found, "default_fallbacks"):
        named.setdefault("*", _known(found, path, others, groups))
    default = named.pop("*", ())
    return {group: named.get(group, tuple(other for other in default if other != group)) for group in groups}


def _known(found: Gathered, path: tuple[str, ...], others: Any, groups: Mapping[str, Any]) -> tuple[str, ...]:
    names = others if isinstance(others, list) else [others]
    for number, name in enumerate(names):
        if not isinstance(name, str) or name not in groups:
            found.leave_out((*path, str(number)), "it names no group whose models are taken over")
    return tuple(name for name in names if isinstance(name, str) and name in groups)


def _aliases(found: Gathered, groups: Mapping[str, Any]) -> dict[str, str]:
    aliases: dict[str, str] = {}
    for path, named in _settings(found, "model_group_alias"):
        for alias, meant in (named if isinstance(named, Mapping) else {}).items():
            group = meant.get("model") if isinstance(meant, Mapping) else meant
            if group not in groups:
                found.leave_out((*path, str(alias)), "it names no group whose models are taken over")
            elif alias not in groups:
                aliases[str(alias)] = str(group)
    return aliases


def _settings(found: Gathered, *names: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """(path, value) of these settings, wherever LiteLLM accepts them."""
    for section in TAKEN:
        there = found.yaml.settings.get(section)
        values: Mapping[Any, Any] = there if isinstance(there, Mapping) else {}
        for name in names:
            if name in TAKEN[section] and values.get(name) is not None:
                yield (section, name), values[name]

"""What a configuration may say about private data."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from attrs import Attribute, Factory, field, frozen
from attrs.validators import and_, deep_iterable, ge, in_, instance_of, le

from aurarouter_core.detection import patterns
from aurarouter_core.detection.re2_pattern import RE2, re2_problem
from aurarouter_core.detection.rules import ACTIONS, GROUPS, NAMES, PROFILES

MOST_PATTERNS = 100
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


def _pattern(_: object, attribute: Attribute[str], value: str) -> None:
    try:
        patterns.program(value)
    except ValueError as error:
        if not RE2:
            raise ValueError(f"{error}; the extra 're2' brings a larger syntax") from None
        problem = re2_problem(value)
        if problem:
            raise ValueError(f"{error}; and RE2 says: {problem}") from None


def _dashed(value: Mapping[str, str]) -> Mapping[str, str]:
    """A variable can't be named with a dash."""
    return {str(name).replace("_", "-"): action for name, action in value.items()}


def _rules(_: object, attribute: Attribute[Any], value: Mapping[str, str]) -> None:
    for name, action in value.items():
        if name not in NAMES and name not in GROUPS:
            known = ", ".join([*GROUPS, *NAMES])
            raise ValueError(f"no rule is called '{name}'; known groups and rules: {known}")
        if action not in ACTIONS:
            raise ValueError(f"'{action}' is no action for '{name}'; known: {', '.join(ACTIONS)}")


def _patterns(_: object, attribute: Attribute[Any], value: Mapping[str, Any]) -> None:
    if len(value) > MOST_PATTERNS:
        raise ValueError(f"at most {MOST_PATTERNS} patterns are possible, there are {len(value)}")
    for name in value:
        if name in NAMES or name in GROUPS or not _NAME.fullmatch(name):
            raise ValueError(
                f"a pattern can't be called '{name}': take small letters, digits, - and _, and no rule's name"
            )


def _network(_: object, attribute: Attribute[Any], value: str) -> None:
    try:
        ipaddress.ip_network(value)
    except ValueError as error:
        raise ValueError(f"'{value}' is no network such as 10.0.0.0/8: {error}") from None


class Profile(str):
    """A profile's name; YAML reads a bare `off` as false, which stands for it."""

    __slots__ = ()


@frozen(kw_only=True)
class PatternEntry:
    """Something of your own that is private.

    Attributes:
        pattern: What it looks like, in the syntax of docs/privacy.md.
        action: What happens when it is found.
    """

    pattern: str = field(validator=_pattern)
    action: str = field(default="reroute", validator=in_(ACTIONS))


@frozen(kw_only=True)
class Privacy:
    """What counts as private, and what happens then.

    Attributes:
        profile: What the rules do that nothing else is said of: `strict` reroutes all, `balanced` notes addresses
            and files only, `off` looks for nothing but your own patterns.
        rules: The action of a rule, or of a group of rules: reroute, block, redact, flag or allow.
        patterns: Rules of your own, by name.
        markers: Headings that call a text confidential, beside the built-in ones.
        restore: Where data was replaced for a model (`redact`), put it back into the answer.
        audit_days: For how many days the audit is kept, and which conversations were private.
        trusted_networks: Networks such as `10.0.0.0/8` in which `doctor` doesn't mind endpoints without TLS.
    """

    profile: Profile = field(default=Profile("balanced"), validator=in_(tuple(map(Profile, PROFILES))))
    rules: Mapping[str, str] = field(default=Factory(dict), converter=_dashed, validator=_rules)
    patterns: Mapping[str, PatternEntry] = field(default=Factory(dict), validator=_patterns)
    markers: tuple[str, ...] = field(default=(), validator=deep_iterable(instance_of(str)))
    restore: bool = False
    audit_days: float = field(default=400.0, validator=and_(ge(1.0), le(36_600.0)))
    trusted_networks: tuple[str, ...] = field(default=(), validator=deep_iterable(_network))

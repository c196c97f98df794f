"""Which versions of AuraRouter a distribution says that it needs."""

from __future__ import annotations

import re
from collections.abc import Iterable

_REQUIREMENT = re.compile(r"aurarouter(?![\w.-])\s*(?:\[[^]]*])?\s*\(?([^()@;]*)\)?\s*", re.IGNORECASE)
_CLAUSE = re.compile(r"(~=|==|!=|<=|>=|<|>)\s*(\d+(?:\.\d+)*)(\.\*)?")


def unmet(requires: Iterable[str], version: str) -> str:
    """What it needs, as it says it, when this version is something else; "" where it can do with this one.

    Args:
        requires: Its requirements, as its metadata has them. What holds on some machines only is passed over.
        version: Ours.
    """
    ours = _numbers(version)
    for requirement in requires:
        found = _REQUIREMENT.fullmatch(requirement)
        if found and not all(_fits(ours, *clause) for clause in _CLAUSE.findall(found[1])):
            return requirement
    return ""


def _fits(ours: tuple[int, ...], sign: str, text: str, star: str) -> bool:
    theirs = _numbers(text)
    same = ours[: len(theirs)] == theirs if star else _padded(ours) == _padded(theirs)
    match sign:
        case "==":
            return same
        case "!=":
            return not same
        case "~=":
            return _padded(ours) >= _padded(theirs) and ours[: len(theirs) - 1] == theirs[:-1]
        case "<" | "<=":
            return _padded(ours) < _padded(theirs) or (same and sign == "<=")
        case _:
            return _padded(ours) > _padded(theirs) or (same and sign == ">=")


def _numbers(text: str) -> tuple[int, ...]:
    found = re.match(r"\d+(?:\.\d+)*", text)
    return tuple(map(int, found[0].split("."))) if found else ()


def _padded(numbers: tuple[int, ...]) -> tuple[int, ...]:
    return (*numbers, 0, 0, 0, 0)[:4]

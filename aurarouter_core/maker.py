"""Makes frozen values without their `__init__`: the kernel makes thirty for a request, at a microsecond each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from attrs import NOTHING, Attribute, fields

from aurarouter_core.twins import chosen

if TYPE_CHECKING:
    from aurarouter_core import _values_py as _values
else:
    _values, _ = chosen("_speedups", "_values_py")

P = ParamSpec("P")
T = TypeVar("T")


def maker(kind: Callable[P, T]) -> Callable[P, T]:
    """Something that is called like a class of frozen values, and makes the same values, or raises the same errors.

    Where nothing is compiled, it is the class itself.

    Raises:
        TypeError: Making one takes more than setting attributes.
    """
    described: tuple[Attribute[Any], ...] = fields(cast("Any", kind))
    by_place = [not each.kw_only for each in described]
    plain = by_place == sorted(by_place, reverse=True) and all(map(_is_plain, described))
    if not plain or hasattr(kind, "__attrs_pre_init__") or hasattr(kind, "__attrs_post_init__"):
        raise TypeError(f"{kind!r} does more than set its attributes, in their order")
    made: Callable[P, T] = _values.constructor(
        kind,
        tuple(each.name for each in described),
        tuple(each.alias or each.name for each in described),
        tuple(... if each.default is NOTHING else each.default for each in described),
        tuple(getattr(each.default, "factory", None) for each in described),
        sum(by_place),
    )
    return made


def _is_plain(described: Attribute[Any]) -> bool:
    more = described.converter or described.validator or getattr(described.default, "takes_self", False)
    return described.init and not more

"""Amounts of memory as people write them: bytes, a number with a unit, or a share of what is free."""

from __future__ import annotations

import re

from attrs import Attribute

_UNITS = {"": 1, "b": 1}
_UNITS |= {f"{letter}b": 1000**power for power, letter in enumerate("kmgt", start=1)}
_UNITS |= {f"{letter}ib": 1024**power for power, letter in enumerate("kmgt", start=1)}
_FORM = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,6})?) ?(%|[kmgt]?i?b)?", re.IGNORECASE)
PATTERN = r"^[0-9]{1,18}(?:\.[0-9]{1,6})? ?(?:%|[kKmMgGtT]?i?[bB])?$"
WORDS = "bytes, a number with a unit ('8 GiB', '500 MB'), or a share of what is free ('75%')"


class Amount(str):
    """An amount of memory, as it is written."""

    __slots__ = ()

    def bytes(self, free: int | None) -> int | None:
        """The amount in bytes; None for a share of nobody knows how much.

        Args:
            free: Bytes that are free.

        Raises:
            ValueError: It is no amount.
        """
        found = _FORM.fullmatch(self.strip())
        unit = (found[2] or "").lower() if found else "?"
        if found is None or unit not in (*_UNITS, "%"):
            raise ValueError(f"must be {WORDS}")
        number = float(found[1])
        if unit == "%":
            if not 0 < number <= 100:
                raise ValueError("must be a share above 0% and up to 100%")
            return None if free is None else int(free * number / 100)
        amount = int(found[1]) if found[1].isdigit() and unit in ("", "b") else int(number * _UNITS[unit])
        if amount < 1:
            raise ValueError("must be above 0")
        return amount


def written(amount: int) -> str:
    """Bytes for people: "1.4 GiB"."""
    value, unit = float(amount), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if value < 1024 or unit == "TiB":
            break
        value /= 1024
    return f"{value:.0f} {unit}" if value >= 100 or unit == "B" else f"{value:.1f} {unit}"


def an_amount(_: object, attribute: Attribute[Amount], value: Amount) -> None:
    """Check one amount.

    Raises:
        ValueError: It can't.
    """
    try:
        value.bytes(None)
    except ValueError as error:
        raise ValueError(f"'{attribute.name}' {error}") from error

"""The option `--since`: a day, or so long ago."""

from __future__ import annotations

import re
from datetime import datetime

import click

UNITS = {"m": 60.0, "h": 3600.0, "d": 86400.0, "w": 7 * 86400.0}


def when(context: click.Context, parameter: click.Parameter, value: str | None) -> float | None:
    """Unix time of `7d`, `12h`, `30m`, `2w` ago, or of the beginning of a day, `2026-11-01`, in local time.

    Raises:
        click.BadParameter: It is neither.
    """
    if value is None:
        return None
    ago = re.fullmatch(r"([0-9]{1,6})([mhdw])", value)
    try:
        if ago:
            return datetime.now().timestamp() - int(ago[1]) * UNITS[ago[2]]
        return datetime.fromisoformat(value).timestamp()
    except (ValueError, OverflowError) as error:
        words = f"'{value}' is no time: write 7d, 12h, 30m or 2w, or a day like 2026-11-01"
        raise click.BadParameter(words, context, parameter) from error

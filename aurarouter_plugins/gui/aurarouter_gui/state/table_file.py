"""Writes a table to a CSV file that any spreadsheet reads, and that none takes for formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from attrs import field, frozen

FORMULA = ("=", "+", "-", "@", "\t", "\r")


@frozen(kw_only=True)
class Sheet:
    """A table as it is written to a file.

    Attributes:
        name: What the file is called, without its ending.
    """

    name: str
    titles: tuple[str, ...]
    rows: Sequence[Sequence[Any]] = field(repr=False)


def write(sheet: Sheet, path: Path) -> Path:
    """Write the sheet as CSV; the file is there as a whole, or not at all.

    Raises:
        OSError: It can't be written.
    """
    from aurarouter_core import replace_file

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(sheet.titles)
    writer.writerows([_cell(value) for value in row] for row in sheet.rows)
    replace_file(path, text.getvalue().encode())
    return path


def _cell(value: Any) -> Any:
    """None is an empty field: unknown is not zero."""
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value

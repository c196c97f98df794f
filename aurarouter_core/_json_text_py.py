"""JSON texts of values, in plain Python: the standard library's. `_speedups/json_text.pxi` has what is faster."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Shape = tuple[tuple[str, str], ...]
"""Of each attribute that is written what stands before it (the bracket or the comma, and the key), and its name."""


def json_writer(shape: Callable[[type], Shape | None], layer: Callable[[Any], Any]) -> Callable[[Any], str]:
    """Writes values as JSON texts, with letters of all languages as they are.

    A circle ends as a RecursionError; to look for one at each step costs a tenth of the time.

    Args:
        shape: The attributes of a class whose values are written as objects; None for other classes. JSON's own and
            those made from them have none.
        layer: What to write in the place of a value that JSON has no word for; those with a shape are such, too.

    Raises:
        TypeError, ValueError, RecursionError: Of what is made, for what can't be written at all.
    """
    del shape  # `layer` knows them
    return json.JSONEncoder(ensure_ascii=False, check_circular=False, allow_nan=False, default=layer).encode

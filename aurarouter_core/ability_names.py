"""The words for what a model can do: there are seven, and any other would be a wish that nothing ever meets."""

from __future__ import annotations

from attrs import Attribute

ABILITIES = ("stream", "tools", "vision", "json_schema", "logprobs", "embed", "reasoning")


def an_ability(_: object, attribute: Attribute[str], value: str) -> None:
    """Check one word of a list.

    Raises:
        ValueError: It is none of them.
    """
    if value not in ABILITIES:
        import difflib

        close = difflib.get_close_matches(value, ABILITIES, n=1)
        meant = f" (did you mean '{close[0]}'?)" if close else ""
        raise ValueError(f"no capability is called '{value}'{meant}; known are {', '.join(ABILITIES)}")

"""Tells the tool calls of an answer apart: not every server numbers them, or gives each an id."""

import json
from collections.abc import Mapping
from typing import Any

from attrs import define, field

from aurarouter_hooks import ToolCallDelta
from aurarouter_hooks.values import new_id


@define
class Calls:
    """The tool calls of one answer, while it comes in."""

    _known: list[tuple[str, str]] = field(factory=list)  # the server's id and the name of each call, in order
    _places: dict[int, int] = field(factory=dict)  # the server's number → the latest call that it stood for

    def __bool__(self) -> bool:
        return bool(self._known)

    def piece(self, position: int, call: Mapping[str, Any]) -> ToolCallDelta:
        """A piece of a call; its id comes with the first, and its name with one.

        Several calls may come under one number, each whole. So a call begins with a number that was not heard yet, and
        also with a name beside an id, or without any id a name, that the number's latest call does not have.
        """
        function = call.get("function") or {}
        index, given, name = call.get("index"), _word(call.get("id")), _word(function.get("name"))
        number = index if isinstance(index, int) else position
        arguments = function.get("arguments") or ""
        written = arguments if isinstance(arguments, str) else json.dumps(arguments)
        place = self._places.get(number)
        known, called = ("", "") if place is None else self._known[place]
        if place is None or (name and called and (given != known if given else name != called)):
            self._places[number] = len(self._known)
            self._known.append((given, name))
            identity = given or f"call_{new_id()}"  # without one nobody could say which call a result belongs to
            return ToolCallDelta(index=self._places[number], id=identity, name=name, arguments=written)
        if called:
            return ToolCallDelta(index=place, arguments=written)
        self._known[place] = (known, name)
        return ToolCallDelta(index=place, name=name, arguments=written)


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""

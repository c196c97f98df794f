"""A JSON object that is read field by field: each is checked when it is taken, and what is left over is foreign."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_WORDS = {
    bool: "true or false",
    dict: "an object",
    float: "a number",
    int: "a whole number",
    list: "a list",
    str: "a text",
}


class RequestError(ValueError):
    """The request is not what the API takes.

    Args:
        message: What is wrong, in words.
        param: Where, as a path from the body down.
        status: The HTTP status.
    """

    def __init__(self, message: str, param: str = "", status: int = 400) -> None:
        super().__init__(message)
        self.param = param
        self.status = status


class Fields:
    """What an object holds.

    Args:
        value: The object; anything else is an error.
        path: Where it stands in the body, for messages.
    """

    def __init__(self, value: Any, path: str = "") -> None:
        if not isinstance(value, dict):
            raise RequestError(f"{path or 'the body'} must be an object", path)
        self._left = dict(value)
        self._inner: list[Fields] = []
        self._carried = False
        self.path = path

    def at(self, name: str) -> str:
        """The path of a field."""
        return f"{self.path}.{name}" if self.path else name

    def take(self, name: str, kind: type, default: Any = None) -> Any:
        """A field of this kind; absent and null are the default.

        Raises:
            RequestError: It is of another kind.
        """
        value = self.see(name, kind, default)
        self._left.pop(name, None)
        return value

    def see(self, name: str, kind: type, default: Any = None) -> Any:
        """As `take`, but it stays."""
        value = self._left.get(name)
        if value is None:
            return default
        if kind is float and type(value) is int:
            return value
        if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
            raise RequestError(f"{self.at(name)} must be {_WORDS[kind]}", self.at(name))
        return value

    def need(self, name: str, kind: type) -> Any:
        """As `take`, and it has to be there."""
        value = self.take(name, kind)
        if value is None:
            raise RequestError(f"{self.at(name)} is missing", self.at(name))
        return value

    def texts(self, name: str) -> list[str]:
        """A list of texts."""
        found: list[str] = self.take(name, list, [])
        for index, text in enumerate(found):
            if not isinstance(text, str):
                raise RequestError(f"{self.at(name)}[{index}] must be a text", self.at(name))
        return found

    def any(self, name: str) -> Any:
        """A field as it is."""
        return self._left.pop(name, None)

    def drop(self, names: Iterable[str]) -> list[str]:
        """Take fields that have no effect; which of them are there."""
        return [name for name in names if self._left.pop(name, None) is not None]

    def under(self, name: str) -> Fields:
        """The object in a field; an absent one is empty."""
        self._inner.append(Fields(self.take(name, dict, {}), self.at(name)))
        return self._inner[-1]

    def each(self, name: str) -> Iterator[Fields]:
        """The objects of a list."""
        for index, item in enumerate(self.take(name, list, [])):
            self._inner.append(Fields(item, f"{self.at(name)}[{index}]"))
            yield self._inner[-1]

    def some(self, names: Mapping[str, type]) -> dict[str, Any]:
        """Those of these fields that are there."""
        found = {name: self.take(name, names[name]) for name in names if name in self._left}
        return {name: value for name, value in found.items() if value is not None}

    def rest(self) -> dict[str, Any]:
        """What nobody has taken."""
        return self._left

    def all(self) -> dict[str, Any]:
        """As `rest`, and it is taken."""
        taken, self._left = self._left, {}
        return taken

    def carry(self) -> dict[str, Any] | None:
        """What nobody has taken, to be sent on to a provider of the same dialect; None for nothing."""
        self._carried = True
        return {name: value for name, value in self._left.items() if value is not None} or None

    def left(self) -> tuple[list[str], list[str]]:
        """Paths of what nobody has taken, here and in the objects within: of what is lost, and of what is sent on."""
        found: tuple[list[str], list[str]] = [], []
        self._gather(*found)
        return found

    def _gather(self, lost: list[str], sent_on: list[str]) -> None:
        if self._left:
            mine = sent_on if self._carried else lost
            mine.extend(self.at(name) for name, value in self._left.items() if value is not None)
        for inner in self._inner:
            inner._gather(lost, sent_on)

    def refuse(self, what: str) -> RequestError:
        """An error at this place."""
        return RequestError(f"{self.path or 'the body'}: {what}", self.path)

"""What every dialect does with an answer: tell it whole, and where it streams, in pieces or that it broke off."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

from aurarouter_gateway.asked import Asked
from aurarouter_hooks import Chunk, Done, ErrorInfo


class Answer(ABC):
    """One answer in the words of one dialect.

    Args:
        asked: The request.
        model: The id of the configured model that answers.
    """

    def __init__(self, asked: Asked, model: str) -> None:
        self.asked = asked
        self.model = model
        self.id = asked.task.id
        self.created = int(time.time())

    @abstractmethod
    def whole(self, done: Done) -> dict[str, Any]:
        """The answer as one object."""

    def begin(self) -> Iterator[bytes]:
        """The events before the first piece."""
        yield from ()

    def piece(self, chunk: Chunk) -> Iterator[bytes]:
        """The events that a piece makes."""
        yield from ()

    def end(self, done: Done) -> Iterator[bytes]:
        """The events after the last piece of a complete answer."""
        yield from ()

    def broken(self, error: ErrorInfo) -> Iterator[bytes]:
        """The events that say that the answer stops short."""
        yield from ()

"""A llamacpp prompt and its threads, for the tests of that provider."""

import threading
from typing import Any

from aurarouter_hooks import Message, Prompt


def ask(text: str = "Count from one to ten.", **parameters: Any) -> Prompt:
    """A short prompt that always ends the same way."""
    return Prompt(
        messages=(Message("user", text),), parameters={"max_tokens": 12, "temperature": 0, "seed": 7, **parameters}
    )


def threads() -> list[str]:
    """The provider's own threads."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("llamacpp-")]

"""The class that everything is which AuraRouter raises on purpose."""

from __future__ import annotations


class AuraRouterError(Exception):
    """Root of the tree.

    Args:
        message: What went wrong, and where. Never holds a secret.
        hint: What to do next, as an instruction; empty when there is nothing useful to say.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    @property
    def recorded(self) -> str:
        """The message as it is written down: what a caller typed where a known name belongs may be anything."""
        return str(self)

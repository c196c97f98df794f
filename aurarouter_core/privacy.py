"""Who may see private content: decided here, by the kernel, at every attempt, and closed when in doubt."""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from aurarouter_core.store import Audit
from aurarouter_hooks import AuraRouterError, Constraint, Location, Model, PrivacyError, Task

log = logging.getLogger(__name__)

PRIVATE_TAG = "private"
REMEMBERED = 10_000
"""Private conversations that are kept in mind, so that the store need not be asked."""
STILL_PRIVATE = Constraint(private=True, reasons=("the conversation was private before",))


class PrivateConversations(Protocol):
    """Knows which conversations were private once. They stay so, whatever is asked in them next."""

    def is_private(self, conversation: str) -> bool:
        """It was private once. Whoever can't tell says True."""

    def keep_private(self, conversation: str) -> None:
        """It is private from now on. May wait for a disk; is called from threads of its own.

        Raises:
            PrivacyError: It can't be remembered, so the task must not go on.
        """


def known_limits(conversations: PrivateConversations, task: Task) -> Constraint | None:
    """What earlier tasks of the conversation have settled; None when that is nothing. May wait for a disk."""
    private = bool(task.conversation) and conversations.is_private(task.conversation)
    return STILL_PRIVATE if private else None


async def remember(conversations: PrivateConversations, task: Task, private: bool) -> None:
    """Keep in mind that a task's conversation is private.

    Raises:
        PrivacyError: It can't be remembered, so the task must not go on.
    """
    if private and task.conversation:
        await asyncio.to_thread(conversations.keep_private, task.conversation)


class Lasting:
    """In the store, for every process and beyond their lives."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit
        self._known: set[str] = set()

    def is_private(self, conversation: str) -> bool:
        """It was private once, or that can't be told."""
        if conversation in self._known:
            return True
        try:
            return self._audit.is_private(conversation)
        except AuraRouterError as error:
            log.warning("a conversation counts as private, since nobody knows: %s", error)
            return True

    def keep_private(self, conversation: str) -> None:
        """It is private from now on.

        Raises:
            PrivacyError: That can't be written down.
        """
        if conversation in self._known:
            return
        try:
            self._audit.keep_private(conversation)
        except AuraRouterError as error:
            raise PrivacyError(f"the conversation can't be kept private: {error}", hint=error.hint) from error
        if len(self._known) < REMEMBERED:
            self._known.add(conversation)


def is_cleared(model: Model, location: Location | None) -> bool:
    """The model may see private content: its user says so, or it provably runs on this machine.

    Of a place that a cell governs its configuration says so, and the tag does not.
    """
    if location is None or location.cleared is None:
        return PRIVATE_TAG in model.tags or (location is not None and location.here)
    return location.cleared


def refusal(model: Model, constraint: Constraint, location: Location | None) -> str | None:
    """Why the model may not get this task for where it runs; None when it may.

    Args:
        model: The candidate.
        constraint: The limits in force.
        location: Its provider's answer, asked just now; None when nobody asked, which counts as remote.
    """
    here = location is not None and location.here
    if constraint.here and not here:
        return f"only models on this machine are allowed, and it runs {_place(location)}"
    if constraint.private and not is_cleared(model, location):
        if location is not None and location.cleared is False:
            return f"the content is private, it runs {_place(location)}, and the cell does not clear that for it"
        return f"the content is private, the model has no '{PRIVATE_TAG}' tag, and it runs {_place(location)}"
    return None


def _place(location: Location | None) -> str:
    if location is None or location.kind == "unknown":
        return "at an unknown place"
    if location.kind == "loopback":
        return f"behind {location.host or 'loopback'}, which may pass requests on"
    return f"at {location.host}" if location.host else "elsewhere"

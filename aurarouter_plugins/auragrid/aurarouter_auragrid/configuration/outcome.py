"""What nodes say to a change of the cell's configuration, and how it ends."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from attrs import field, frozen

from aurarouter_auragrid.configuration.version import Version

Step = Literal["check", "apply", "restore"]


def _texts(value: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(str, value))


@frozen(kw_only=True)
class NodeAnswer:
    """One node's part in a change.

    Attributes:
        node: Its name.
        step: "check": can it honour the settings? "apply": does it work with them now? "restore": with the old ones?
        state: "ok", "refused" (with a reason), or "silent": it did not answer in time.
        reason: Why not, in the node's own words.
        warnings: What works there, but perhaps not as meant: a variable that is not set, or that hides a setting.
    """

    node: str
    step: Step
    state: Literal["ok", "refused", "silent"]
    reason: str = ""
    warnings: tuple[str, ...] = field(default=(), converter=_texts)


@frozen(kw_only=True)
class NodeState:
    """What a node works with now.

    Attributes:
        number: The version; -1 when it does not answer.
        problem: Why it does not work with the version in force.
    """

    node: str
    number: int
    problem: str = ""


@frozen(kw_only=True)
class Outcome:
    """How a change ended.

    Attributes:
        state: "in force"; "unchanged": the cell says so already; "refused": nothing was written; "undone": too few
            nodes could apply it, and the settings before are in force again.
        version: The version in force now.
        reason: Why it was refused or undone.
        answers: Each node's last word on each step, in the order of their coming.
    """

    state: Literal["in force", "unchanged", "refused", "undone"]
    version: Version
    reason: str = ""
    answers: tuple[NodeAnswer, ...] = ()

    @property
    def success(self) -> bool:
        """The settings are in force."""
        return self.state in ("in force", "unchanged")

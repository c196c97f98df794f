"""What a majority of a cell's nodes says of a configuration."""

from __future__ import annotations

from collections.abc import Sequence

from aurarouter_auragrid.configuration.outcome import NodeAnswer


def objection(answers: Sequence[NodeAnswer], members: Sequence[str]) -> str:
    """Why the settings are refused; empty when they are not."""
    refused = [f"node '{answer.node}': {answer.reason}" for answer in answers if answer.state == "refused"]
    if refused:
        return "; ".join(refused)
    if not members:
        return "no node of the cell is up to check them"
    good = sum(answer.state == "ok" for answer in answers)
    if good >= majority(members):
        return ""
    return told(f"{good} of {len(members)} nodes answered, which is no majority", answers)


def told(reason: str, answers: Sequence[NodeAnswer]) -> str:
    """A reason, and what each node says that did not agree."""
    others = [f"node '{answer.node}': {answer.reason}" for answer in answers if answer.state != "ok"]
    return "; ".join([reason, *others])


def majority(members: Sequence[str]) -> int:
    """How many nodes have to agree."""
    return len(members) // 2 + 1

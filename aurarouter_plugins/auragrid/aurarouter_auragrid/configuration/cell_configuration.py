"""The configuration of a cell, for whoever administers it: look, change, go back."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from attrs import evolve

from aurarouter_auragrid.configuration.asking import ask_all
from aurarouter_auragrid.configuration.majority import majority, objection, told
from aurarouter_auragrid.configuration.outcome import NodeAnswer, NodeState, Outcome, Step
from aurarouter_auragrid.configuration.travelling import travelling
from aurarouter_auragrid.configuration.version import Version, differences
from aurarouter_auragrid.configuration.versions import Versions
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.errors import ChangedMeanwhileError, GridError
from aurarouter_auragrid.settings import own_name
from aurarouter_core import Plugins

CHECK, APPLY, STATE = 15.0, 15.0, 3.0
"""Seconds that nodes have to answer."""
SILENT = "it did not answer in time"


class CellConfiguration:
    """What all nodes of a cell lay over their own files: above the manifest, below the environment.

    Args:
        engine: The cell, open.
        sections: Section name → class, of the sections that plugins bring; None for those of all installed plugins.
        who: Who makes changes; empty for this user on this machine.
    """

    def __init__(self, engine: Engine, *, sections: Mapping[str, type] | None = None, who: str = "") -> None:
        self._engine = engine
        self._versions = Versions(engine.settings)
        self._sections = sections
        self._who = who or f"{_user()}@{own_name()}"

    async def current(self) -> Version:
        """The newest version: in force, or on trial while a change is under way.

        Raises:
            CellUnavailableError: The cell does not answer.
        """
        return (await self._versions.head())[0]

    async def history(self) -> tuple[Version, ...]:
        """Every version that is kept, newest first, each with its `changes`.

        Raises:
            CellUnavailableError: The cell does not answer.
        """
        kept = await self._versions.kept()
        found, first = [], bool(kept) and kept[-1].number == 1
        for version, before in zip(kept, [*kept[1:], Version() if first else None], strict=True):
            if before is not None:  # of the oldest that is kept nobody knows what it changed
                version = evolve(version, changes=differences(before.settings, version.settings))
            found.append(version)
        return tuple(found)

    async def previous(self) -> Version | None:
        """The last version in force that said something else; number 0 for no settings, None when there is none.

        Raises:
            CellUnavailableError: The cell does not answer.
        """
        return await self._previous(await self.current())

    async def _previous(self, head: Version) -> Version | None:
        kept = [one for one in await self._versions.kept() if one.state == "in force"]
        found = next((one for one in kept if one.settings != head.settings), None)
        return found or (Version() if head.settings else None)

    async def nodes(self) -> tuple[NodeState, ...]:
        """What each node of the cell works with, asked now.

        Raises:
            CellUnavailableError: The cell does not answer.
        """
        members = await self._members()
        found = {name: NodeState(node=name, number=-1, problem=SILENT) for name in members}
        async with aclosing(ask_all(self._engine, {"wish": "tell"}, members, STATE)) as answers:
            async for said in answers:
                number = said.get("number")
                problem = str(said.get("reason", ""))
                found[said["node"]] = NodeState(
                    node=said["node"], number=number if isinstance(number, int) else -1, problem=problem
                )
        return tuple(found[name] for name in sorted(found))

    async def propose(
        self, settings: Mapping[str, Any], comment: str = "", *, upon: int | None = None
    ) -> AsyncGenerator[NodeAnswer | Outcome]:
        """Make these settings the cell's: all nodes check them, then all work with them, or none does.

        Args:
            settings: All that the cell is to say from now on, not just what is new.
            comment: Why.
            upon: The number of the version that they were made from; None for whichever is in force.

        Yields:
            Each node's answer as it comes, and at the end the outcome.

        Raises:
            ConfigError: They hold secrets, or what is no affair of the cell. Nothing was sent.
            ChangedMeanwhileError: Somebody else changed the configuration, or is just doing so.
            CellUnavailableError: The cell does not answer; `history` tells how far it came.
        """
        if self._sections is None:
            self._sections = (await asyncio.to_thread(Plugins)).sections
        wanted = travelling(settings, self._sections)
        head = await self._versions.head()
        _require(head[0], upon)
        if wanted == head[0].settings:
            yield Outcome(state="unchanged", version=head[0])
            return
        members, answers = await self._members(), list[NodeAnswer]()
        async for answer in self._asked("check", {"wish": "check", "settings": wanted}, members, CHECK):
            answers.append(answer)
            yield answer
        if reason := objection(answers, members):
            yield Outcome(state="refused", version=head[0], reason=reason, answers=tuple(answers))
            return
        trial = await self._versions.begin(wanted, who=self._who, comment=comment, upon=head)
        if trial is None:
            _require(await self.current(), head[0].number)
            raise ChangedMeanwhileError("somebody else changed the cell's configuration", hint="Look, and try again.")
        applied = list[NodeAnswer]()
        ready = [answer.node for answer in answers if answer.state == "ok"]
        async for answer in self._asked("apply", {"wish": "apply", "number": trial.number}, ready, APPLY):
            applied.append(answer)
            yield answer
        answers += applied
        works = sum(answer.state == "ok" for answer in applied)
        reason = "" if works >= majority(members) else f"{works} of {len(members)} nodes could apply it"
        if not reason and await self._versions.confirm(trial):
            yield Outcome(state="in force", version=evolve(trial, state="in force"), answers=tuple(answers))
            return
        restored = await self._versions.undo(trial, self._who, reason or "it was not confirmed in time")
        async for answer in self._asked("restore", {"wish": "apply", "number": restored.number}, ready, APPLY):
            answers.append(answer)
            yield answer
        reason = told(reason or "it was undone meanwhile", applied)
        yield Outcome(state="undone", version=restored, reason=reason, answers=tuple(answers))

    async def rollback(
        self,
        number: int | None = None,
        *,
        upon: int | None = None,
        hear: Callable[[NodeAnswer], None] | None = None,
    ) -> Outcome:
        """Make the settings of an earlier version the cell's again, as a new version.

        Args:
            number: The version; 0 for no settings, None for that of `previous`.
            upon: The number of the version that is to be left; None for whichever is in force.
            hear: Told of each node's answer as it comes.

        Raises:
            GridError: No such version is kept, or there is none to go back to.
            ChangedMeanwhileError, CellUnavailableError: As `propose`.
        """
        head = await self.current()
        _require(head, upon)
        target = await (self._previous(head) if number is None else self._versions.before(head, number))
        if target is None:
            raise GridError(
                "the cell has no other configuration to go back to"
                if number is None
                else f"the cell keeps no version {number} of its configuration",
                hint="See 'aurarouter grid config history'.",
            )
        comment = f"back to version {target.number}"
        async with aclosing(self.propose(target.settings, comment, upon=head.number)) as steps:
            async for step in steps:
                if isinstance(step, Outcome):
                    return step
                if hear is not None:
                    hear(step)
        raise AssertionError("a proposal ends with an outcome")

    async def _members(self) -> list[str]:
        return [node.name for node in await self._engine.membership.nodes()]

    async def _asked(
        self, step: Step, wish: Mapping[str, Any], nodes: Sequence[str], seconds: float
    ) -> AsyncGenerator[NodeAnswer]:
        missing = set(nodes)
        async with aclosing(ask_all(self._engine, wish, nodes, seconds)) as answers:
            async for said in answers:
                missing.discard(said["node"])
                yield _answer(step, said)
        for name in sorted(missing):
            yield NodeAnswer(node=name, step=step, state="silent", reason=SILENT)


def _answer(step: Step, said: Mapping[str, Any]) -> NodeAnswer:
    warnings = said.get("warnings")
    return NodeAnswer(
        node=said["node"],
        step=step,
        state="ok" if said.get("ok") is True else "refused",
        reason=str(said.get("reason", "")),
        warnings=warnings if isinstance(warnings, list) else (),
    )


def _require(head: Version, upon: int | None) -> None:
    if head.state == "trial":
        raise ChangedMeanwhileError(
            f"{head.who} is just changing the cell's configuration (version {head.number})", hint="Try again soon."
        )
    if upon is not None and head.number != upon:
        raise ChangedMeanwhileError(
            f"{head.who} has changed the cell's configuration meanwhile: it is at version {head.number}",
            hint="Look at it with 'aurarouter grid config history', and try again.",
        )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no such user, in some containers
        return "somebody"

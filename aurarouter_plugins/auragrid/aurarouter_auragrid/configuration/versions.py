"""The versions that the cell keeps: the newest under one key, those before it in a ring of keys."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from attrs import evolve

from aurarouter_auragrid.configuration.version import Version, to_plain, version_of
from aurarouter_auragrid.engine.engine import patiently
from aurarouter_auragrid.ports import Configuration
from aurarouter_hooks.values.ids import new_id

HEAD, RING = "head", "kept."
KEPT = 50
"""Versions before the newest that can be looked at and gone back to."""
PATIENCE = 20.0
"""Seconds that the cell has to find a new leader in the middle of a change."""


class Versions:
    """All that is written goes upon what was read, so of two who change the configuration at once one is told.

    Args:
        kept: The bucket that holds them.
    """

    def __init__(self, kept: Configuration) -> None:
        self._kept = kept

    async def head(self) -> tuple[Version, int]:
        """The newest version, and the revision to write upon."""
        said, revision = await self._kept.read(HEAD)
        return version_of(said), revision

    async def newer(self, revision: int) -> tuple[Version, int] | None:
        """A head beyond a revision, and its own; None when there is none to be seen."""
        found = await self._kept.newer(HEAD, revision)
        return None if found is None else (version_of(found[0]), found[1])

    async def kept(self) -> list[Version]:
        """The newest and those before it, newest first; number 0 is never written down, and not among them."""
        said = await self._kept.all()
        found = {version.number: version for version in map(version_of, said.values())}
        head, _ = await self.head()
        found[head.number] = head
        return [found[number] for number in sorted(found, reverse=True) if 0 < number <= head.number]

    async def before(self, head: Version, number: int) -> Version | None:
        """An earlier version; None when it is not kept any more."""
        if number in (0, head.number):
            return Version() if number == 0 else head
        said, _ = await self._kept.read(_place(number))
        found = version_of(said)
        return found if found.number == number else None

    async def begin(
        self, settings: Mapping[str, Any], *, who: str, comment: str, upon: tuple[Version, int]
    ) -> Version | None:
        """Write a new version, on trial; None when another was written meanwhile."""
        head, revision = upon
        await self._keep(head)
        made = _made(head.number + 1, settings, who, comment)
        return made if await self._put(evolve(made, state="trial"), revision) else None

    async def confirm(self, trial: Version) -> bool:
        """Enough nodes work with it: it stays. False when it was undone meanwhile."""
        head, revision = await self.head()
        if head.id != trial.id:
            return False
        return head.state == "in force" or await self._put(evolve(head, state="in force"), revision)

    async def undo(self, trial: Version, who: str, reason: str) -> Version:
        """Go back to the version before one that is still on trial; the version that is in force in the end."""
        head, revision = await self.head()
        if head.id != trial.id or head.state != "trial":
            return head
        before = await self.before(head, head.number - 1) or Version()
        await self._keep(evolve(head, state="undone", reason=reason))
        made = _made(head.number + 1, before.settings, who, f"version {head.number} is undone: {reason}")
        return made if await self._put(made, revision) else (await self.head())[0]

    async def _keep(self, version: Version) -> None:
        """Put a version into the ring; a later one that took its place stays."""
        if version.number == 0:
            return
        place = _place(version.number)

        async def once() -> None:
            said, revision = await self._kept.read(place)
            if version_of(said).number <= version.number:
                await self._kept.replace(place, to_plain(version), revision)

        await patiently(once, PATIENCE)

    async def _put(self, version: Version, upon: int) -> bool:
        """Write the head; True when it is what we wrote, also where the word of it was lost on the way."""

        async def once() -> bool:
            if await self._kept.replace(HEAD, to_plain(version), upon) is not None:
                return True
            head, _ = await self.head()
            return (head.id, head.state) == (version.id, version.state)

        return await patiently(once, PATIENCE)


def _made(number: int, settings: Mapping[str, Any], who: str, comment: str) -> Version:
    return Version(number=number, id=new_id(), settings=settings, who=who, at=time.time(), comment=comment)


def _place(number: int) -> str:
    return f"{RING}{number % KEPT}"

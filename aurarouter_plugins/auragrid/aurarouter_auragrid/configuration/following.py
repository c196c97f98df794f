"""A node follows the cell's configuration: it checks what is proposed, applies what is written, and catches up."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from aurarouter_auragrid.configuration.examining import LAYER, Examination, examine
from aurarouter_auragrid.configuration.version import Version
from aurarouter_auragrid.configuration.versions import Versions
from aurarouter_auragrid.engine.connection import translated
from aurarouter_auragrid.engine.engine import Engine, patiently
from aurarouter_auragrid.errors import CellUnavailableError, GridError
from aurarouter_auragrid.names import SETTINGS_SUBJECT
from aurarouter_core import Router
from aurarouter_hooks import AuraRouterError, ConfigError

if TYPE_CHECKING:
    from nats.aio.msg import Msg

log = logging.getLogger(__name__)
LOOK = 2.0
"""Seconds between two looks at whether there is a version that nobody told us of."""
TRIAL = 60.0
"""Seconds after which a version that nobody confirmed is undone: whoever made it has gone."""
AGAIN = 30.0
"""Seconds after which a version that could not be applied is tried again: a file may have been corrected."""


class Follower:
    """One node's part.

    Args:
        engine: The cell.
        router: What works with the settings.
        node: The node's name.

    Attributes:
        number: The version that the router works with.
        problem: Why it does not work with the newest; empty when it does.
    """

    def __init__(self, engine: Engine, router: Router, node: str) -> None:
        self._engine, self._router, self._node = engine, router, node
        self._versions = Versions(engine.settings)
        self._revision, self._head, self._since = 0, Version(), 0.0
        self._working = asyncio.Lock()
        self.number, self.problem = 0, ""

    async def begin(self) -> None:
        """Work with what is in force, and hear of changes from now on, until the connection ends.

        Raises:
            ConfigError: This node can't honour it.
            CellUnavailableError: The cell does not answer for a minute.
        """
        with translated("listening for changes of the configuration"):
            await self._engine.connection.nats.subscribe(SETTINGS_SUBJECT, cb=self._heard)
        await patiently(self.catch_up)  # a cell that lost a server just now looks for a new majority for some seconds
        if self.problem:
            raise ConfigError(
                f"this node can't honour version {self._head.number} of the cell's configuration: {self.problem}",
                hint="Correct its own configuration, or change the cell's: aurarouter grid config.",
            )

    async def follow(self) -> None:
        """Look again and again, without end: a word may be lost, and a node may have been away."""
        while True:
            await asyncio.sleep(LOOK)
            try:
                over = self._head.state == "trial" and time.monotonic() - self._since > TRIAL
                again = bool(self.problem) and time.monotonic() - self._since > AGAIN
                if over:
                    await self._versions.undo(self._head, self._node, f"nobody confirmed it within {TRIAL:.0f} s")
                if over or again:
                    await self.catch_up()
                elif (newer := await self._versions.newer(self._revision)) is not None:
                    await self._take(*newer)
            except GridError as error:
                log.info("the cell's configuration: %s", error)

    async def catch_up(self) -> None:
        """Work with the newest version, if that can be; the old one stays otherwise.

        Raises:
            CellUnavailableError: The cell does not answer.
        """
        await self._take(*await self._versions.head())

    async def _take(self, head: Version, revision: int) -> None:
        async with self._working:
            if revision < self._revision:
                return  # read before another was applied meanwhile
            known = head.id == self._head.id
            self._head, self._revision = head, revision
            if known and not self.problem:
                return
            self._since = time.monotonic()
            try:
                if head.number or self.number:
                    await self._router.set_layer(LAYER, head.settings)
            except AuraRouterError as error:
                problem = "; ".join(map(str, (isinstance(error, ConfigError) and error.problems) or [error]))
                if problem != self.problem:
                    log.error("version %s of the cell's configuration is not applied: %s", head.number, problem)  # noqa: TRY400 - the cause is in its words
                self.problem = problem
            else:
                log.info("the cell's configuration is at version %s", head.number)
                self.number, self.problem = head.number, ""

    async def _heard(self, message: Msg) -> None:
        try:
            wish = json.loads(message.data)
            if not isinstance(wish, dict):
                raise TypeError("it is no object")
            if not message.reply:
                raise TypeError("it asks for no answer")
        except (ValueError, TypeError) as error:
            log.warning("a wish about the configuration can't be read: %s", error)
            return
        answer = {"node": self._node, **await self._done(wish)}
        await message.respond(json.dumps(answer).encode())

    async def _done(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        match wish.get("wish"):
            case "check":
                return await self._checked(wish.get("settings"))
            case "apply":
                try:
                    await self.catch_up()
                except CellUnavailableError as error:
                    return {"ok": False, "reason": str(error), "number": self.number}
                return {"ok": not self.problem, "reason": self.problem, "number": self.number}
            case "tell":
                return {"ok": True, "reason": self.problem, "number": self.number}
            case _:
                return {"ok": False, "reason": "this node's version of the program does not know that wish"}

    async def _checked(self, settings: Any) -> dict[str, Any]:
        if not isinstance(settings, dict):
            return {"ok": False, "reason": "these are no settings"}
        try:
            found = await asyncio.to_thread(examine, self._router, settings)
        except Exception as error:  # a plugin's fault is this node's reason, and must not be its silence
            log.exception("checking the cell's configuration")
            found = Examination(problems=(f"checking it failed with {type(error).__name__}",))
        return {"ok": not found.problems, "reason": "; ".join(found.problems), "warnings": found.warnings}

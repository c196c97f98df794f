"""The cell's configuration as a text that is edited, and what each node says to a change; no Qt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from functools import partial
from typing import Any

import yaml
from attrs import frozen

from aurarouter_auragrid.cell import find_cell
from aurarouter_auragrid.configuration import CellConfiguration, NodeAnswer, Outcome, Version
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_core import Home
from aurarouter_hooks import ConfigError


@frozen(kw_only=True)
class Listeners:
    """Told on the UI's thread."""

    opened: Callable[[Version], None]
    answered: Callable[[NodeAnswer], None]
    ended: Callable[[Outcome], None]
    failed: Callable[[BaseException], None]


class CellSettings:
    """What all nodes lay over their own files. No file of this machine is read or written for it.

    Attributes:
        version: The version that the text was made from; None until the cell has told it.
        text: Its settings as YAML.
        busy: The cell is asked.
    """

    def __init__(self, link: Any, listeners: Listeners) -> None:
        self._link, self._told = link, listeners
        self.version: Version | None = None
        self.text = ""
        self.busy = False

    def load(self) -> None:
        """Ask the cell; what was edited is given up."""

        def came(version: Version) -> None:
            self.busy = False
            self.version, self.text = version, written(version.settings)
            self._told.opened(version)

        if not self.busy and not self._link.worker.loop.is_closed():
            self.busy = True
            self._link.worker.begin(self._loaded(), came, self._failed)

    def save(self, text: str) -> None:
        """Propose this text to the cell; each node's answer is told as it comes."""

        def came(outcome: Outcome) -> None:
            self.busy = False
            if outcome.success:
                self.version, self.text = outcome.version, written(outcome.version.settings)
            self._told.ended(outcome)

        if not self.busy and self.version is not None:
            self.busy = True
            self._link.worker.begin(self._saved(text, self.version.number), came, self._failed)

    def _failed(self, error: BaseException) -> None:
        self.busy = False
        self._told.failed(error)

    async def _engine(self) -> Engine:
        config = await self._link.config()
        cell = await asyncio.to_thread(partial(find_cell, home=Home.of(), grid=config.sections["grid"]))
        return Engine(cell, "aurarouter gui")

    async def _loaded(self) -> Version:
        async with await self._engine() as engine:
            return await CellConfiguration(engine).current()

    async def _saved(self, text: str, upon: int) -> Outcome:
        settings = read(text)
        box = self._link.worker.mailbox
        era = box.era
        async with await self._engine() as engine:
            cell = CellConfiguration(engine, sections=self._link.plugins.sections)
            steps: AsyncGenerator[NodeAnswer | Outcome] = cell.propose(settings, "from the desktop window", upon=upon)
            async with aclosing(steps):
                async for step in steps:
                    if isinstance(step, Outcome):
                        return step
                    box.post(partial(self._told.answered, step), era=era)
        raise AssertionError("a proposal ends with an outcome")


def written(settings: Mapping[str, Any]) -> str:
    """Settings as YAML; "" for none."""
    return yaml.safe_dump(dict(settings), sort_keys=False, allow_unicode=True) if settings else ""


def read(text: str) -> dict[str, Any]:
    """YAML as settings.

    Raises:
        ConfigError: It is none.
    """
    try:
        said = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"the text is no YAML: {error}", hint="Correct it; nothing was sent.") from error
    if said is None:
        return {}
    if not isinstance(said, dict):
        raise ConfigError("the text holds no sections", hint="Write a section, like 'budget:', with its settings.")
    return said

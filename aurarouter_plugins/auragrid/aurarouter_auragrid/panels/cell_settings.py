"""The cell's configuration as a text that is edited, and what each node says to a change; no Qt."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from functools import partial
from typing import Any, TypeVar

import yaml
from attrs import frozen

from aurarouter_auragrid.configuration import CellConfiguration, NodeAnswer, Outcome, Version
from aurarouter_auragrid.configuration.version import SettingChange, differences
from aurarouter_auragrid.panels.entering import cell_of
from aurarouter_hooks import ConfigError

T = TypeVar("T")


@frozen(kw_only=True)
class WayBack:
    """An earlier version to go back to.

    Attributes:
        to: The version; number 0 for no settings.
        upon: The number of the version that is left by it.
        changes: What would be different then.
    """

    to: Version
    upon: int
    changes: tuple[SettingChange, ...] = ()


@frozen(kw_only=True)
class Listeners:
    """Told on the UI's thread."""

    opened: Callable[[Version], None]
    back: Callable[[WayBack | None], None]
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
            self.version, self.text = version, written(version.settings)
            self._told.opened(version)

        self._begin(self._loaded, came)

    def save(self, text: str) -> None:
        """Propose this text to the cell; each node's answer is told as it comes."""
        if self.version is not None:
            self._begin(partial(self._saved, text, self.version.number), self._ended)

    def look_back(self) -> None:
        """Ask the cell what it can go back to."""
        self._begin(self._looked_back, self._told.back)

    def go_back(self, way: WayBack) -> None:
        """Propose the earlier settings to the cell; each node's answer is told as it comes."""
        self._begin(partial(self._gone_back, way), self._ended)

    def _ended(self, outcome: Outcome) -> None:
        if outcome.success:
            self.version, self.text = outcome.version, written(outcome.version.settings)
        self._told.ended(outcome)

    def _begin(self, work: Callable[[CellConfiguration], Awaitable[T]], then: Callable[[T], None]) -> None:
        """Do something with the cell's configuration; nothing while that is being done."""
        if self.busy or self._link.worker.loop.is_closed():
            return
        self.busy = True

        def came(result: T) -> None:
            self.busy = False
            then(result)

        def failed(error: BaseException) -> None:
            self.busy = False
            self._told.failed(error)

        self._link.worker.begin(self._with_cell(work), came, failed)

    async def _with_cell(self, work: Callable[[CellConfiguration], Awaitable[T]]) -> T:
        async with await cell_of(self._link) as engine:
            return await work(CellConfiguration(engine, sections=self._link.plugins.sections))

    async def _loaded(self, cell: CellConfiguration) -> Version:
        return await cell.current()

    async def _saved(self, text: str, upon: int, cell: CellConfiguration) -> Outcome:
        hear = self._hearing()
        steps: AsyncGenerator[NodeAnswer | Outcome] = cell.propose(read(text), "from the desktop window", upon=upon)
        async with aclosing(steps):
            async for step in steps:
                if isinstance(step, Outcome):
                    return step
                hear(step)
        raise AssertionError("a proposal ends with an outcome")

    async def _looked_back(self, cell: CellConfiguration) -> WayBack | None:
        head, earlier = await cell.current(), await cell.previous()
        if earlier is None:
            return None
        return WayBack(to=earlier, upon=head.number, changes=differences(head.settings, earlier.settings))

    async def _gone_back(self, way: WayBack, cell: CellConfiguration) -> Outcome:
        return await cell.rollback(way.to.number, upon=way.upon, hear=self._hearing())

    def _hearing(self) -> Callable[[NodeAnswer], None]:
        """Passes each node's answer on to the UI's thread, while the panels that are shown now are shown."""
        box = self._link.worker.mailbox
        era = box.era
        return lambda answer: box.post(partial(self._told.answered, answer), era=era)


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

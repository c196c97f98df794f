"""The configuration panel: one draft for form and text, looked over with every change, compared and then written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any

from attrs import field, frozen

from aurarouter_core import Amendment, Checkup, Draft, InForce
from aurarouter_gui.state.amending import request_of, taken_up
from aurarouter_gui.state.link import Link
from aurarouter_gui.state.words import Trouble, trouble
from aurarouter_hooks import ConfigError, Problem


@frozen(kw_only=True)
class View:
    """What a text would be in the place of the file.

    Attributes:
        text: The text.
        settings: Section → its settings; as they were last where the text is no YAML.
        problems: What is wrong. Each may name a line.
        warnings: What works, or fails only when it is used.
    """

    text: str = ""
    settings: Mapping[str, Sequence[InForce]] = field(factory=dict)
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


@frozen(kw_only=True)
class Listeners:
    """Told on the UI's thread."""

    opened: Callable[[str], None] = field(default=lambda _: None)
    """Another text is to be shown: the file was read, or a setting was changed in the form."""
    seen: Callable[[View], None] = field(default=lambda _: None)
    saved: Callable[[Amendment], None] = field(default=lambda _: None)
    trouble: Callable[[Trouble], None] = field(default=lambda _: None)


class Configuration:
    """What the configuration panel shows. Lives on the UI's thread; reading, looking over and writing happen elsewhere.

    Attributes:
        draft: The file that is edited; None until it is read.
        text: The text as the user has it.
        view: What was last found of it.
        busy: Something is being read or written.
    """

    def __init__(self, link: Link, listeners: Listeners) -> None:
        self._link = link
        self._told = listeners
        self.draft: Draft | None = None
        self.text = ""
        self.view = View()
        self.busy = False
        self._versions: list[str] = []
        self._looked: str | None = None
        self._changing = False

    @property
    def changed(self) -> bool:
        """The text is not what stands in the file."""
        return self.draft is not None and self.text != self.draft.text

    @property
    def can_undo(self) -> bool:
        """There is a saved version before this one."""
        return bool(self._versions)

    # Reading

    def load(self) -> None:
        """Read the file again; what was edited is given up."""

        def came(draft: Draft) -> None:
            self.busy = False
            self.draft = draft
            self._show(draft.text)

        self.busy = True
        self._link.worker.begin(self._opened(), came, self._failed)

    def follow(self) -> None:
        """The file may have been changed elsewhere: read it again, unless something is being edited by then."""

        def came(draft: Draft) -> None:
            there = self.draft.text if self.draft is not None else None
            if not (self.changed or self.busy or self._changing) and draft.text != there:
                self.draft = draft
                self._show(draft.text)

        if not self.changed and not self.busy:
            self._link.worker.begin(self._opened(), came, self._failed)

    def _opened(self) -> Coroutine[Any, Any, Draft]:
        return asyncio.to_thread(partial(Draft, self._link.plugins, request_of(self._link)))

    # Editing

    def write(self, text: str) -> None:
        """The text has changed."""
        self.text = text
        if self._looked is None:
            self._look()

    def _show(self, text: str) -> None:
        self.text = text
        self._told.opened(text)
        if self._looked is None:
            self._look()

    def _look(self) -> None:
        if self.draft is None or self._link.worker.loop.is_closed():
            return  # the last letters come when the window is gone already
        text = self._looked = self.text

        def came(view: View) -> None:
            self._looked = None
            if self.text != text:
                self._look()
            else:
                self.view = view
                self._told.seen(view)

        def failed(error: BaseException) -> None:
            self._looked = None
            self._failed(error)

        work = asyncio.to_thread(partial(_seen, self.draft, text, self.view))
        self._link.worker.begin(work, came, failed)

    def change(self, path: Sequence[str], words: str | None, done: Callable[[], None] = lambda: None) -> None:
        """Give a setting the value that these words mean; None leaves it to the default.

        Args:
            path, words: The setting and its value.
            done: Called once the text has it.
        """
        if self.draft is None or self._changing:
            return
        draft = self.draft

        def came(text: str) -> None:
            self._changing = False
            done()
            if self.draft is draft:  # its stand-ins for secrets mean nothing to another
                self._show(text)

        self._changing = True
        work = asyncio.to_thread(partial(draft.change, self.text, path, words))
        self._link.worker.begin(work, came, self._failed)

    def discard(self) -> None:
        """As it stands in the file."""
        if self.draft is not None:
            self._show(self.draft.text)

    # Writing

    @property
    def diff(self) -> Sequence[str]:
        """What saving would change, line by line."""
        return self.draft.diff(self.text) if self.draft is not None else ()

    def save(self) -> None:
        """Write the text, if that makes nothing worse."""
        if self.draft is not None and not self.busy:
            self._write(self.text, self.draft.text)

    def undo(self) -> None:
        """Write what stood in the file before it was last saved here."""
        if self._versions and not self.busy and not self.changed:
            self._write(self._versions[-1], None)

    def _write(self, text: str, version: str | None) -> None:
        def came(done: Amendment) -> None:
            self.busy = False
            if version is None:
                self._versions.pop()
                self._show(text)
            else:
                self._versions.append(version)
            self._told.saved(done)
            self._look()

        self.busy = True
        self._link.worker.begin(self._written(text), came, self._failed)

    async def _written(self, text: str) -> Amendment:
        assert self.draft is not None  # noqa: S101 - nothing is written before it is read
        done = await asyncio.to_thread(self.draft.save, text)
        await taken_up(self._link)
        return done

    def _failed(self, error: BaseException) -> None:
        self.busy = self._changing = False
        self._told.trouble(trouble(error))


def _seen(draft: Draft, text: str, before: View) -> View:
    try:
        found = draft.look(text)
    except ConfigError as error:
        problems = error.problems or (Problem(str(error)),)
        return View(text=text, settings=before.settings, problems=tuple(problems))
    return View(
        text=text, settings=_settings(draft, found), problems=tuple(found.problems), warnings=tuple(found.warnings)
    )


def _settings(draft: Draft, found: Checkup) -> Mapping[str, Sequence[InForce]]:
    return {section: draft.settings(found, section) for section in draft.sections}

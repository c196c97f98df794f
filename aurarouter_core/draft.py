"""A configuration file while somebody edits it: its text without secrets, what would be wrong with it, and its end."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

from aurarouter_core import kinds
from aurarouter_core.amend import Amendment, checked, file_to_change, rewrite
from aurarouter_core.checkup import Checkup
from aurarouter_core.config import Config, settings_of
from aurarouter_core.edit import Change, Remove, Set, edited
from aurarouter_core.in_force import InForce, each
from aurarouter_core.plugins import Plugins
from aurarouter_core.request import Request
from aurarouter_core.schema import explanations
from aurarouter_core.sources import read_file
from aurarouter_core.spelling import as_written
from aurarouter_core.structure import KERNEL_SECTIONS
from aurarouter_core.veil import Veil
from aurarouter_core.wording import setting_value, setting_words
from aurarouter_hooks import ConfigError


class Draft:
    """The text of the file in force, or of the user's own that is yet to be made. Nothing is written before `save`.

    Secrets never show: something else (`"****1"`) stands in their place, which `save` turns back.

    Args:
        plugins: Whose sections and providers count.
        request: How the configuration is asked for, which says the file.

    Attributes:
        file: The file.
        text: What stands in it, as it may be shown.

    Raises:
        ConfigError: The file can't be looked for, read, or is no UTF-8 text. One that is no YAML can be edited.
    """

    def __init__(self, plugins: Plugins, request: Request) -> None:
        self._plugins = plugins
        self._request = request
        self._kinds = {**KERNEL_SECTIONS, **plugins.sections}
        self._veil = Veil(self._kinds)
        self.file = file_to_change(request).path
        data = read_file(self.file) if self.file.exists() else b""
        try:
            self._was = data.decode()
        except UnicodeDecodeError as error:
            raise ConfigError(f"{self.file} is not UTF-8 text: {error.reason}", hint="Save it as UTF-8.") from error
        self.text = self._shown(self._was)

    def look(self, text: str) -> Checkup:
        """What this text would be in the place of the file.

        Raises:
            ConfigError: It is no YAML; its `problems` say the line.
        """
        return checked(self._plugins, self._request, self._whole(text))

    def settings(self, found: Checkup, section: str) -> Sequence[InForce]:
        """Every setting of a section, those that nobody gives with their defaults."""
        return list(each(found.layers, (section,)))

    @property
    def sections(self) -> tuple[str, ...]:
        """The names of all sections, the kernel's first."""
        ours = [item.name for item in settings_of(Config) if item.name in self._kinds]
        return tuple(dict.fromkeys([*ours, *self._kinds]))

    def change(self, text: str, path: Sequence[str], words: str | None) -> str:
        """The text with one setting as `words` say it, in YAML or as a list with commas; None takes it out.

        Raises:
            ConfigError: The words mean nothing there, or the text can't be changed like that.
        """
        where = tuple(path)
        change: Change = Remove(where) if words is None else Set(where, setting_value(where, words, self._kinds))
        whole = self._whole(text)
        return self._shown(edited(whole, as_written(whole, [change]), name=str(self.file)))

    def words(self, setting: InForce) -> str:
        """A setting's value as words that `change` understands."""
        return setting_words(setting.path, setting.value, self._kinds)

    def is_switch(self, path: Sequence[str]) -> bool:
        """The setting is true or false."""
        return kinds.at(self._kinds, path) is bool

    def about(self, path: Sequence[str]) -> str:
        """What a setting is for; "" where nobody says."""
        kind: Any = Config if len(path) == 1 else kinds.at(self._kinds, path[:-1])
        return explanations(kind).get(path[-1], "") if path and isinstance(kind, type) else ""

    def diff(self, text: str) -> list[str]:
        """What is different from the file, in lines that begin with "+", "-", "@@" or a blank."""
        lines = difflib.unified_diff(self.text.splitlines(), text.splitlines(), lineterm="", n=2)
        return list(lines)[2:]

    def save(self, text: str, *, literal: bool = False) -> Amendment:
        """Write the text, if that makes nothing worse. From then on the draft begins with it.

        Args:
            text: The whole text.
            literal: Let keys that were written into it stand there as they are.

        Raises:
            ConfigError: A key was written into it; it would be wrong where the file was not; or somebody else has
                changed the file meanwhile.
        """
        lost = [one for one in self._veil.strangers(text) if one not in self._was]
        if lost:
            raise ConfigError(
                f"{lost[0]} stands for no secret of this file", hint="Write the value itself, or leave it out."
            )
        whole = self._whole(text)
        if not literal and self._veil.secrets(whole) - self._veil.secrets(self._was):
            raise ConfigError(
                "this would put a key into the file as it is",
                hint="Keep it with 'aurarouter keys set NAME' and write ${key.NAME}, or name a variable: ${env.NAME}",
            )
        done = rewrite(self._plugins, self._request, whole, was=self._was, literal=literal)
        self._was, self.text = whole, self._shown(whole)
        return done

    def _shown(self, whole: str) -> str:
        return self._veil.put_on(whole.replace("\r\n", "\n"))

    def _whole(self, text: str) -> str:
        whole = self._veil.take_off(text)
        return whole.replace("\n", "\r\n") if "\r\n" in self._was else whole

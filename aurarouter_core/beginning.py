"""The way to a first configuration file: what is found here, what is chosen of it, and the file that comes of that."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from attrs import field, frozen

from aurarouter_core import first_file, install
from aurarouter_core.first_file import Choice
from aurarouter_core.home import FILE_VARIABLE, Home, expanded
from aurarouter_core.offers import Offer, offers
from aurarouter_core.plain import origin
from aurarouter_core.plugins import Plugins
from aurarouter_core.sources import EMBEDDED
from aurarouter_hooks import ConfigError


@frozen
class Beginning:
    """What there is to begin with.

    Attributes:
        found: What answers on this machine or by a key of the user's, nearest first.
        notes: What to know about it.
        prompt: A first thing to ask.
        built_in: Names of the built-in models, the last resort of every role; none where their plugin is missing.
    """

    prompt: ClassVar[str] = "Write a haiku about routers"
    found: tuple[Offer, ...]
    notes: tuple[str, ...]
    built_in: tuple[str, ...]
    _plugins: Plugins = field(repr=False)

    @classmethod
    async def look(cls, plugins: Plugins) -> Beginning:
        """Look around. Nothing is sent but the question which models there are."""
        found = await offers(plugins)
        there = all(model["provider"] in plugins.providers for model in EMBEDDED["models"].values())
        return cls(found.found, found.notes, tuple(EMBEDDED["models"]) if there else (), plugins)

    def require_something(self) -> None:
        """See to it that there is a model at all.

        Raises:
            ConfigError: There is none.
        """
        if not self.found and not self.built_in:
            raise ConfigError(
                "no model is in reach, so there is nothing to write",
                hint="Start a server, or set the variable that holds a key. Or take the built-in model. "
                + install.install_hint(*(model["provider"] for model in EMBEDDED["models"].values()), "assets"),
            )

    def write(self, path: Path, choices: Sequence[Choice], *, home: Home, force: bool = False) -> Path | None:
        """Write the file.

        Args:
            path: Where to.
            choices: The models, in the order in which each role tries them; the built-in ones come last by themselves.
            home: The user's folder.
            force: A file that is there is kept beside the new one, instead of an error.

        Returns:
            Where the file that was there is now; None when none was.

        Raises:
            ConfigError: There is one already and `force` is not set, or it can't be written, or it would have problems.
        """
        text = first_file.text_of(choices, embedded=bool(self.built_in), today=datetime.now(UTC).date())
        first_file.require_good(text, path, self._plugins)
        return first_file.write(path, text, home=home, force=force)

    @staticmethod
    def take(offer: Offer, *, private: bool = False) -> Choice:
        """An offer that is taken; `private` where its user vouches for it."""
        return Choice(offer.model, Beginning.place(offer), private)

    @staticmethod
    def place(offer: Offer) -> str:
        """Where it runs, in words, with its address."""
        address = origin(offer.model.endpoint)
        return f"{offer.place}, {address}" if address else offer.place

    @staticmethod
    def usual_path(named: str | None) -> Path:
        """Where a first file goes: to what is named, or the variable names; else to the user's own."""
        named = named or os.environ.get(FILE_VARIABLE)
        return expanded(named) if named else Home.of().config

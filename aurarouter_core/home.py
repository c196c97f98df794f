"""The user's folder: configuration, models, traces. One variable, AURAROUTER_HOME, moves all of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from aurarouter_hooks import AuraRouterError


@frozen
class Home:
    """Where this user's files are. Folders are made when first written to, readable by this user alone."""

    root: Path

    @classmethod
    def of(cls, environ: Mapping[str, str] | None = None) -> Home:
        """The folder in force: AURAROUTER_HOME, else ~/.auracore/aurarouter."""
        environ = os.environ if environ is None else environ
        chosen = environ.get("AURAROUTER_HOME")
        return cls(Path(chosen).expanduser() if chosen else Path.home() / ".auracore" / "aurarouter")

    @property
    def config(self) -> Path:
        """The configuration file that is looked for last."""
        return self.root / "auraconfig.yaml"

    @property
    def models(self) -> Path:
        """Downloaded model files."""
        return self.root / "models"

    @property
    def store(self) -> Path:
        """Traces, usage and plugin faults."""
        return self.root / "aurarouter.db"

    @property
    def cache(self) -> Path:
        """Files that may be deleted at any time."""
        return self.root / "cache"

    def workdir(self, provider: str) -> Path:
        """A provider's own folder for small files."""
        return self.private(self.root / "providers" / provider)

    def private(self, folder: Path) -> Path:
        """Make a folder that only this user can read, and return it.

        Raises:
            AuraRouterError: It can't be made.
        """
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise AuraRouterError(
                f"the folder {folder} can't be made: {error.strerror or error}",
                hint="Correct the permissions above it, or set AURAROUTER_HOME to a folder that you may write to.",
            ) from error
        return folder

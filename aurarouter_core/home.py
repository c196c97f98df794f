"""The user's folder: configuration, models, traces. One variable, AURAROUTER_HOME, moves all of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from aurarouter_core.room import unusable
from aurarouter_hooks import ConfigError

FILE_VARIABLE = "AURACORE_ROUTER_CONFIG"
"""Names a configuration file that lies elsewhere."""


def private_folder(folder: Path) -> Path:
    """Make a folder, and those above it, that only this user can read; return it.

    Raises:
        AuraRouterError: It can't be made.
    """
    try:
        for missing in [*reversed([above for above in folder.parents if not above.exists()]), folder]:
            missing.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        hint = "Correct the permissions above it, or set AURAROUTER_HOME to a folder that you may write to."
        raise unusable(f"the folder {folder} can't be made", folder, error, hint) from error
    return folder


def working_folder() -> Path | None:
    """The current directory; None when it is gone."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return None


def expanded(path: str) -> Path:
    """A path with its `~` resolved.

    Raises:
        ConfigError: There is no such user, or no home.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise ConfigError(f"the path {path} can't be resolved: {error}", hint="Write it without '~'.") from error


@frozen
class Home:
    """Where this user's files are. Folders are made when first written to, readable by this user alone."""

    root: Path

    @classmethod
    def of(cls, environ: Mapping[str, str] | None = None) -> Home:
        """The folder in force: AURAROUTER_HOME, else ~/.auracore/aurarouter.

        Raises:
            ConfigError: There is no home folder, or the variable's is not a whole path.
        """
        environ = os.environ if environ is None else environ
        named = environ.get("AURAROUTER_HOME") or "~/.auracore/aurarouter"
        root = expanded(named)
        if not root.is_absolute():  # else whatever folder one happens to be in would be the user's own
            variable = "HOME" if named.startswith("~") else "AURAROUTER_HOME"
            raise ConfigError(
                f"{variable} makes '{root}' the folder of your files, which is another folder wherever you are",
                hint=f"Set {variable} to a whole path, which begins at the root.",
            )
        return cls(root)

    @property
    def config(self) -> Path:
        """The configuration file that is looked for last."""
        return self.root / "auraconfig.yaml"

    @property
    def trust(self) -> Path:
        """Configuration files from elsewhere that the user has vouched for."""
        return self.root / "trust.json"

    @property
    def keys(self) -> Path:
        """Names of the providers' keys that are kept, and the keys where there is no keyring."""
        return self.root / "keys.json"

    @property
    def apps(self) -> Path:
        """Client keys, hashed."""
        return self.root / "apps.json"

    @property
    def keys_stamp(self) -> str:
        """Changes whenever a key that we keep does."""
        try:
            return str(self.keys.stat().st_mtime_ns)
        except OSError:
            return ""

    @property
    def privacy_key(self) -> Path:
        """The key of private values' fingerprints."""
        return self.root / "privacy.key"

    @property
    def models(self) -> Path:
        """Downloaded model files."""
        return self.root / "models"

    @property
    def assets(self) -> Path:
        """The list of registered model files; in a folder of its own, so that its lock is one of its own."""
        return self.root / "assets" / "registry.json"

    @property
    def store(self) -> Path:
        """Traces, usage and plugin faults."""
        return self.root / "aurarouter.db"

    @property
    def money(self) -> Path:
        """What was spent, where a budget is set."""
        return self.root / "money.db"

    @property
    def conversations(self) -> Path:
        """Conversations, with all that was said in them."""
        return self.root / "conversations.db"

    @property
    def cache(self) -> Path:
        """Files that may be deleted at any time."""
        return self.root / "cache"

    def workdir(self, provider: str) -> Path:
        """A provider's own folder for small files.

        Raises:
            AuraRouterError: It can't be made.
        """
        return private_folder(self.root / "providers" / provider)

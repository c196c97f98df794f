"""Which files in the folder of models we downloaded: only these may ever be deleted."""

from __future__ import annotations

import json
import logging
import time
from pathlib import Path
from typing import Any

import attrs
from attrs import frozen

from aurarouter_core.atomic import locked, replace_file
from aurarouter_hooks import AssetError, AssetSpec, AuraRouterError

log = logging.getLogger(__name__)
NAME = ".downloads.json"


@frozen(kw_only=True)
class Download:
    """A file as it was when its download was done. One that is no longer like this is somebody else's.

    Attributes:
        source: Where from.
        fetched_at: Seconds since 1970.
    """

    source: str
    sha256: str
    inode: int
    size: int
    changed: int
    fetched_at: float


class Downloads:
    """The notes on one folder's files, kept in it.

    Args:
        folder: The folder of models.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / NAME

    def note(self, path: Path, spec: AssetSpec) -> None:
        """Remember that we downloaded a file. If that fails the file is only never deleted."""
        try:
            now = path.stat()
            download = Download(
                source=f"{spec.scheme}:{spec.location}",
                sha256=spec.sha256,
                inode=now.st_ino,
                size=now.st_size,
                changed=now.st_mtime_ns,
                fetched_at=time.time(),
            )
            with locked(self._file):
                self._write({**self._read(), path.name: download})
        except (OSError, AuraRouterError) as error:
            log.warning("that %s was downloaded can't be noted, so it will not be deleted later: %s", path, error)

    def of(self, path: Path) -> Download | None:
        """The download that a file is; None for any other file.

        Raises:
            AssetError: The notes can't be read.
        """
        if path.parent != self._folder or path.is_symlink():
            return None
        download = self._read().get(path.name)
        try:
            now = path.stat()
        except OSError:
            return None
        same = download and (now.st_ino, now.st_size, now.st_mtime_ns) == (
            download.inode,
            download.size,
            download.changed,
        )
        return download if same else None

    def delete(self, path: Path) -> None:
        """Delete a file that we downloaded.

        Raises:
            AssetError: We didn't, or it can't be deleted.
        """
        with locked(self._file):
            if self.of(path) is None:
                raise AssetError(
                    f"{path} was not downloaded by AuraRouter, which deletes no other files",
                    hint="Delete it yourself, if you want to.",
                )
            try:
                path.unlink()
            except OSError as error:
                raise AssetError(
                    f"{path} can't be deleted: {error.strerror or error}", hint="Check the folder's permissions."
                ) from error
            self._write({name: one for name, one in self._read().items() if name != path.name})

    def _read(self) -> dict[str, Download]:
        try:
            said: Any = json.loads(self._file.read_bytes())
            return {name: Download(**entry) for name, entry in said.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise AssetError(
                f"the notes on downloads, {self._file}, can't be read: {error}",
                hint="Delete them; nothing that was downloaded before is deleted then.",
            ) from error

    def _write(self, downloads: dict[str, Download]) -> None:
        data = {name: attrs.asdict(download) for name, download in downloads.items()}
        replace_file(self._file, json.dumps(data, indent=1).encode(), mode=0o600)

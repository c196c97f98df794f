"""Where model files come from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from aurarouter_hooks.values import AssetSpec

FetchProgress = Callable[[int, int | None], None]
"""Called with bytes so far and bytes in all, None when unknown."""


class AssetSource:
    """Fetches the files of one scheme. Registered as a class, made without arguments when first needed."""

    async def fetch(self, spec: AssetSpec, folder: Path, progress: FetchProgress) -> Path:
        """Put the file into `folder`, verified, whole or not at all, and return its path.

        Raises:
            AssetError: It could not be fetched or is not what `spec` says; `folder` is as it was.
        """
        raise NotImplementedError(f"{type(self).__name__} must define fetch()")

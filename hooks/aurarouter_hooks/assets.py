"""Where model files come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from aurarouter_hooks.errors import AssetError
from aurarouter_hooks.values import AssetOffer, AssetSpec

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

    @classmethod
    def catalogue(cls) -> Mapping[str, AssetSpec]:
        """Files that can be asked for by a short name. No I/O."""
        return {}

    async def files(self, location: str) -> Sequence[AssetSpec]:
        """The model files at a location that a user wrote behind the scheme.

        Raises:
            AssetError: There are none, it can't be reached, or this source takes locations from configurations only.
        """
        raise AssetError(
            f"'{location}' can't be fetched just so: this source's files have to stand in the configuration",
            hint="Write it below assets.catalogue with its SHA-256, and pull it by its name there.",
        )

    async def search(self, words: str, limit: int) -> Sequence[AssetOffer]:
        """What fits the words, the best first; a source that can't be searched finds nothing.

        Raises:
            AssetError: It can't be reached.
        """
        return ()

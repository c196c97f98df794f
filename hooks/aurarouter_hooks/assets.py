"""Where model files come from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from attrs import frozen

from aurarouter_hooks.errors import AssetNameError
from aurarouter_hooks.values import AssetOffer, AssetSpec, Secret

FetchProgress = Callable[[int, int | None], None]
"""Called with bytes so far and bytes in all, None when unknown."""


async def _no_key(_: str) -> Secret | None:
    return None


@frozen(kw_only=True)
class AssetContext:
    """What a source is told of whom it works for.

    Attributes:
        endpoint: The address of its hub, as the configuration says (`assets.endpoint`); "" for the source's own.
        key: Looks a key up by name: a variable of the environment, else a key that `aurarouter keys` keeps; None when
            there is neither. Raises an `AuraRouterError` when the kept keys can't be read.
    """

    endpoint: str = ""
    key: Callable[[str], Awaitable[Secret | None]] = _no_key


class AssetSource:
    """Fetches the files of one scheme. Registered as a class, made when it is needed.

    Args:
        context: What it is told; alone, it works without keys.
    """

    def __init__(self, context: AssetContext | None = None) -> None:
        self.context = context or AssetContext()

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
            AssetError: There are none, or it can't be reached.
            AssetNameError: It can't be a location, or this source takes them from configurations only.
        """
        raise AssetNameError(
            "what lies there can't be fetched just so: this source's files have to stand in the configuration",
            hint="Write it below assets.catalogue with its SHA-256, and pull it by its name there.",
        )

    async def search(self, words: str, limit: int) -> Sequence[AssetOffer]:
        """What fits the words, the best first; a source that can't be searched finds nothing.

        Raises:
            AssetError: It can't be reached.
        """
        return ()

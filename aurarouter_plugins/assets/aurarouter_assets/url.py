"""Fetches the files of URLs, but only of those that the configuration names."""

from pathlib import Path
from urllib.parse import urlsplit

from aurarouter_assets.download import download
from aurarouter_hooks import AssetError, AssetSource, AssetSpec, FetchProgress

LOOPBACK = ("127.0.0.1", "::1", "localhost")


class UrlSource(AssetSource):
    """The scheme `url`: the location is an address; it has to stand in the configuration, so `files()` refuses all."""

    async def fetch(self, spec: AssetSpec, folder: Path, progress: FetchProgress) -> Path:
        """Put the file into `folder`, verified, whole or not at all.

        Raises:
            AssetError: It can't be fetched, there's no room, or it's not what the spec says.
        """
        if not is_safe(spec.location) and not (spec.sha256 and spec.location.startswith("http://")):
            raise AssetError(
                f"the address of {spec.file} is not secure", hint="Take https://, or give the file's SHA-256."
            )
        return await download(spec.location, spec, folder, progress)


def is_safe(url: str) -> bool:
    """Nobody on the way can read or change what is sent."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK))

"""Brings model files: out of Python packages, from Hugging Face, and from URLs of the configuration."""

from collections.abc import Mapping

from aurarouter_hooks import AssetSource, hookimpl


@hookimpl
def register_asset_sources() -> Mapping[str, type[AssetSource]]:
    """The scheme in front of an asset's location. What a source needs is imported when it is first used."""
    from aurarouter_assets.hf import HfSource
    from aurarouter_assets.pypi import PypiSource
    from aurarouter_assets.url import UrlSource

    return {"hf": HfSource, "pypi": PypiSource, "url": UrlSource}

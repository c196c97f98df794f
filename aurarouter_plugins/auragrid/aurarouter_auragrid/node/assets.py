"""Which model files a node has registered, for the cell to know."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from aurarouter_core import AssetRegistry, Router
from aurarouter_hooks import AuraRouterError

log = logging.getLogger(__name__)
MOST = 500
"""A record of the cell has room for no more."""


async def registered(router: Router) -> Mapping[str, int]:
    """The model files that are here and configured; model id → bytes."""
    try:
        known = await AssetRegistry(router).list_assets()
    except AuraRouterError as error:
        log.warning("the registered model files: %s", error)
        return {}
    found = {asset.model_id: asset.size_bytes or 0 for asset in known if asset.configured and not asset.missing}
    if len(found) > MOST:
        log.warning("%s of %s model files are told to the cell", MOST, len(found))
    return dict(list(found.items())[:MOST])

"""Settings that the grid's manifest brings: below the environment, above the file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aurarouter_hooks import ConfigError

VARIABLE = "AURAGRID_MANIFEST"


def settings(environ: Mapping[str, str] | None = None) -> Mapping[str, Any] | None:
    """What stands under `metadata.config` of the manifest that AURAGRID_MANIFEST names.

    Raises:
        ConfigError: It can't be read, or is not what it should be.
    """
    named = (os.environ if environ is None else environ).get(VARIABLE)
    if not named:
        return None
    try:
        said = json.loads(Path(named).expanduser().read_bytes())
        found = said.get("metadata", {}).get("config", {})
        if not isinstance(found, dict):
            raise TypeError("metadata.config is no object")
    except (OSError, ValueError, TypeError, AttributeError) as error:
        words = f"the manifest {named} can't be used: {error}"
        raise ConfigError(words, hint=f"Correct it, or unset {VARIABLE}.") from error
    return found

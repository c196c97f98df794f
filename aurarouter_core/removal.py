"""Takes a model out of the configuration's file and out of the list of assets, both or neither."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext

from aurarouter_core import chains
from aurarouter_core.amend import Amendment, amend_config, file_to_change
from aurarouter_core.edit import Change
from aurarouter_core.home import Home
from aurarouter_core.layers import Layers
from aurarouter_core.ledger import Ledger
from aurarouter_core.plugins import Plugins
from aurarouter_core.request import Request
from aurarouter_hooks import ConfigError


def take_out(plugins: Plugins, request: Request, home: Home, model_id: str, *, from_roles: bool) -> Amendment:
    """Take a model out of the configuration's file, and out of the list if it was registered there.

    Raises:
        UnknownModelError: Nobody knows the model.
        ConfigError: It serves roles, doesn't stand in the file, or that can't be changed.
    """

    def changes(layers: Layers) -> Sequence[Change]:
        roles = chains.served_by(layers, model_id)
        if roles and not from_roles:
            raise ConfigError(
                f"the model '{model_id}' serves {', '.join(roles)}",
                hint="Take it out of them first.",
            )
        return chains.without(layers, model_id)

    ledger = Ledger(home.assets)
    config = str(file_to_change(request).path.resolve())
    known = [record for record in ledger.records() if record.key == (config, model_id)]
    with ledger.together(known[0]) if known else nullcontext():
        return amend_config(plugins, request, changes)

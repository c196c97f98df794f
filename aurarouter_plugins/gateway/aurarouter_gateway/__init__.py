"""AuraRouter behind the HTTP APIs of OpenAI and Anthropic. The server is imported when it is started."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from aurarouter_hooks import Middleware, hookimpl

if TYPE_CHECKING:
    import click


@hookimpl
def register_hookspecs() -> type:
    """What other plugins may bring here."""
    from aurarouter_gateway.specs import Specs

    return Specs


@hookimpl
def register_config() -> Mapping[str, type]:
    """The section `gateway`."""
    from aurarouter_gateway.settings import GatewaySettings

    return {"gateway": GatewaySettings}


@hookimpl
def register_middleware() -> Sequence[Middleware]:
    """Holds each app to what it may use."""
    from aurarouter_gateway.limits import AppGate

    return [AppGate()]


@hookimpl
def register_commands(cli: click.Group) -> None:
    """`serve`."""
    from aurarouter_gateway.commands import serve

    cli.add_command(serve)

"""AuraRouter behind the HTTP APIs of OpenAI and Anthropic. The server is imported when it is started."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

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


@hookimpl(optionalhook=True)
def gui_services() -> Sequence[Any]:
    """The gateway, in the list of the desktop window."""
    from aurarouter_gui.state.child import Child

    return [
        Child(
            name="gateway",
            title="HTTP gateway",
            tip="Answers clients of the OpenAI and Anthropic APIs",
            order=20,
            command=("serve", "--json"),
            address=lambda config: (config.sections["gateway"].host, config.sections["gateway"].port),
        )
    ]

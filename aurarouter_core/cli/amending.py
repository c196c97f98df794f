"""How a command changes the configuration file, and what it says about it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from aurarouter_core import dotted
from aurarouter_core.amend import Amendment
from aurarouter_core.plain import dumps
from aurarouter_core.request import Request
from aurarouter_core.shown import on_one_line, printable
from aurarouter_hooks import Problem


def request_of(context: click.Context, file: str | None = None) -> Request:
    """What configuration the command line asks for; a file that the command itself names comes first."""
    named = file or context.find_root().obj
    return Request(path=Path(named) if named else None)


def tell(amendment: Amendment, as_json: bool) -> None:
    """Say what is different now: on stdout what was changed, on stderr what to know about it."""
    if as_json:
        told = {
            "success": True,
            "file": amendment.file,
            "created": amendment.created,
            "changed": amendment.changed,
            "warnings": amendment.warnings,
        }
        click.echo(dumps(told, indent=2))
        return
    if amendment.created:
        click.echo(f"{amendment.file} is made")
    for change in amendment.changed:
        place = f"{amendment.file}:{change.line}" if change.line else str(amendment.file)
        click.echo(f"{dotted.shown(change.path)}: {_value(change.before)} → {_value(change.after)}  ({place})")
    if not amendment.changed:
        click.echo(f"{amendment.file} says so already; nothing is changed")
    for warning in amendment.warnings:
        click.echo(f"Note: {printable(warning)}", err=True)


def _value(value: object) -> str:
    return "(not set)" if value is None else on_one_line(value)


def tell_problems(problems: Iterable[Problem]) -> None:
    """Say on stderr what is wrong."""
    for problem in problems:
        click.echo(f"✗ {printable(problem)}", err=True)

"""`aurarouter compare`: several models on the same task, side by side."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence

import click

from aurarouter_core.cli.ending import run_async
from aurarouter_core.cli.session import Session
from aurarouter_core.cli.task_options import task_options
from aurarouter_core.comparison import AT_ONCE, Side, compare
from aurarouter_core.plain import dumps
from aurarouter_core.router import Router
from aurarouter_core.shown import printable
from aurarouter_hooks import NoModelLeftError, PrivacyError, Task, UnknownModelError

HEAD = ("model", "first", "total", "in", "out", "USD", "state")
SHORTEST_NAME = 8
"""Characters of a model's name that a table must have room for."""
REFUSED = PrivacyError.__name__


@click.command("compare")
@task_options
@click.option(
    "--with", "models", multiple=True, metavar="MODEL", help="A model to compare; again for each further one."
)
@click.option(
    "--at-once", type=click.IntRange(min=1), default=AT_ONCE, show_default=True, help="Models asked at the same time."
)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def command(context: click.Context, task: Task, models: tuple[str, ...], at_once: int, as_json: bool) -> None:
    """Give TASK to several models and show answers, times, tokens and cost side by side.

    Without --with these are the models of the role that TASK would go to. Exit code 5 when none answered, 4 when
    none may see the task.
    """
    sides = run_async(_compared(Session.of(context).router, task, models, at_once))
    answered = any(side.success for side in sides)
    if as_json:
        click.echo(dumps({"success": answered, "sides": sides}, indent=2))
    else:
        for side in sides:
            _show(side)
        for line in table(sides, shutil.get_terminal_size().columns):
            click.echo(line)
    if not answered:
        refused = all(side.error and side.error.type == REFUSED for side in sides)
        context.exit(4 if refused else 5)


async def _compared(router: Router, task: Task, models: Sequence[str], at_once: int) -> list[Side]:
    async with router:
        wanted = (*([task.model] if task.model else ()), *models)
        known = router.snapshot.config.models
        for model in wanted:
            if model not in known:
                raise UnknownModelError(model, sorted(known))
        if not wanted:
            decision = await router.locate_and_decide(task)
            wanted = (*decision.chain, *decision.vetoes)
        if not wanted:
            raise NoModelLeftError("there is no model to compare", hint="Name some: --with MODEL --with MODEL.")
        return await compare(router, task, wanted, at_once=at_once)


def _show(side: Side) -> None:
    name = printable(side.model)
    click.echo(f"── {name} {'─' * max(2, 60 - len(name))}")
    if side.text:
        click.echo(side.text)
    if side.error:
        click.echo(f"[{'incomplete' if side.text else 'no answer'}: {printable(side.error.message)}]")
    elif not side.text:
        click.echo("[the answer has no text]")
    click.echo()


def table(sides: Sequence[Side], width: int) -> Iterator[str]:
    """One line for each model, or a few short ones where a table has no room."""
    rows = [_cells(side) for side in sides]
    widths = [max(len(row[at]) for row in (HEAD, *rows)) for at in range(len(HEAD))]
    room = width - sum(widths[1:]) - 2 * (len(HEAD) - 1)
    if room < min(SHORTEST_NAME, widths[0]):
        for row in rows:
            yield row[0]
            for name, cell in zip(HEAD[1:], row[1:], strict=True):
                yield f"  {name:<5}  {cell}"
        return
    widths[0] = min(widths[0], room)
    for name, *cells, state in (HEAD, *rows):
        shown = name if len(name) <= widths[0] else f"{name[: widths[0] - 1]}…"
        middle = "  ".join(f"{cell:>{size}}" for cell, size in zip(cells, widths[1:-1], strict=True))
        yield f"{shown:<{widths[0]}}  {middle}  {state}"


def _cells(side: Side) -> tuple[str, ...]:
    usage = side.usage
    mark = "~" if usage and usage.estimated else ""
    return (
        printable(side.model),
        _seconds(side.first_token),
        _seconds(side.seconds),
        f"{mark}{usage.input_tokens}" if usage else "–",
        f"{mark}{usage.output_tokens}" if usage else "–",
        _cost(side, mark),
        _state(side),
    )


def _seconds(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds:.2f} s"


def _cost(side: Side, mark: str) -> str:
    """Unknown is not nothing; who was not asked has none."""
    if side.cost is None:
        return "unknown" if side.attempts else "–"
    return f"{mark if side.cost else ''}{side.cost:.6f}"


def _state(side: Side) -> str:
    if side.success:
        return "ok"
    if side.error and side.error.type == REFUSED:
        return "refused"
    return "incomplete" if side.text else "failed"

"""`aurarouter run`: answer a task."""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing
from pathlib import Path

import click

from aurarouter_core.cli.draw import trace_lines
from aurarouter_core.cli.progress import ProgressLine
from aurarouter_core.cli.session import Session
from aurarouter_core.plain import dumps, plain
from aurarouter_core.router import Router
from aurarouter_hooks import Delta, Done, RoutingError, Task


def read_task(text: str) -> str:
    """The task's text; "-" reads standard input.

    Raises:
        click.UsageError: It is empty, or not UTF-8.
    """
    if text == "-":
        try:
            text = sys.stdin.buffer.read().decode("utf-8")
        except UnicodeDecodeError as error:
            raise click.UsageError(f"standard input is not UTF-8 text: {error}") from error
    if not text.strip():
        raise click.UsageError("the task is empty; write it as an argument, or '-' to read standard input")
    return text


def read_context(path: str | None) -> str:
    """The content of `--context FILE`.

    Raises:
        click.UsageError: It can't be read as text.
    """
    if path is None:
        return ""
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"--context {path} can't be read as UTF-8 text: {error}") from error


@click.command("run")
@click.argument("task")
@click.option("-m", "--model", help="Use this model and no other.")
@click.option("--role", help="Use this role's chain.")
@click.option("--intent", help="Take this intent as given.")
@click.option("--context", "context_file", type=click.Path(dir_okay=False), help="A file that belongs to the task.")
@click.option("--private", is_flag=True, help="Only models that are cleared for private content.")
@click.option("--json", "as_json", is_flag=True, help="Print answer, decision and attempts as JSON.")
@click.option("--trace", "show_trace", is_flag=True, help="Show afterwards what happened, on stderr.")
@click.pass_context
def command(
    context: click.Context,
    task: str,
    model: str | None,
    role: str | None,
    intent: str | None,
    context_file: str | None,
    private: bool,
    as_json: bool,
    show_trace: bool,
) -> None:
    """Answer TASK, or standard input when TASK is '-'."""
    asked = Task(
        read_task(task),
        context=read_context(context_file),
        model=model,
        role=role,
        intent=intent,
        private=private,
    )
    streams = sys.stdout.isatty() and not as_json
    done, shown = asyncio.run(_answer(Session.of(context).router, asked, streams))
    if as_json:
        click.echo(dumps(result(done), indent=2))
    elif shown:
        click.echo()
    else:
        click.echo(done.text)
    if show_trace:
        for line in trace_lines(plain(done.trace)):
            click.echo(line, err=True)
    if not done.complete:
        why = done.trace.error.message if done.trace.error else "unknown reason"
        click.echo(f"[incomplete: the answer stops here: {why}]", err=True)
        context.exit(5)


def result(done: Done) -> dict[str, object]:
    """What `--json` prints."""
    return {
        "success": done.complete,
        "complete": done.complete,
        "text": done.text,
        "finish": done.reply.finish,
        "decision": done.trace.decision,
        "attempts": done.trace.attempts,
        "usage": done.trace.usage,
        "trace": done.trace,
    }


async def _answer(router: Router, task: Task, streams: bool) -> tuple[Done, bool]:
    """The end of the task, and whether its text was shown on the way."""
    shown = False
    done: Done | None = None
    async with router:
        with ProgressLine() as line:
            async with aclosing(router.stream(task)) as events:
                async for event in events:
                    line.see(event)
                    if streams and isinstance(event, Delta) and event.chunk.text:
                        click.echo(event.chunk.text, nl=False)
                        sys.stdout.flush()
                        shown = True
                    if isinstance(event, Done):
                        done = event
    if done is None:
        raise RoutingError("a middleware ended the task without an answer", hint="See 'aurarouter plugins'.")
    return done, shown

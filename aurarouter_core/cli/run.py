"""`aurarouter run`: answer a task."""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing

import click

from aurarouter_core.cli.draw import trace_lines
from aurarouter_core.cli.progress import ProgressLine
from aurarouter_core.cli.session import Session
from aurarouter_core.cli.task_options import plan_options, task_options
from aurarouter_core.plain import dumps, plain
from aurarouter_core.router import Router
from aurarouter_hooks import Delta, Done, NodeStarted, RoutingError, Task


@click.command("run")
@task_options
@plan_options
@click.option("--json", "as_json", is_flag=True, help="Print answer, decision and attempts as JSON.")
@click.option("--trace", "show_trace", is_flag=True, help="Show afterwards what happened, on stderr.")
@click.pass_context
def command(context: click.Context, task: Task, as_json: bool, show_trace: bool) -> None:
    """Answer TASK, or standard input when TASK is '-'."""
    streams = sys.stdout.isatty() and not as_json
    done, shown = asyncio.run(_answer(Session.of(context).router, task, streams))
    if as_json:
        click.echo(dumps(result(done), indent=2))
    else:
        click.echo("" if shown == done.text and shown else done.text)
    if not as_json and not show_trace and done.complete:
        _say_who_failed(done)
    if show_trace:
        for line in trace_lines(plain(done.trace)):
            click.echo(line, err=True)
    if not done.complete:
        why = done.trace.error.message if done.trace.error else "unknown reason"
        click.echo(f"[incomplete: the answer stops here: {why}]", err=True)
        context.exit(5)


def _say_who_failed(done: Done) -> None:
    """An answer from further down the chain may be a worse one: whoever asked should know, and why."""
    failed = [attempt for attempt in done.trace.attempts if attempt.error is not None]
    if failed:
        words = "; ".join(f"{attempt.model}: {attempt.error.message}" for attempt in failed if attempt.error)
        answered = done.trace.attempts[-1].model
        click.echo(f"[answered by {answered}, after others failed: {words}]", err=True)


def result(done: Done) -> dict[str, object]:
    """What `--json` prints."""
    return {
        "success": done.complete,
        "complete": done.complete,
        "text": done.text,
        "steps": [reply.text for reply in done.steps],
        "finish": done.reply.finish,
        "decision": done.trace.decision,
        "attempts": done.trace.attempts,
        "usage": done.trace.usage,
        "trace": done.trace,
    }


async def _answer(router: Router, task: Task, streams: bool) -> tuple[Done, str]:
    """The end of the task, and the text that was shown on the way."""
    shown = ""
    done: Done | None = None
    async with router:
        with ProgressLine() as line:
            async with aclosing(router.stream(task)) as events:
                async for event in events:
                    line.see(event)
                    if shown and isinstance(event, NodeStarted) and event.node.kind == "answer":
                        click.echo("\n")
                        click.echo("[corrected after a review:]", err=True)
                        shown = ""
                    if streams and isinstance(event, Delta) and event.chunk.text:
                        click.echo(event.chunk.text, nl=False)
                        sys.stdout.flush()
                        shown += event.chunk.text
                    if isinstance(event, Done):
                        done = event
    if done is None:
        raise RoutingError("a middleware ended the task without an answer", hint="See 'aurarouter plugins'.")
    if shown and shown != done.text:
        click.echo("\n")
    return done, shown

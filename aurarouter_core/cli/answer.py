"""Shows an answer as it comes: the one renderer of `run` and `chat`."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing

import click

from aurarouter_core.cli.progress import ProgressLine
from aurarouter_hooks import Delta, Done, Event, RoutingError


async def shown(told: AsyncGenerator[Event], *, streams: bool) -> tuple[Done, bool]:
    """The end of a task, and whether its text was shown on the way.

    Raises:
        RoutingError: The events ended without one.
    """
    begun = False
    done: Done | None = None
    with ProgressLine() as line:
        async with aclosing(told) as events:
            async for event in events:
                line.see(event)
                if streams and isinstance(event, Delta) and event.chunk.text:
                    click.echo(event.chunk.text, nl=False)
                    sys.stdout.flush()
                    begun = True
                if isinstance(event, Done):
                    done = event
    if done is None:
        raise RoutingError("a middleware ended the task without an answer", hint="See 'aurarouter plugins'.")
    return done, begun


def finish(done: Done, begun: bool) -> None:
    """What belongs below an answer: its text when it wasn't streamed, who failed before, why it stops short."""
    click.echo() if begun else click.echo(done.text)
    if not done.complete:
        why = done.trace.error.message if done.trace.error else "unknown reason"
        click.echo(f"[incomplete: the answer stops here: {why}]", err=True)


def say_who_failed(done: Done) -> None:
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
        "finish": done.reply.finish,
        "decision": done.trace.decision,
        "attempts": done.trace.attempts,
        "usage": done.trace.usage,
        "trace": done.trace,
    }

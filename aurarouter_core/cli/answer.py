"""Shows an answer as it comes: the one renderer of `run` and `chat`."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing

import click

from aurarouter_core.cli.progress import ProgressLine
from aurarouter_core.config import Config
from aurarouter_core.saved import reference_price, savings
from aurarouter_core.shown import printable
from aurarouter_hooks import Chunk, Delta, Done, Event, NodeStarted, Reply, RoutingError


async def shown(told: AsyncGenerator[Event], *, streams: bool) -> tuple[Done, str]:
    """The end of a task, and the text that was shown on the way.

    Raises:
        RoutingError: The events ended without one.
    """
    text = ""
    done: Done | None = None
    with ProgressLine() as line:
        async with aclosing(told) as events:
            async for event in events:
                line.see(event)
                if text and isinstance(event, NodeStarted) and event.node.kind == "answer":
                    click.echo("\n")
                    click.echo("[corrected after a review:]", err=True)
                    text = ""
                if streams and isinstance(event, Delta) and event.chunk.text:
                    click.echo(event.chunk.text, nl=False)
                    sys.stdout.flush()
                    text += event.chunk.text
                if isinstance(event, Done):
                    done = event
    if done is None:
        raise RoutingError("a middleware ended the task without an answer", hint="See 'aurarouter plugins'.")
    text = Reply.from_chunks([Chunk(text=text)]).text  # as the answer was put together of the same pieces
    if text and text != done.text:
        click.echo("\n")
    return done, text


def finish(done: Done, text: str) -> None:
    """What belongs below an answer: all of it unless this text, which was shown, is the whole; why it stops short."""
    click.echo("" if text and text == done.text else done.text)
    if not done.complete:
        why = done.trace.error.message if done.trace.error else "unknown reason"
        click.echo(f"[incomplete: the answer stops here: {printable(why)}]", err=True)


def say_who_failed(done: Done) -> None:
    """An answer from further down the chain may be a worse one: whoever asked should know, and why."""
    failed = [attempt for attempt in done.trace.attempts if attempt.error is not None]
    if failed:
        words = "; ".join(f"{attempt.model}: {attempt.error.message}" for attempt in failed if attempt.error)
        answers = [node for node in done.trace.nodes if node.kind in ("step", "answer")]
        answered = dict.fromkeys(node.attempts[-1].model for node in answers if node.attempts)
        click.echo(printable(f"[answered by {', '.join(answered)}, after others failed: {words}]"), err=True)


def result(done: Done, config: Config) -> dict[str, object]:
    """What `--json` prints."""
    spent = done.trace.cost
    return {
        "success": done.complete,
        "complete": done.complete,
        "text": done.text,
        "steps": [reply.text for reply in done.steps],
        "finish": done.reply.finish,
        "decision": done.trace.decision,
        "attempts": done.trace.attempts,
        "usage": done.trace.usage,
        "cost": spent,
        **savings(done.trace.usage, spent, reference_price(config)),
        "trace": done.trace,
    }

"""`aurarouter model test`: one small prompt to one model, for real."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

import click
from attrs import evolve

from aurarouter_core.cli.ending import run_async
from aurarouter_core.cli.failure import exit_code
from aurarouter_core.cli.progress import ProgressLine
from aurarouter_core.cli.session import Session
from aurarouter_core.plain import dumps, error_info
from aurarouter_core.router import Router
from aurarouter_core.shown import printable
from aurarouter_hooks import AuraRouterError, Done, Health, RoutingError, Task, UnknownModelError

PROMPT = "Answer with one word: what colour is the sky?"
MOST_TOKENS = 32
SHOWN = 200


@click.command("test")
@click.argument("name")
@click.option("--prompt", default=PROMPT, show_default=True, help="What to ask.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def probe_model(context: click.Context, name: str, prompt: str, as_json: bool) -> None:
    """Ask the model NAME how it is, then for a short answer. This can cost money.

    Exit codes are those of 'aurarouter run'.
    """
    session = Session.of(context)
    entry = session.config.models.get(name)
    if entry is None:
        raise UnknownModelError(name, sorted(session.config.models))
    alone = evolve(session.config, models={name: entry}, roles={}, intents={})
    router = Router(alone, session.plugins, home=session.home, store=session.store, surface="cli")
    task = Task(prompt, model=name, mode="direct", parameters={"max_tokens": MOST_TOKENS})
    health, outcome = run_async(_ask(router, task))
    told: dict[str, Any] = {"success": True, "model": name, "provider": entry.provider, "health": health}
    if not as_json:
        detail = f": {health.detail}" if health.detail else ""
        click.echo(printable(f"{name} ({entry.provider}) is {health.state}{detail}"))
    if isinstance(outcome, AuraRouterError):
        if not as_json:
            raise outcome
        click.echo(dumps({**told, "success": False, "error": error_info(outcome)}, indent=2))
        context.exit(exit_code(outcome))
    (attempt,) = outcome.trace.attempts[-1:]
    told |= {
        "success": outcome.complete,
        "first_token": attempt.first_token,
        "seconds": attempt.seconds,
        "usage": outcome.trace.usage,
        "cost": outcome.trace.cost,
        "finish": outcome.reply.finish,
        "text": outcome.text,
    }
    if as_json:
        click.echo(dumps(told, indent=2))
    else:
        _show(told)
    if not outcome.complete:
        why = outcome.trace.error.message if outcome.trace.error else "unknown reason"
        click.echo(f"[incomplete: the answer stops here: {printable(why)}]", err=True)
        context.exit(5)


def _show(told: dict[str, Any]) -> None:
    first = f", its first word after {told['first_token']:.3f} s" if told["first_token"] is not None else ""
    usage = told["usage"]
    click.echo(f"it answered within {told['seconds']:.3f} s{first}")
    estimated = " (estimated)" if usage.estimated else ""
    cost = f", {told['cost']:.6f} USD" if told["cost"] is not None else ""
    click.echo(f"tokens: {usage.input_tokens} in, {usage.output_tokens} out{estimated}{cost}")
    text = printable(" ".join(told["text"].split()))
    shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    click.echo(shown or f"(no text; it ended as '{told['finish']}')")


async def _ask(router: Router, task: Task) -> tuple[Health, Done | AuraRouterError]:
    """How the model is, and its answer or why there is none."""
    async with router:
        (health,) = (await router.health()).values()
        router.pool.states.excuse(str(task.model))
        try:
            with ProgressLine() as line:
                async with aclosing(router.stream(task)) as events:
                    async for event in events:
                        line.see(event)
                        if isinstance(event, Done):
                            return health, event
        except AuraRouterError as error:
            return health, error
    return health, RoutingError("a middleware ended the task without an answer", hint="See 'aurarouter plugins'.")

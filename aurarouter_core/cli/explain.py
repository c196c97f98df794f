"""`aurarouter explain`: where a prompt would go, and why."""

from __future__ import annotations

import click

from aurarouter_core.cli.draw import decision_lines
from aurarouter_core.cli.ending import run_async
from aurarouter_core.cli.failure import exit_code
from aurarouter_core.cli.session import Session
from aurarouter_core.cli.task_options import plan_options, task_options
from aurarouter_core.plain import dumps, error_info, plain
from aurarouter_core.refusal import nothing_left
from aurarouter_core.router import Router
from aurarouter_core.shown import printable
from aurarouter_hooks import AuraRouterError, Decision, Task


@click.command("explain")
@task_options
@plan_options
@click.option("--json", "as_json", is_flag=True, help="Print the decision as JSON.")
@click.pass_context
def command(context: click.Context, task: Task, as_json: bool) -> None:
    """Show where TASK would go, and why. No model is called.

    The exit code is the one that 'run' would end with if nobody is left to ask.
    """
    router = Session.of(context).router
    decision = run_async(_decide(router, task))
    refused: AuraRouterError | None = (
        None if decision.chain else nothing_left(decision, router.snapshot, router.pool.locations)
    )
    if as_json:
        click.echo(dumps({"decision": decision, "error": error_info(refused) if refused else None}, indent=2))
    else:
        for line in decision_lines(plain(decision)):
            click.echo(printable(line))
        for span in decision.analysis.spans:
            word = printable(task.question[span.start : span.end])
            click.echo(f"wording    {word!r} speaks for {span.what} ({span.weight:+.1f})")
        if refused is not None:
            click.echo(f"Hint: {printable(refused.hint)}", err=True)
    if refused is not None:
        context.exit(exit_code(refused))


async def _decide(router: Router, task: Task) -> Decision:
    async with router:
        return await router.locate_and_decide(task)

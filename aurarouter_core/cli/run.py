"""`aurarouter run`: answer a task."""

from __future__ import annotations

import sys

import click

from aurarouter_core.cli.answer import finish, result, say_who_failed, shown
from aurarouter_core.cli.draw import trace_lines
from aurarouter_core.cli.ending import run_async
from aurarouter_core.cli.session import Session
from aurarouter_core.cli.task_options import plan_options, task_options
from aurarouter_core.plain import dumps, plain
from aurarouter_core.shown import printable
from aurarouter_hooks import Done, Task


@click.command("run")
@task_options
@plan_options
@click.option("-c", "--continue", "goes_on", is_flag=True, help="Go on with the latest conversation.")
@click.option("--conversation", metavar="ID", help="Go on with the conversation whose id begins so.")
@click.option("--json", "as_json", is_flag=True, help="Print answer, decision and attempts as JSON.")
@click.option("--trace", "show_trace", is_flag=True, help="Show afterwards what happened, on stderr.")
@click.pass_context
def command(
    context: click.Context, task: Task, goes_on: bool, conversation: str | None, as_json: bool, show_trace: bool
) -> None:
    """Answer TASK, or standard input when TASK is '-'."""
    session = Session.of(context)
    streams = sys.stdout.isatty() and not as_json
    if goes_on or conversation is not None:
        if task.mode == "plan":
            raise click.UsageError("a conversation is answered directly; leave out --mode plan")
        if task.messages:
            raise click.UsageError("a conversation keeps words alone; leave out --attach, or -c and --conversation")
        done, text = run_async(_in_conversation(session, task, conversation, streams))
    else:
        done, text = run_async(_answered(session, task, streams))
    if as_json:
        click.echo(dumps(result(done, session.config), indent=2))
    else:
        finish(done, text)
        if not show_trace and done.complete:
            say_who_failed(done)
    if show_trace:
        for line in trace_lines(plain(done.trace)):
            click.echo(printable(line), err=True)
    if not done.complete:
        context.exit(5)


async def _answered(session: Session, task: Task, streams: bool) -> tuple[Done, str]:
    async with session.kernel() as kernel:
        return await shown(kernel.stream(task), streams=streams)


async def _in_conversation(session: Session, task: Task, prefix: str | None, streams: bool) -> tuple[Done, str]:
    from aurarouter_core.chat import Chat
    from aurarouter_core.cli.chat_turn import turn
    from aurarouter_core.cli.conversation import to_continue

    conversation = to_continue(session.conversations, prefix)
    async with session.router as router:
        return await turn(Chat(router, session.conversations, conversation), task, streams=streams)

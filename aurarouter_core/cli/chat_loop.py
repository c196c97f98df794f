"""The loop of a conversation: reads a line, answers it or does what it says, until the end."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import click

from aurarouter_core.chat import Chat, Conversation
from aurarouter_core.cli.answer import finish, result, say_who_failed
from aurarouter_core.cli.chat_turn import say, turn, warn
from aurarouter_core.cli.conversation import SHORT
from aurarouter_core.cli.ending import interrupted_between, opened
from aurarouter_core.cli.failure import exit_code, report, told
from aurarouter_core.cli.session import Session
from aurarouter_core.cli.slash import Leave, obey
from aurarouter_core.cli.task_options import trace_context
from aurarouter_core.cli.words import utf8
from aurarouter_core.plain import dumps
from aurarouter_hooks import AuraRouterError, Task


def talk(session: Session, conversation: Conversation, *, as_json: bool) -> int:
    """Talk until the end of the input; the exit code."""
    router = session.router
    chat = Chat(router, session.conversations, conversation)
    with opened(), asyncio.Runner() as runner:
        runner.run(_done(router.__aenter__()))
        try:
            return _loop(lambda work: runner.run(interrupted_between(work)), chat, session, as_json=as_json)
        except SystemExit:  # a signal has left the turn where it was: it ends before what it works with is closed
            runner.run(_ended())
            raise
        finally:
            runner.run(_done(router.__aexit__(None, None, None)))


async def _ended() -> None:
    running = asyncio.all_tasks() - {asyncio.current_task()}
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


async def _done(work: Coroutine[Any, Any, Any]) -> None:
    await work


def _loop(run: Callable[[Coroutine[Any, Any, Any]], Any], chat: Chat, session: Session, *, as_json: bool) -> int:
    live = sys.stdin.isatty()
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")  # a line that is no text is one turn's fault
    if live:
        import readline  # noqa: F401 - input() edits lines and remembers them once it is there

        say(f"conversation {chat.conversation.id[:SHORT]}; /help shows commands, Ctrl-D leaves")
    failed = 0
    while True:
        try:
            line = _read(live)
        except KeyboardInterrupt:
            click.echo(err=True)
            continue
        if line is None:
            break
        if not line.strip():
            continue
        try:
            line = utf8(line, "the line")
            words = line.removeprefix("/") if line.startswith("//") else line
            if line.startswith("/") and words is line:
                chat = run(obey(line, chat, session))
                continue
            run(_turn(chat, words, session, as_json=as_json))
        except Leave:
            break
        except KeyboardInterrupt:
            if not live:
                raise
            click.echo()
            say("stopped; what there is of the answer is kept")
        except (AuraRouterError, click.UsageError) as error:
            failed = _tell(error, chat, as_json=as_json)
    if live:
        click.echo(err=True)
    return 0 if live else failed


def _read(live: bool) -> str | None:
    """The next line; None at the end."""
    if not live:
        line = sys.stdin.readline()
        return line.rstrip("\n") if line else None
    try:
        return input("> ")
    except EOFError:
        return None


async def _turn(chat: Chat, words: str, session: Session, *, as_json: bool) -> None:
    streams = sys.stdout.isatty() and not as_json
    done, text = await turn(chat, Task(words, trace_context=trace_context()), streams=streams)
    if as_json:
        click.echo(dumps({"conversation": chat.conversation.id, **result(done, session.config)}))
        return
    finish(done, text)
    if done.complete:
        say_who_failed(done)
    await warn(chat)


def _tell(error: AuraRouterError | click.UsageError, chat: Chat, *, as_json: bool) -> int:
    if as_json:
        click.echo(dumps({"conversation": chat.conversation.id, **told(error)}))
    elif isinstance(error, click.UsageError):
        say(error.format_message())
    else:
        report(error)
    return exit_code(error)

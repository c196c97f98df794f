"""What a line that begins with a slash does in a conversation."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import click

from aurarouter_core.chat import Chat
from aurarouter_core.cli.chat_turn import in_words, say
from aurarouter_core.cli.conversation import SHORT, text_of
from aurarouter_core.cli.session import Session
from aurarouter_core.home import expanded


class Leave(Exception):  # noqa: N818 - no error
    """The conversation is over."""


async def obey(line: str, chat: Chat, session: Session) -> Chat:
    """Do what a line says; the conversation to go on with.

    Raises:
        Leave: It says so.
        click.UsageError: There is no such command, or it can't be done.
    """
    name, _, rest = line[1:].strip().partition(" ")
    if name not in COMMANDS:
        raise click.UsageError(f"there is no command /{name}; /help shows what there is, and // begins a line with /")
    return await COMMANDS[name][0](chat, rest.strip(), session)


async def _exit(chat: Chat, rest: str, session: Session) -> Chat:
    raise Leave


async def _help(chat: Chat, rest: str, session: Session) -> Chat:
    for name, (_, words) in COMMANDS.items():
        click.echo(f"  /{name:<14}{words}", err=True)
    return chat


async def _model(chat: Chat, rest: str, session: Session) -> Chat:
    known = session.router.snapshot.models
    if rest == "auto":
        chat.wish(model=None, role=None)
    elif rest and rest not in known:
        raise click.UsageError(f"no model is called '{rest}'; known are {', '.join(sorted(known))}, and auto")
    elif rest:
        chat.wish(model=rest, role=None)
    one = chat.conversation
    anybody = f"the models of role {one.role} answer" if one.role else "whoever fits best answers"
    say(f"{one.model} answers" if one.model else anybody)
    return chat


async def _clear(chat: Chat, rest: str, session: Session) -> Chat:
    old, kept = chat.conversation, session.conversations
    new = kept.begin(model=old.model, role=old.role)
    say(f"a new conversation, {new.id[:SHORT]}; the old one, {old.id[:SHORT]}, is kept")
    return Chat(session.router, kept, new)


async def _context(chat: Chat, rest: str, session: Session) -> Chat:
    say(in_words(await chat.pressure()))
    return chat


async def _condense(chat: Chat, rest: str, session: Session) -> Chat:
    condensed = await chat.condense()
    if condensed.problem:
        raise click.UsageError(f"nothing was condensed: {condensed.problem}")
    say(f"a summary stands in for {condensed.entries} messages now; they are kept")
    return chat


async def _save(chat: Chat, rest: str, session: Session) -> Chat:
    if not rest:
        raise click.UsageError("say where to: /save FILE")
    path = expanded(rest)
    one = chat.conversation
    text = text_of(one, session.conversations.entries(one.id))
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise click.UsageError(f"{path} is there already; it stays as it is") from error
    except OSError as error:
        raise click.UsageError(f"{path} can't be written: {error.strerror or error}") from error
    say(f"saved as {Path(path)}")
    return chat


COMMANDS: Mapping[str, tuple[Callable[[Chat, str, Session], Awaitable[Chat]], str]] = {
    "exit": (_exit, "leave"),
    "help": (_help, "show this"),
    "model": (_model, "show who answers; 'model NAME' changes it, 'model auto' leaves it to the router"),
    "clear": (_clear, "begin a new conversation; this one is kept"),
    "context": (_context, "show how full the model's context is"),
    "condense": (_condense, "let a summary stand in for all but the last exchange; nothing is lost"),
    "save": (_save, "write the conversation to a new file: 'save FILE'"),
}

"""`aurarouter chat`: a conversation that is kept, by single messages or at a prompt."""

from __future__ import annotations

import asyncio
import re
import sys
from contextlib import AbstractContextManager, suppress
from typing import Any

import click
from attrs import evolve

from aurarouter_core.chat import fullness
from aurarouter_core.cli.chat_lines import context_data, listed
from aurarouter_core.cli.chat_prompt import converse
from aurarouter_core.cli.failure import exit_code
from aurarouter_core.cli.run import result
from aurarouter_core.cli.session import Session
from aurarouter_core.cli.talk import Talk, known_model
from aurarouter_core.conversation import Conversation
from aurarouter_core.history import History, Open
from aurarouter_core.plain import dumps, error_info
from aurarouter_core.router import Router
from aurarouter_hooks import AuraRouterError, UnknownRoleError

LATEST = "latest"
ID = re.compile(r"[0-9a-f]{4,32}")
"""What can be the beginning of an id. Anything else behind -c is the first word of the message."""


@click.command("chat")
@click.argument("words", nargs=-1, metavar="[MESSAGE]...")
@click.option(
    "-c", "--continue", "name", is_flag=False, flag_value=LATEST, metavar="[ID]", help="Go on; the latest without ID."
)
@click.option("--list", "as_list", is_flag=True, help="List the conversations, newest first.")
@click.option("--forget", metavar="ID", help="Delete a conversation.")
@click.option("-m", "--model", help="Use this model and no other; 'auto' for any again. Kept with the conversation.")
@click.option("--role", help="Use this role's chain. Kept with the conversation.")
@click.option("--private", is_flag=True, help="From now on only models that are cleared for private content.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def command(
    context: click.Context,
    words: tuple[str, ...],
    name: str | None,
    as_list: bool,
    forget: str | None,
    model: str | None,
    role: str | None,
    private: bool,
    as_json: bool,
) -> None:
    """Talk with models. With MESSAGE, or text on standard input, one turn; else a prompt that Ctrl-D ends.

    Conversations are kept. -c goes on with the latest one, -c ID with the one whose id begins so. To begin a message
    with a word that looks like an id, write '--' before it.
    """
    session = Session.of(context)
    history = History(session.home)
    if name is not None and name != LATEST and not ID.fullmatch(name):
        name, words = LATEST, (name, *words)
    if as_list:
        click.echo(listed(history, as_json=as_json), nl=False)
    elif forget is not None:
        whole = _found(history, forget)
        history.forget(whole)
        gone: dict[str, Any] = {"success": True, "forgotten": whole}
        click.echo(dumps(gone, indent=2) if as_json else f"the conversation {whole[:8]} is forgotten")
    else:
        prompts = not words and sys.stdin.isatty()
        if prompts and as_json:
            raise click.UsageError("--json needs a MESSAGE, or text on standard input")
        text = "" if prompts else _text(words)
        router = session.router
        with _opened(history, name) as kept:
            kept.conversation = _wished(router, kept.conversation, model, role, private)
            code = converse(router, kept) if prompts else asyncio.run(_say(router, kept, text, as_json))
        context.exit(code)


def _text(words: tuple[str, ...]) -> str:
    if words and words != ("-",):
        text = " ".join(words)
    else:
        try:
            text = sys.stdin.buffer.read().decode("utf-8")
        except UnicodeDecodeError as error:
            raise click.UsageError(f"standard input is not UTF-8 text: {error}") from error
    if not text.strip():
        raise click.UsageError("the message is empty; write it as an argument, or send it to standard input")
    return text


def _found(history: History, prefix: str) -> str:
    found = [name for name in history.ids() if name.startswith(prefix)]
    if not found:
        raise click.UsageError(
            f"no conversation's id begins with '{prefix}'; 'aurarouter chat --list' shows what there is "
            "(if it is the message's first word, write '--' before it)"
        )
    if len(found) > 1:
        raise click.UsageError(f"{len(found)} conversations begin with '{prefix}'; use more of the id")
    return found[0]


def _opened(history: History, name: str | None) -> AbstractContextManager[Open]:
    if name == LATEST:
        name = next(iter(history.ids()), None)
        if name is None:
            raise click.UsageError("no conversation is kept yet; without -c a new one begins")
    elif name is not None:
        name = _found(history, name)
    return history.open(name)


def _wished(
    router: Router, conversation: Conversation, model: str | None, role: str | None, private: bool
) -> Conversation:
    """The conversation with what the options say."""
    if model is not None:
        conversation = evolve(conversation, model=known_model(router, model))
    roles = router.snapshot.config.roles
    if role is not None and role not in roles:
        raise UnknownRoleError(role, sorted(roles))
    return evolve(conversation, role=role or conversation.role, private=conversation.private or private)


async def _say(router: Router, kept: Open, text: str, as_json: bool) -> int:
    """One turn. Returns the exit code."""
    talk = Talk(router, kept, quiet=as_json)
    async with router:
        if not as_json:
            done = await talk.say(text)
            return 0 if done.complete else 5
        told: dict[str, Any]
        try:
            done = await talk.say(text)
            code, told, full = 0 if done.complete else 5, result(done), talk.fullness
        except AuraRouterError as error:
            code, told, full = exit_code(error), {"success": False, "error": error_info(error)}, None
            with suppress(AuraRouterError):  # it may be the very error that is told already
                full = await fullness(router, kept.conversation)
        told |= {
            "conversation": kept.conversation.id,
            "private": kept.conversation.private,
            "context": context_data(full),
            "condensed": talk.condensed,
        }
        click.echo(dumps(told, indent=2))
        return code

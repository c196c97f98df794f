"""The prompt of `aurarouter chat`: reads lines, obeys commands, and lives through Ctrl-C and failed turns."""

from __future__ import annotations

import asyncio
import sys

import click
from attrs import evolve

from aurarouter_core.chat import condense_now, fullness
from aurarouter_core.cli.chat_lines import condensed_line, context_line
from aurarouter_core.cli.failure import report
from aurarouter_core.cli.talk import Talk, known_model
from aurarouter_core.history import Open
from aurarouter_core.router import Router
from aurarouter_hooks import AuraRouterError

PROMPT = "> "
HELP = """\
/context        how full the conversation is, and who answers
/condense       send the older half as a summary from now on
/model NAME     use this model and no other; 'auto' for any
/private        only models that are cleared for private content from now on
/quit           end, as Ctrl-D does; Ctrl-C stops an answer
//              begins a message that starts with '/'"""


def converse(router: Router, kept: Open) -> int:
    """Talk until the user has had enough. Returns the exit code.

    The loop runs only while something is asked: at the prompt Ctrl-C and line editing are the terminal's own.
    """
    try:
        import readline  # noqa: F401 - its import gives `input` line editing
    except ImportError:  # Windows has it built in
        pass
    with asyncio.Runner() as runner:
        runner.run(router.__aenter__())
        try:
            _greet(kept)
            while (line := _line()) is not None:
                try:
                    if not _obeyed(runner, router, kept, line):
                        break
                except KeyboardInterrupt:
                    click.echo("\n[stopped]", err=True)
                except AuraRouterError as error:
                    report(error)
        finally:
            runner.run(router.__aexit__(None, None, None))
    if kept.conversation.turns:
        click.echo(f"[to go on: aurarouter chat -c {kept.conversation.id[:8]}]", err=True)
    return 0


def _greet(kept: Open) -> None:
    conversation = kept.conversation
    if conversation.turns:
        private = ", private" if conversation.private else ""
        click.echo(f"[conversation {conversation.id[:8]}: {len(conversation.turns)} turns{private}]", err=True)
        last = conversation.turns[-1]
        click.echo(f"{PROMPT}{last.asked.text}", err=True)
        click.echo(last.answer.text if last.answer else "[unanswered]", err=True)
    else:
        click.echo("[/help shows what there is beside talking; Ctrl-D ends]", err=True)


def _line() -> str | None:
    """What the user types next; None at the end."""
    while True:
        try:
            line = input(PROMPT if sys.stdout.isatty() else "").strip()
        except EOFError:
            click.echo(err=True)
            return None
        except KeyboardInterrupt:
            click.echo("\n[Ctrl-D ends]", err=True)
        except UnicodeDecodeError:
            click.echo("[that line is not UTF-8 text]", err=True)
        else:
            if line:
                return line


def _obeyed(runner: asyncio.Runner, router: Router, kept: Open, line: str) -> bool:
    """Do what a line says; False when it says that it is enough."""
    if not line.startswith("/") or line.startswith("//"):
        runner.run(Talk(router, kept).say(line.removeprefix("/") if line.startswith("//") else line))
        return True
    name, _, value = line.partition(" ")
    if name == "/context":
        runner.run(_show_context(router, kept))
    elif name == "/condense":
        click.echo(f"[{condensed_line(runner.run(condense_now(router, kept)))}]", err=True)
    elif name == "/model":
        _choose(router, kept, value.strip())
    elif name == "/private":
        kept.keep(evolve(kept.conversation, private=True))
        click.echo("[this conversation is private from now on]", err=True)
    elif name == "/help":
        click.echo(HELP, err=True)
    elif name != "/quit":
        click.echo(f"[no command is called '{name}'; /help shows what there is]", err=True)
    return name != "/quit"


async def _show_context(router: Router, kept: Open) -> None:
    conversation = kept.conversation
    click.echo(f"[{context_line(await fullness(router, conversation))}]", err=True)
    unanswered = sum(turn.state == "unanswered" for turn in conversation.turns)
    facts = [f"{len(conversation.turns)} turns", f"{unanswered} unanswered" if unanswered else ""]
    facts.append(f"the first {conversation.gisted} sent as a summary" if conversation.gisted else "")
    facts.append(f"model {conversation.model}" if conversation.model else "")
    facts.append(f"role {conversation.role}" if conversation.role else "")
    facts.append("private" if conversation.private else "")
    click.echo(f"[{conversation.id[:8]}: {', '.join(filter(None, facts))}]", err=True)


def _choose(router: Router, kept: Open, name: str) -> None:
    if name:
        kept.keep(evolve(kept.conversation, model=known_model(router, name)))
    click.echo(f"[model: {kept.conversation.model or 'auto: each message decides'}]", err=True)

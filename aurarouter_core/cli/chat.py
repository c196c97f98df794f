"""`aurarouter chat`: a conversation that is kept."""

from __future__ import annotations

import click
from attrs import evolve

from aurarouter_core.cli.conversation import list_lines, named, text_of, to_continue
from aurarouter_core.cli.session import Session
from aurarouter_core.plain import dumps

LATEST = "the latest"


@click.command("chat")
@click.option(
    "-c",
    "--continue",
    "goes_on",
    is_flag=False,
    flag_value=LATEST,
    metavar="[ID]",
    help="Go on with the latest conversation, or with the one whose id begins so.",
)
@click.option("-m", "--model", help="Ask this model and no other.")
@click.option("--role", help="Ask this role's chain.")
@click.option("--private", is_flag=True, help="Only models that are cleared for private content, from now on.")
@click.option("--list", "as_list", is_flag=True, help="List the conversations, the latest first.")
@click.option("--show", metavar="ID", help="Show a conversation.")
@click.option("--delete", metavar="ID", help="Forget a conversation.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON; in a conversation, a line for each answer.")
@click.pass_context
def command(
    context: click.Context,
    goes_on: str | None,
    model: str | None,
    role: str | None,
    private: bool,
    as_list: bool,
    show: str | None,
    delete: str | None,
    as_json: bool,
) -> None:
    """Talk with the best available model. Each line is a turn; /help shows what else there is.

    Ctrl-C stops an answer, Ctrl-D leaves. From a pipe, each line is a turn too, and the exit code is that of the last
    turn that failed.
    """
    if sum([as_list, show is not None, delete is not None, goes_on is not None]) > 1:
        raise click.UsageError("choose one of --continue, --list, --show and --delete")
    session = Session.of(context)
    if as_list:
        found = session.conversations.latest()
        for line in [dumps(found, indent=2)] if as_json else list_lines(found):
            click.echo(line)
    elif show is not None:
        one = named(session.conversations, show)
        entries = session.conversations.entries(one.id)
        told = dumps({"conversation": one, "entries": entries}, indent=2)
        click.echo(told if as_json else text_of(one, entries), nl=as_json)
    elif delete is not None:
        one = named(session.conversations, delete)
        session.conversations.delete(one.id)
        click.echo(dumps({"success": True, "deleted": one.id}) if as_json else f"forgot {one.id}")
    else:
        from aurarouter_core.cli.chat_loop import talk

        kept = session.conversations
        if goes_on is None:
            one = kept.begin(private=private, model=model, role=role)
        else:
            one = to_continue(kept, None if goes_on == LATEST else goes_on)
            wishes = (model, role) if model or role else (one.model, one.role)
            one = evolve(one, private=one.private or private, model=wishes[0], role=wishes[1])
        context.exit(talk(session, one, as_json=as_json))

"""A conversation on a terminal: shows a turn while it happens, and beside it what the user should know."""

from __future__ import annotations

import sys
from contextlib import aclosing

import click

from aurarouter_core.chat import Condensed, turn
from aurarouter_core.cli.chat_lines import condensed_line, context_line
from aurarouter_core.cli.progress import ProgressLine
from aurarouter_core.condense import SHOWN_FROM, Pressure, pressure
from aurarouter_core.history import Open
from aurarouter_core.plain import error_info
from aurarouter_core.router import Router
from aurarouter_hooks import Delta, Done, ErrorInfo, RoutingError, UnknownModelError

AUTO = "auto"
"""As a model: no wish, each message decides."""


def known_model(router: Router, name: str) -> str | None:
    """The model of this name; None for 'auto'.

    Raises:
        UnknownModelError: There is none.
    """
    models = router.snapshot.config.models
    if name not in models and name != AUTO:
        raise UnknownModelError(name, sorted(models))
    return name if name in models else None


class Talk:
    """The turns of one process. Answers go to stdout, everything else to stderr.

    Attributes:
        fullness: How full the conversation is since the last turn; None before one was answered.
        condensed: What became of the last condensation, if there was one.
    """

    def __init__(self, router: Router, kept: Open, *, quiet: bool = False) -> None:
        self._router = router
        self._kept = kept
        self._quiet = quiet
        self.fullness: Pressure | None = None
        self.condensed: dict[str, bool | ErrorInfo | None] | None = None

    async def say(self, text: str) -> Done:
        """One turn.

        Raises:
            AuraRouterError: There is no answer.
        """
        was_private = self._kept.conversation.private
        done: Done | None = None
        shown = ""
        try:
            with ProgressLine() as line:
                async with aclosing(turn(self._router, self._kept, text)) as events:
                    async for event in events:
                        if isinstance(event, Condensed):
                            self._condensed(event)
                            continue
                        line.see(event)
                        if isinstance(event, Delta) and event.chunk.text and not self._quiet:
                            click.echo(event.chunk.text, nl=False)
                            sys.stdout.flush()
                            shown = event.chunk.text
                        elif isinstance(event, Done):
                            done = event
        finally:
            if shown and not shown.endswith("\n"):
                click.echo()
            if self._kept.conversation.private and not was_private:
                self._note("private content was found: this conversation is private from now on")
        if done is None:
            raise RoutingError("a middleware ended the task without an answer", hint="See 'aurarouter plugins'.")
        await self._told(done)
        return done

    async def _told(self, done: Done) -> None:
        failed = [attempt for attempt in done.trace.attempts if attempt.error is not None]
        if not done.complete:
            why = done.trace.error.message if done.trace.error else "unknown reason"
            self._note(f"incomplete: the answer stops here: {why}")
        elif failed:
            words = "; ".join(f"{attempt.model}: {attempt.error.message}" for attempt in failed if attempt.error)
            self._note(f"answered by {done.trace.attempts[-1].model}, after others failed: {words}")
        if done.complete and done.reply.finish == "length":
            self._note("the answer stops here: the model's limit is reached")
        if done.trace.decision is not None:
            self.fullness = await pressure(self._router, self._kept.conversation, done.trace.decision)
            if self.fullness.reaches(SHOWN_FROM):
                self._note(context_line(self.fullness))

    def _condensed(self, outcome: Condensed) -> None:
        error = outcome.error
        self.condensed = {"success": error is None, "error": error_info(error) if error else None}
        self._note(condensed_line(outcome))

    def _note(self, words: str) -> None:
        if not self._quiet:
            click.echo(f"[{words}]", err=True)

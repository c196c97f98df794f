"""A group of commands that are known by name and a line of help, and loaded when used."""

from __future__ import annotations

from collections.abc import Mapping

import click

from aurarouter_core.cli.words import with_words


class CommandTable(click.Group):
    """Subclasses say which commands there are (`lines`) and load one (`get_command`)."""

    def lines(self) -> Mapping[str, str]:
        """Name → one line of help, of every command."""
        raise NotImplementedError

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every name, sorted."""
        return sorted(self.lines())

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands for `--help`, from what is known without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(self.lines().items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, which suggests only commands that are loaded."""
        try:
            name, command, rest = super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            close = get_close_matches(args[0], self.lines(), n=1)
            meant = f" Did you mean '{close[0]}'?" if close else ""
            raise click.UsageError(error.message + meant, ctx=ctx) from error
        if command is not None:
            with_words(command)
        return name, command, rest

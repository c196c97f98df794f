"""What is said to a command has to be text; the name of a file need not be."""

from __future__ import annotations

from typing import Any

import click


def utf8(said: str, what: str) -> str:
    """The same, where it is text: bytes that are none come from the system as lone surrogates.

    Args:
        said: What may be text.
        what: What to call it.

    Raises:
        click.UsageError: It is none.
    """
    try:
        return said.encode("utf-8", "surrogateescape").decode()
    except UnicodeError as error:
        raise click.UsageError(f"{what} is not UTF-8 text: {error}") from error


class Words(click.types.StringParamType):
    """The type of arguments and options that are text."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The value, if it is text."""
        return utf8(super().convert(value, param, ctx), param.get_error_hint(ctx) if param else self.name)


WORDS = Words()


def with_words(command: click.Command) -> None:
    """Have a command, and those below it, take text for what says nothing of its type."""
    for parameter in command.params:
        if parameter.type is click.STRING:
            parameter.type = WORDS
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        with_words(below)

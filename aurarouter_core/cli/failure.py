"""Errors in words for people, as JSON for programs, and as exit codes for both."""

from __future__ import annotations

import logging
import os
import sys
from typing import Any, TextIO

import click

from aurarouter_core.plain import dumps, error_info
from aurarouter_core.shown import printable
from aurarouter_hooks import (
    AllModelsFailedError,
    AssetNameError,
    AuraRouterError,
    ConfigError,
    ErrorInfo,
    PluginError,
    PrivacyError,
    ProviderError,
    RoutingError,
)

log = logging.getLogger(__name__)

# The first class that fits wins.
EXIT_CODES: tuple[tuple[type[Exception], int], ...] = (
    (click.ClickException, 2),
    (AssetNameError, 2),
    (ConfigError, 2),
    (PluginError, 2),
    (PrivacyError, 4),
    (AllModelsFailedError, 5),
    (ProviderError, 5),
    (RoutingError, 3),
)


def exit_code(error: BaseException) -> int:
    """The exit code that stands for an error."""
    return next((code for kind, code in EXIT_CODES if isinstance(error, kind)), 1)


def told(error: Exception) -> dict[str, Any]:
    """What `--json` says of an error."""
    if isinstance(error, click.ClickException):
        info = ErrorInfo(type=type(error).__name__, message=error.format_message())
    else:
        info = error_info(error)
    problems = {"problems": error.problems} if isinstance(error, ConfigError) else {}
    return {"success": False, "error": info, **problems}


def report(error: Exception) -> int:
    """Say what went wrong and return the exit code, which is the same where nothing can be said."""
    if "--json" in sys.argv[1:]:
        try:
            click.echo(dumps(told(error), indent=2))
            return exit_code(error)
        except OSError:
            silence(sys.stdout)  # words must do
    try:
        _say(error)
    except OSError:
        silence(sys.stderr)
    return exit_code(error)


def silence(stream: TextIO) -> None:
    """Let go of what a stream can't write, or Python would try once more at the end, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _say(error: Exception) -> None:
    if isinstance(error, AuraRouterError):
        click.echo(printable(f"Error: {error}"), err=True)
        if isinstance(error, ConfigError):
            for problem in error.problems:
                click.echo(printable(f"  {problem}"), err=True)
        if error.hint:
            click.echo(printable(f"Hint: {error.hint}"), err=True)
    elif isinstance(error, click.ClickException):
        error.show()
    elif isinstance(error, OSError):
        click.echo(f"Error: {error.strerror or error}", err=True)
    else:
        log.error("unexpected error", exc_info=error)
        click.echo(f"Unexpected error: {type(error).__name__}: {error}", err=True)
        click.echo("Hint: This is a fault in AuraRouter or a plugin; 'aurarouter doctor' may say which.", err=True)

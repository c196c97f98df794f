"""Errors in words for people, as JSON for programs, and as exit codes for both."""

from __future__ import annotations

import logging
import sys

import click

from aurarouter_core.plain import dumps, error_info
from aurarouter_core.shown import printable
from aurarouter_hooks import (
    AllModelsFailedError,
    AuraRouterError,
    ConfigError,
    PluginError,
    PrivacyError,
    ProviderError,
    RoutingError,
)

log = logging.getLogger(__name__)

# The first class that fits wins.
EXIT_CODES: tuple[tuple[type[AuraRouterError], int], ...] = (
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


def report(error: Exception) -> int:
    """Say what went wrong and return the exit code."""
    if "--json" in sys.argv[1:]:
        extra = {"problems": error.problems} if isinstance(error, ConfigError) else {}
        click.echo(dumps({"success": False, "error": error_info(error), **extra}, indent=2))
    elif isinstance(error, AuraRouterError):
        click.echo(printable(f"Error: {error}"), err=True)
        if isinstance(error, ConfigError):
            for problem in error.problems:
                click.echo(printable(f"  {problem}"), err=True)
        if error.hint:
            click.echo(printable(f"Hint: {error.hint}"), err=True)
    elif isinstance(error, OSError):
        click.echo(f"Error: {error.strerror or error}", err=True)
    else:
        log.error("unexpected error", exc_info=error)
        click.echo(f"Unexpected error: {type(error).__name__}: {error}", err=True)
        click.echo("Hint: This is a fault in AuraRouter or a plugin; 'aurarouter doctor' may say which.", err=True)
    return exit_code(error)

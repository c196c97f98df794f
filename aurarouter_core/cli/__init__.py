"""The `aurarouter` command: finds the sub-command, runs it, and turns errors into words and exit codes."""

from __future__ import annotations

import gc
import io
import os
import sys
from contextlib import suppress

import click

from aurarouter_core import __version__
from aurarouter_core.cli.commands import Commands
from aurarouter_core.cli.ending import heed


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", "config_path", type=click.Path(dir_okay=False), help="Configuration file to use.")
@click.version_option(__version__, prog_name="aurarouter")
@click.pass_context
def cli(context: click.Context, config_path: str | None) -> None:
    """Route any prompt to the best available model, and see why."""
    context.obj = config_path
    gc.enable()  # the command is loaded


def main() -> None:
    """The console script.

    Exit codes: 0 ok · 1 unexpected · 2 usage, configuration or a missing plugin · 3 no route · 4 refused for
    privacy · 5 every model failed · 130 interrupted · 143 told to end, 129 by a terminal that closes.
    """
    gc.disable()  # nothing of what is imported is garbage
    heed()
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w", encoding="utf-8"))  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a pipe's encoding may lack what an answer holds
    code = _run()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            from aurarouter_core.cli.failure import silence

            silence(stream)
    sys.exit(code)


def _run() -> int:
    try:
        code = cli.main(prog_name="aurarouter", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except (KeyboardInterrupt, click.Abort):
        with suppress(OSError):
            click.echo("interrupted", err=True)
        return 130
    except BrokenPipeError:  # the reader left
        return 1
    except Exception as error:  # noqa: BLE001 - the last place there is: whatever it is, it is said and counted as a failure
        from aurarouter_core.cli.failure import report

        return report(error)

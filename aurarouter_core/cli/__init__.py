"""The `aurarouter` command: finds the sub-command, runs it, and turns errors into words and exit codes."""

from __future__ import annotations

import gc
import io
import json
import os
import sys

import click

from aurarouter_core import __version__
from aurarouter_core.cli.commands import Commands


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
    privacy · 5 every model failed · 130 interrupted.
    """
    gc.disable()  # nothing of what is imported is garbage
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w", encoding="utf-8"))  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a pipe's encoding may lack what an answer holds
    try:
        code = cli.main(prog_name="aurarouter", standalone_mode=False)
        sys.stdout.flush()
        sys.exit(code if isinstance(code, int) else 0)
    except click.ClickException as error:
        if "--json" in sys.argv[1:]:
            wrong = {"type": type(error).__name__, "message": error.format_message(), "hint": ""}
            click.echo(json.dumps({"success": False, "error": wrong}, indent=2))
        else:
            error.show()
        sys.exit(2)
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        sys.exit(130)
    except BrokenPipeError:
        # The reader left. Python would complain once more when it flushes stdout at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:  # noqa: BLE001 - the last place there is: whatever it is, it is said and counted as a failure
        from aurarouter_core.cli.failure import report

        sys.exit(report(error))

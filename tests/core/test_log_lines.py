"""Lines of the log: what goes to standard error, and what a program that embeds us keeps as it is."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest

from aurarouter_core.cli.session import Session

PROGRAM = """
import logging
from aurarouter_core.log_lines import to_stderr
to_stderr("%(name)s: %(message)s")
logging.getLogger().setLevel(logging.DEBUG)
logging.getLogger("vendor").info("a prompt")
logging.getLogger("vendor").warning("a warning")
logging.getLogger("aurarouter_core").debug("a step")
"""


def test_only_warnings_of_others_and_all_of_ours_are_shown() -> None:
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert run.stderr.splitlines() == ["vendor: a warning", "aurarouter_core: a step"]


def test_handlers_that_stand_already_are_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    Session(None)
    caplog.set_level(logging.DEBUG)
    logging.getLogger("vendor").debug("a line of theirs")
    assert "a line of theirs" in caplog.text

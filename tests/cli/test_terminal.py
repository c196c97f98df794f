"""On a terminal, or with streams that are closed or full: no traceback, and no word from elsewhere moves it."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from faults import piece, stream

Run = Callable[..., Any]


@pytest.fixture
def echo() -> str:
    """A configuration whose one model is the echo."""
    return "models: {e: {provider: echo}}\nroles: {coding: [e]}\n"


@pytest.mark.parametrize(
    "command",
    [["run", "hi"], ["run", "--trace", "hi"], ["run", "-m", "\x1b[31mdead\n", "hi"], ["explain", "hi"], ["doctor"]],
)
def test_no_word_from_elsewhere_moves_a_terminal(aurarouter: Run, command: list[str]) -> None:
    models = {"\x1b[31mdead\n": {"provider": "openapi", "endpoint": "http://127.0.0.1:9"}, "e": {"provider": "echo"}}
    config = json.dumps({"models": models, "roles": {"coding": list(models)}})
    done = aurarouter(*command, config=config)
    assert r"\x1b[31mdead\n" in done.stdout + done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_a_reader_that_leaves_is_no_traceback(aurarouter: Run, echo: str, home: Path) -> None:
    (home / "auraconfig.yaml").write_text(echo)
    done = subprocess.run(
        "aurarouter run - | head -c 10", shell=True, input="x\n" * 200_000, capture_output=True, text=True, check=False,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
    )  # fmt: skip
    assert done.stderr == ""


def on_a_terminal(command: list[str], wait_for: bytes, then: Callable[[int], None]) -> tuple[int, bytes]:
    """Run a program on a terminal; once it printed `wait_for`, call `then` with its process id."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(command[0], command)
    seen = b""
    acted = False
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            piece = os.read(terminal, 4096)
        except OSError:
            break
        if not piece:
            break
        seen += piece
        if not acted and wait_for in seen:
            then(pid)
            acted = True
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), seen


@pytest.mark.promise("future.3")
def test_a_terminal_sees_the_answer_grow_and_ctrl_c_ends_with_130(home: Path, fault_server: Any) -> None:
    fault_server.always(stream([piece("Hello ")], then="hang"))
    (home / "auraconfig.yaml").write_text(
        f"models: {{slow: {{provider: openapi, endpoint: '{fault_server.url}'}}}}\nroles: {{coding: [slow]}}\n"
    )
    program = Path(sys.executable).with_name("aurarouter")
    code, seen = on_a_terminal([str(program), "run", "hello"], b"Hello", lambda pid: os.kill(pid, signal.SIGINT))
    assert code == 130
    assert b"interrupted" in seen
    assert b"Traceback" not in seen


def test_closed_and_full_streams_are_no_tracebacks(aurarouter: Run, echo: str, home: Path) -> None:
    (home / "auraconfig.yaml").write_text(echo)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    for line in ("aurarouter run - <&-", "aurarouter run hello >&-", "aurarouter run hello >/dev/full"):
        done = subprocess.run(
            ["sh", "-c", line], capture_output=True, text=True, check=False, env={**os.environ, "PATH": path}
        )
        assert "Traceback" not in done.stderr
        assert "Unexpected" not in done.stderr

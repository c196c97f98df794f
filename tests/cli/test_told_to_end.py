"""A command that is told to end (SIGTERM, SIGHUP, Ctrl-C) cancels its task between tasks, and writes it down."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fault_server import FaultServer
from faults import piece, stream

PROGRAM = str(Path(sys.executable).with_name("aurarouter"))
Run = Callable[..., subprocess.CompletedProcess[str]]


def ended(home: Path, server: FaultServer, command: list[str], number: int, *, said: str = "") -> int:
    """The exit code of a command that gets a signal while a model answers."""
    server.always(stream([piece("Hello ")], then="hang"))
    (home / "auraconfig.yaml").write_text(
        f"models: {{slow: {{provider: openapi, endpoint: '{server.url}'}}}}\nroles: {{coding: [slow]}}\n"
    )
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen([PROGRAM, *command], env={**os.environ, "AURAROUTER_NO_DAEMON": "1"}, **pipes) as process:
        assert process.stdin is not None
        process.stdin.write(said.encode())
        process.stdin.flush()
        assert server.hanging.wait(60)
        process.send_signal(number)
        try:
            _, complaint = process.communicate(timeout=30)
        finally:
            process.kill()
    assert b"Traceback" not in complaint
    return process.returncode


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)])
@pytest.mark.parametrize(("command", "said"), [(["run", "hello"], ""), (["chat"], "hello\n")])
def test_the_task_is_written_down(
    aurarouter: Run, home: Path, fault_server: FaultServer, command: list[str], said: str, number: int, code: int
) -> None:
    assert ended(home, fault_server, command, number, said=said) == code
    assert fault_server.left.wait(10)
    (trace,) = json.loads(aurarouter("trace", "--list", "--json").stdout)
    (attempt,) = [attempt for node in trace["nodes"] for attempt in node["attempts"]]
    assert (attempt["outcome"], attempt["error"]["message"], trace["complete"]) == ("cancelled", "interrupted", False)
    (used,) = json.loads(aurarouter("usage", "--json").stdout)
    assert (used["model"], used["attempts"]) == ("slow", 1)


def test_who_has_it_ignored_is_not_disturbed(aurarouter: Run, home: Path, fault_server: FaultServer) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        fault_server.always(stream([piece("Hello ")], then="hang"))
        config = f"models: {{slow: {{provider: openapi, endpoint: '{fault_server.url}'}}}}\nroles: {{coding: [slow]}}\n"
        (home / "auraconfig.yaml").write_text(config)
        with subprocess.Popen([PROGRAM, "run", "hello"], stdout=subprocess.PIPE) as process:
            assert fault_server.hanging.wait(60)
            process.send_signal(signal.SIGHUP)
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(1)
            process.kill()
    finally:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


def test_no_plugin_that_is_imported_meanwhile_is_blamed_for_it(tmp_path: Path) -> None:
    info = tmp_path / "slow-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: slow\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[aurarouter]\nslow = slow_plugin\n")
    (tmp_path / "slow_plugin.py").write_text("import time\nprint('here', flush=True)\ntime.sleep(2)\n")
    environ = {**os.environ, "PYTHONPATH": str(tmp_path), "AURAROUTER_PLUGINS": "echo,slow"}
    pipes: dict[str, Any] = dict.fromkeys(("stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen([PROGRAM, "plugins"], env=environ, **pipes) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"here\n"
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=30) == (b"", b"")
    assert process.returncode == -signal.SIGTERM

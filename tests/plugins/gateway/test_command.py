"""`aurarouter serve` as a process of its own: how it ends, what it logs, and what it says of settings that can't be."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from fault_server import FaultServer
from faults import piece, stream

PROGRAM = str(Path(sys.executable).with_name("aurarouter"))
SETTINGS = """\
models: {e: {provider: echo}}
roles: {coding: [e], reasoning: [e], router: [e]}
gateway: {shared: false}
"""
CHAT = "/v1/chat/completions"
HELLO = {"model": "auto", "messages": [{"role": "user", "content": "hello"}]}


@contextmanager
def serving(**environ: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [PROGRAM, "serve", "--port", "0"]
    with subprocess.Popen(command, env={**os.environ, **environ}, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            yield process, process.stderr.readline().partition(" at ")[2].partition(" ")[0]
        finally:
            process.kill()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_the_kernel_is_closed_before_the_process_ends(home: Path, number: signal.Signals, code: int) -> None:
    (home / "auraconfig.yaml").write_text(SETTINGS)
    with serving() as (process, url):
        task = httpx.post(url + CHAT, json=HELLO).headers["x-aurarouter-task"]
        process.send_signal(number)
        assert process.wait(30) == code
    told = subprocess.run([PROGRAM, "trace", task, "--json"], capture_output=True, text=True, check=True)
    assert (task in told.stdout, told.stderr) == (True, "")  # a process that ends without closing is warned of


@pytest.mark.parametrize("streams", [False, True])
def test_who_waits_for_too_long_is_told_that_it_has_stopped(
    home: Path, fault_server: FaultServer, streams: bool
) -> None:
    settings = SETTINGS.replace("{provider: echo}", f"{{provider: openapi, endpoint: '{fault_server.url}'}}")
    (home / "auraconfig.yaml").write_text(settings)
    fault_server.always(stream([piece("Hello ")], then="hang"))
    with serving() as (process, url), ThreadPoolExecutor() as threads:
        asked = threads.submit(httpx.post, url + CHAT, json={**HELLO, "stream": streams}, timeout=30)
        assert fault_server.hanging.wait(30)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=30)
        answer = asked.result()
    told = answer.text.rpartition("data: ")[2] if streams else answer.text
    assert (process.returncode, answer.status_code) == (0, 200 if streams else 503)
    assert "the gateway has stopped" in json.loads(told)["error"]["message"]
    assert "Traceback" not in said
    task = answer.headers["x-aurarouter-task"]
    assert task in subprocess.run([PROGRAM, "trace", task, "--json"], capture_output=True, text=True, check=True).stdout


def test_a_file_that_is_broken_before_anybody_asks_changes_nothing(home: Path) -> None:
    file = home / "auraconfig.yaml"
    file.write_text(SETTINGS.replace("shared: false", "shared: true"))
    try:
        with serving() as (_, url):
            file.write_text("models: [")
            assert httpx.post(url + CHAT, json=HELLO, timeout=30).status_code == 200
    finally:
        subprocess.run([PROGRAM, "stop", "--all"], capture_output=True, check=True)


@pytest.mark.parametrize(("level", "lines"), [("INFO", 1), ("WARNING", 0)])
def test_the_log_is_as_loud_as_the_configuration_says(home: Path, level: str, lines: int) -> None:
    (home / "auraconfig.yaml").write_text(SETTINGS)
    with serving(AURAROUTER_SYSTEM__LOG_LEVEL=level) as (process, url):
        httpx.post(url + CHAT, json=HELLO)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=30)
    assert (
        sum("INFO aurarouter_gateway.access: POST /v1/chat/completions 200" in line for line in said.splitlines())
        == lines
    )

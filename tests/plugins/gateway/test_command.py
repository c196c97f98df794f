"""`aurarouter serve` as a process of its own: how it ends, what it logs, and what it says of settings that can't be."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

PROGRAM = str(Path(sys.executable).with_name("aurarouter"))
SETTINGS = """\
models: {e: {provider: echo}}
roles: {coding: [e], reasoning: [e], router: [e]}
gateway: {shared: false}
"""
CHAT = "/v1/chat/completions"
HELLO = {"model": "auto", "messages": [{"role": "user", "content": "hello"}]}


@contextmanager
def serving() -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [PROGRAM, "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
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

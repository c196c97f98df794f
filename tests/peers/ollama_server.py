"""Code of others that speaks Ollama's API, in front of a real llama.cpp server and in a process of its own.

    with LlamaServer(model_file, embed=True) as llama, OllamaServer(llama.url) as server:
        server.url, server.name, server.pid

It is ollama-proxy-plus: the shape of the API and the streaming are real. What it lacks of a real Ollama: models in
memory, pulling, error codes (unknown names are 400, what fails behind it 502), counts (words, not tokens).

Run as a program it is that process: it prints READY and its address, and ends when its standard input does, so that it
never outlives the test that started it.
"""

from __future__ import annotations

import importlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from typing import Self

NAME = "llama/smollm2-135m"
PASSED_ON = ("PATH", "HOME", "PYTHONPATH", "SYSTEMROOT", "TMPDIR", "LANG")  # no key of the developer's


class OllamaServer:
    """Starts with the `with` block and ends with it.

    Args:
        llama: The address of the llama.cpp server behind it.
    """

    name = NAME

    def __init__(self, llama: str) -> None:
        self._environ = {name: os.environ[name] for name in PASSED_ON if name in os.environ} | {
            "PROVIDERS_LLAMA_BASE_URL": f"{llama}/v1",
            "PROVIDERS_LLAMA_API_KEY": "EMPTY",
            "EXTRA_MODELS": NAME,
        }
        self._process: subprocess.Popen[str] | None = None
        self._folder = tempfile.TemporaryDirectory()  # where no settings lie about
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  closed by __exit__
        self.url = ""

    @property
    def pid(self) -> int:
        """The server's process; it must be running."""
        assert self._process is not None, "the server is not running"
        return self._process.pid

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            cwd=self._folder.name,
            env=self._environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.startswith("READY "):
            self._log.seek(0)
            log = self._log.read().decode(errors="replace")[-2000:]
            self.__exit__()
            raise RuntimeError(f"the Ollama stand-in ended before it was ready:\n{log}")
        self.url = line.split()[1]
        return self

    def __exit__(self, *_: object) -> None:
        process, self._process = self._process, None
        if process is not None:
            os.kill(process.pid, signal.SIGKILL)
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
            process.wait()
        self._log.close()
        self._folder.cleanup()


def serve() -> None:
    """Be the server, until standard input ends."""
    uvicorn = importlib.import_module("uvicorn")
    app = importlib.import_module("ollama_proxy.server").app

    def end_with_the_test() -> None:
        sys.stdin.read()
        os._exit(0)

    threading.Thread(target=end_with_the_test, daemon=True).start()
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listening:  # from here on it is only slow to answer
        print(f"READY http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
        uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listening])


if __name__ == "__main__":
    serve()

"""A real llama.cpp HTTP server in a process of its own, so that a test can kill it.

    with LlamaServer(model_file) as server:
        server.url, server.pid
        server.kill(); server.restart()

Run as a program it is that process: it prints READY and its address once the model is loaded, and ends when its
standard input does, so that it never outlives the test that started it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

NAME = "smollm2-135m"


class LlamaServer:
    """Starts with the `with` block and ends with it.

    Args:
        model: The GGUF file.
        api_key: Answer 401 without it; empty for no key.
        embed: Serve /v1/embeddings too.
        context: Tokens of one request; two are answered at a time.
    """

    name = NAME

    def __init__(self, model: Path, *, api_key: str = "", embed: bool = False, context: int = 2048) -> None:
        self._settings = {"model": str(model), "api_key": api_key, "embed": embed, "context": context}
        self._port = 0
        self._process: subprocess.Popen[str] | None = None
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  closed by __exit__
        self.url = ""

    @property
    def pid(self) -> int:
        """The server's process; it must be running."""
        assert self._process is not None, "the server is not running"
        return self._process.pid

    def start(self) -> None:
        """Start and wait until the model is loaded. After the first time it keeps its port."""
        command = [sys.executable, __file__, json.dumps(self._settings | {"port": self._port})]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("READY "):
                self.url = line.split()[1].rstrip("/")
                self._port = urlsplit(self.url).port or 0
                return
        self._log.seek(0)
        log = self._log.read().decode(errors="replace")[-2000:]
        raise RuntimeError(f"the llama.cpp server ended with {self._end()} before it was ready:\n{log}")

    def kill(self) -> None:
        """End it as a crash would: no connection is closed in order."""
        os.kill(self.pid, signal.SIGKILL)
        self._end()

    def restart(self) -> None:
        """Start again on the same port."""
        self.start()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self.kill()
        self._log.close()

    def _end(self) -> int:
        process, self._process = self._process, None
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        process.stdout.close()
        return process.wait()


def serve(settings: dict[str, Any]) -> None:
    """Be the server, until standard input ends."""
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = settings["model"]
    parameters.model_alias = {NAME} if isinstance(parameters.model_alias, set) else NAME
    parameters.hostnames = ["127.0.0.1"] if isinstance(parameters.hostnames, list) else "127.0.0.1"
    parameters.port = settings["port"]
    parameters.n_parallel = 2
    parameters.n_ctx = 2 * settings["context"]
    parameters.cpuparams.n_threads = 1
    parameters.cpuparams_batch.n_threads = 1
    parameters.endpoint_metrics = parameters.endpoint_slots = parameters.endpoint_props = True
    if settings["api_key"]:
        parameters.api_keys = [settings["api_key"]]
    if settings["embed"]:
        parameters.embedding = True
        parameters.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    server = xllamacpp.Server(parameters)
    print("READY", server.listening_address, flush=True)
    sys.stdin.read()
    os._exit(0)  # the model's threads need no goodbye


if __name__ == "__main__":
    serve(json.loads(sys.argv[1]))

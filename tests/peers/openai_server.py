"""A real server of the OpenAI dialect that is no llama.cpp server: llama-cpp-python's own, in a process of its own.

    with OpenAiServer(model_file) as server:
        server.url, server.port, server.name

Run as a program it is that process: it prints READY and its port once the model is loaded, and ends when its standard
input does, so that it never outlives the test that started it.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any, Self

NAME = "smollm2-by-openai"


class OpenAiServer:
    """Starts with the `with` block and ends with it.

    Args:
        model: The GGUF file.
    """

    name = NAME

    def __init__(self, model: Path) -> None:
        self._model = model
        self._process: subprocess.Popen[str] | None = None
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  closed by __exit__
        self.port = 0

    @property
    def url(self) -> str:
        """Where the dialect is spoken."""
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, __file__, json.dumps({"model": str(self._model)})],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("READY "):
                self.port = int(line.split()[1])
                return self
        self._log.seek(0)
        log = self._log.read().decode(errors="replace")[-2000:]
        self.__exit__()
        raise RuntimeError(f"the server ended before it was ready:\n{log}")

    def __exit__(self, *_: object) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.close()
            process.stdout.close()
            process.wait()
        self._log.close()


def serve(settings: dict[str, Any]) -> None:
    """Be the server, until standard input ends."""
    import uvicorn
    from llama_cpp import llama_cpp
    from llama_cpp.server.app import create_app
    from llama_cpp.server.settings import ModelSettings, ServerSettings

    defaults = llama_cpp.llama_model_default_params

    def portable() -> Any:
        params = defaults()
        params.use_extra_bufts = False  # on processors with AMX the first token would end the process
        return params

    llama_cpp.llama_model_default_params = portable
    model = ModelSettings(model=settings["model"], model_alias=NAME, n_ctx=2048, n_threads=1, n_threads_batch=1)
    app = create_app(server_settings=ServerSettings(), model_settings=[model])
    listening = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_until_left, daemon=True).start()
    print("READY", listening.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listening])


def _until_left() -> None:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    serve(json.loads(sys.argv[1]))

"""Run as a program, is a llama.cpp server out of the xllamacpp wheel, for machines without a llama-server.

    LLAMA_API_KEY=… python serve.py '{"model": "file.gguf", "alias": "name", "n_ctx": 4096, "n_parallel": 1, …}'

It says on its log where it listens, as llama-server does, and ends by being killed. Uses nothing of this package.
"""

import importlib
import json
import os
import sys
import threading
from typing import Any


def main(settings: dict[str, Any]) -> None:
    """Load the model and serve it on a free port of loopback, for ever.

    Raises:
        RuntimeError: The model can't be loaded; the log above says why.
    """
    xllamacpp: Any = importlib.import_module("xllamacpp")  # as Any: type checkers run where the wheel isn't, too
    parameters = xllamacpp.CommonParams()
    parameters.model.path = settings["model"]
    parameters.model_alias = {settings["alias"]}
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.api_keys = [os.environ.pop("LLAMA_API_KEY")]
    parameters.offline = True
    parameters.ui = False
    parameters.n_parallel = settings["n_parallel"]
    parameters.n_ctx = settings["n_ctx"] * settings["n_parallel"]
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = settings["n_threads"]
    parameters.cache_ram_mib = 0  # prompts of the past would take up to 8 GiB that nobody counts
    if settings["gpu_layers"] is not None:
        parameters.n_gpu_layers = settings["gpu_layers"]
    if settings["embed"]:
        parameters.embedding = True
        parameters.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    server = xllamacpp.Server(parameters)
    print(f"listening on {server.listening_address}", flush=True)  # noqa: T201
    threading.Event().wait()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))

"""How a server is started for a model: which program, with which arguments and variables."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import sys
from pathlib import Path

from aurarouter_hooks import Model, ProviderUnavailableError
from aurarouter_llamacpp_server.options import WHEEL, Options

ALL_LAYERS = 999  # more than any model has; every version of llama.cpp takes a number
_HERE = Path(__file__).parent
_INSTALL = (
    "Put llama.cpp's llama-server into the PATH, name it in the model's options as `binary`, "
    "or `pip install 'xllamacpp>=2026,<2028'`, which needs no compiler."
)
# LLAMA_… would change the server behind our back (LLAMA_ARG_HOST opens it, LLAMA_ARG_RPC sends its work elsewhere).
_NOT_PASSED_ON = re.compile(r"LLAMA_|AURA|.*(KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL)", re.IGNORECASE)


def command(model: Model, options: Options) -> list[str]:
    """The command line. It holds no key: a process list shows it to everybody.

    Raises:
        ProviderUnavailableError: There is no program to start, or no file to load.
    """
    if model.model_path is None or not model.model_path.is_file():
        what = f"there is no model file at {model.model_path}" if model.model_path else "no model_path is configured"
        raise ProviderUnavailableError(
            what, hint=f"Give models.{model.id} an endpoint, a model_path or an asset; `aurarouter model list` shows."
        )
    if not sys.executable:
        raise ProviderUnavailableError(
            "a server can't be started from inside a frozen program",
            hint=f"Start llama-server yourself and set models.{model.id}.endpoint.",
        )
    program = _program(options)
    threads = options.n_threads or _spare_cores()
    layers = ALL_LAYERS if options.gpu_layers == -1 else options.gpu_layers
    alias = model.name.replace(",", "_")  # a comma would begin another name
    guard = [sys.executable, "-I", "-S", str(_HERE / "guard.py"), str(os.getpid())]
    if program is None:
        if options.extra_args:
            raise ProviderUnavailableError(
                "extra_args are flags of llama-server, and there is none here", hint=_INSTALL
            )
        settings = {"model": str(model.model_path), "alias": alias, "n_ctx": options.n_ctx, "n_threads": threads}
        settings |= {"n_parallel": options.n_parallel, "gpu_layers": layers, "embed": options.embed}
        return [*guard, sys.executable, "-P", str(_HERE / "serve.py"), json.dumps(settings)]
    words = ["--model", str(model.model_path), "--alias", alias, "--host", "127.0.0.1", "--port", "0"]
    words += ["--ctx-size", str(options.n_ctx * options.n_parallel), "--parallel", str(options.n_parallel)]
    words += ["--threads", str(threads), "--threads-batch", str(threads), "--offline", "--no-webui"]
    if layers is not None:
        words += ["--gpu-layers", str(layers)]
    if options.embed:
        words += ["--embeddings", "--pooling", "mean"]
    return [*guard, program, *words, *options.extra_args]


def environment(key: str) -> dict[str, str]:
    """The variables of the server: ours, without anything secret or meant for another llama.cpp, and its key."""
    passed = {name: value for name, value in os.environ.items() if not _NOT_PASSED_ON.match(name)}
    # As a variable, since older servers refuse a flag that they don't know: prompts of the past would take up to 8 GiB.
    return passed | {"LLAMA_API_KEY": key, "LLAMA_ARG_CACHE_RAM": "0"}


def _program(options: Options) -> str | None:
    """The llama-server to start; None for the wheel."""
    if options.binary not in {"", WHEEL}:
        named = shutil.which(Path(options.binary).expanduser())
        if named is None:
            raise ProviderUnavailableError(f"there is no program {options.binary}", hint=_INSTALL)
        return str(Path(named).absolute())
    found = None if options.binary == WHEEL else shutil.which("llama-server")
    if found is None and importlib.util.find_spec(WHEEL) is None:
        raise ProviderUnavailableError("there is no llama.cpp server on this machine", hint=_INSTALL)
    return str(Path(found).absolute()) if found else None


def _spare_cores() -> int:
    """All cores that this process may use but one: llama.cpp's threads wait for each other in a busy loop."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return max(1, cores - 1)

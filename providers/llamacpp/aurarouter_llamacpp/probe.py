"""Does this build of llama.cpp run on this processor? A child process finds out, so that a crash there costs nothing.

A wheel that was compiled for another processor dies by a signal, which no `except` can catch. So before the first load
a child loads the model and writes two tokens. What it proved holds for the library and the processor, not for the
model: it's kept for this process and, where the model has a `workdir`, in a file there for the next ones. Without a
`workdir` each new process tries once.
"""

import hashlib
import importlib.metadata
import importlib.util
import json
import logging
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from aurarouter_hooks import ProviderUnavailableError
from aurarouter_llamacpp.worker import StopFlag

log = logging.getLogger(__name__)

REBUILD = "CMAKE_ARGS=-DGGML_NATIVE=OFF pip install --force-reinstall --no-cache-dir llama-cpp-python"
_FILE = "llamacpp-probe.json"
_SECONDS = 120.0
_LOOK_SECONDS = 0.05
_WINDOWS_CRASH = 0x80000000  # exit codes from here on are exceptions of the system: illegal instruction, bad access
_CHILD = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from aurarouter_llamacpp.probe import trial; trial(sys.argv[2], json.loads(sys.argv[3]))"
)
_proved: set[str] = set()


def check(path: Path, gpu_layers: int | None, workdir: Path | None, stop: StopFlag) -> None:
    """Return when llama.cpp can be used here, as far as a trial can tell.

    Args:
        path: The model that the child tries.
        gpu_layers: As the model will be loaded.
        workdir: Where the result is kept, if anywhere.
        stop: Ends the child.

    Raises:
        ProviderUnavailableError: The child died by a signal, took too long, or was stopped.
    """
    key = _fingerprint()
    if key in _proved or (workdir and _recall(workdir / _FILE) == key):
        return
    if not sys.executable:  # a frozen program can't start a Python
        log.debug("llama.cpp is used without a trial: there is no interpreter to try it with")
        return
    arguments = [json.dumps(sys.path), os.fspath(path), json.dumps(gpu_layers)]
    # -P keeps the current directory out of the child's import path.
    if not survived([sys.executable, "-P", "-c", _CHILD, *arguments], stop):
        return
    _proved.add(key)
    if workdir:
        _keep(workdir / _FILE, key)


def survived(command: Sequence[str], stop: StopFlag) -> bool:
    """Run a trial. True when it ended well, False when it failed in a way that loading will explain better.

    Raises:
        ProviderUnavailableError: It died by a signal, took too long, or was stopped.
    """
    child = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, close_fds=True
    )
    limit = time.monotonic() + _SECONDS
    try:
        while (code := child.poll()) is None:
            if stop:
                raise ProviderUnavailableError("the model was closed while llama.cpp was being tried")
            if time.monotonic() > limit:
                raise ProviderUnavailableError(
                    f"llama.cpp wrote nothing within {_SECONDS:.0f} s in a trial process", hint=f"Rebuild it: {REBUILD}"
                )
            try:
                child.wait(_LOOK_SECONDS)
            except subprocess.TimeoutExpired:
                continue
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
    if code < 0 or code >= _WINDOWS_CRASH:
        name = signal.Signals(-code).name if code < 0 else f"exception {code:#x}"
        raise ProviderUnavailableError(
            f"llama.cpp crashes on this processor ({name} in a trial process)",
            hint=f"It was probably compiled for another processor. Rebuild it: {REBUILD}",
        )
    if code:
        log.debug("the trial of llama.cpp ended with exit code %d", code)
    return code == 0


def trial(path: str, gpu_layers: int | None) -> None:
    """What the child does: load the model, read a few tokens, write two."""
    from aurarouter_llamacpp.engine import Engine
    from aurarouter_llamacpp.request import Sampling

    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash here is an answer, not something to debug
    engine = Engine(Path(path), n_ctx=512, n_threads=1, gpu_layers=gpu_layers, progress=lambda _: True)
    for _ in engine.answer(engine.vocabulary.tokens_of("Hi"), Sampling(max_tokens=2), StopFlag()):
        pass
    engine.close()


def _fingerprint() -> str:
    found = importlib.util.find_spec("llama_cpp")
    beside = Path(found.origin).parent / "lib" if found and found.origin else Path()
    folder = Path(os.environ.get("LLAMA_CPP_LIB_PATH", beside))
    facts = [importlib.metadata.version("llama-cpp-python"), platform.machine(), platform.processor(), _flags()]
    for file in sorted(folder.glob("*")):
        state = file.stat()
        facts.append(f"{file.name} {state.st_size} {state.st_mtime_ns}")
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()


def _flags() -> str:
    """What the processor can do, where the system tells: the lines of the first core."""
    try:
        first = Path("/proc/cpuinfo").read_text("utf-8", "replace").split("\n\n", 1)[0]
    except OSError:
        return ""
    return "\n".join(line for line in first.splitlines() if line.startswith(("flags", "Features", "model name")))


def _recall(file: Path) -> str:
    try:
        kept = json.loads(file.read_text())
    except (OSError, ValueError):
        return ""
    return str(kept.get("proved", "")) if isinstance(kept, dict) else ""


def _keep(file: Path, key: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=file.parent, prefix=file.name, delete=False) as draft:
            json.dump({"proved": key}, draft)
        Path(draft.name).replace(file)
    except OSError as exc:
        log.warning("can't remember in %s that llama.cpp runs here: %s", file.parent, exc)

"""The HTTP gateway in front of an instant server: added time, requests a second, processor time, memory, start.

Beside it, in turns: the server itself, the gateway with the shared engine, the thinnest pass-through, and with
`--litellm PYTHON` the LiteLLM proxy of another environment (`pip install 'litellm[proxy]'`).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median, quantiles

from attrs import evolve
from gateway_load import Peer, at_once, one_by_one
from measure import Report, arguments

from aurarouter_core import Home
from aurarouter_core.daemon.place import Place
from aurarouter_core.daemon.stop import stop

HERE = Path(__file__).parent
ROUNDS, REQUESTS = 7, 100
SHARED = "aurarouter, shared engine"


def pids(peer: Peer) -> list[int]:
    """A server's processes."""
    return [pid for pid in (peer.pid, peer.engine) if pid is not None]


def cpu(peer: Peer) -> float:
    """Seconds of processor time of a server so far."""
    threads = [thread for pid in pids(peer) for thread in Path(f"/proc/{pid}/task").iterdir()]
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9


def memory(peer: Peer) -> float:
    """MiB that a server holds."""
    lines = [line for pid in pids(peer) for line in Path(f"/proc/{pid}/status").read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(name: str, command: Sequence[str], port: int, model: str, **environ: str) -> Iterator[Peer]:
    """A server, from when it answers to the end of the block."""
    began = time.perf_counter()
    quiet = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env={**os.environ, **environ}, **quiet) as process:  # type: ignore[call-overload]
        try:
            while True:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                if process.poll() is not None or time.perf_counter() - began > 120:
                    raise RuntimeError(f"{name} did not start")
                time.sleep(0.02)
            yield Peer(name, ("127.0.0.1", port), model, process.pid, time.perf_counter() - began)
        finally:
            process.kill()


@contextlib.contextmanager
def shared(command: Sequence[str], port: int, home: Path) -> Iterator[Peer]:
    """The gateway in front of the shared engine; time and memory are those of both processes."""
    try:
        with running(SHARED, command, port, "auto", AURAROUTER_HOME=str(home)) as peer:
            engine = next(found.holder.pid for found in Place.all(Home(home)) if found.holder)
            yield evolve(peer, engine=engine)
    finally:
        for place in Place.all(Home(home)):
            stop(place, force=True)


def gateway_config(folder: Path, upstream: str) -> Path:
    """Our configuration: one model."""
    file = folder / "auraconfig.yaml"
    model = {"provider": "openapi", "endpoint": upstream, "model_name": "instant", "tags": ["private"]}
    roles = {role: ["instant"] for role in ("coding", "reasoning", "router")}
    file.write_text(json.dumps({"models": {"instant": model}, "roles": roles}))
    return file


def litellm_config(folder: Path, upstream: str) -> Path:
    """LiteLLM's: the same model."""
    file = folder / "litellm.yaml"
    model = {"model": "openai/instant", "api_base": f"{upstream}/v1", "api_key": "sk-1"}
    file.write_text(json.dumps({"model_list": [{"model_name": "instant", "litellm_params": model}]}))
    return file


async def measured(report: Report, direct: Peer, peers: Sequence[Peer], many: int) -> None:
    """Let all take turns, then say what each added."""
    turns: dict[tuple[str, bool], list[float]] = {}
    rates: dict[tuple[str, int], list[float]] = {}
    spent: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for peer in (direct, *peers):
            for stream in (False, True):
                turns.setdefault((peer.name, stream), []).extend(await one_by_one(peer, REQUESTS, stream=stream))
        for peer in peers:
            for connections in (1, 16, 128):
                count, before = 256, cpu(peer)
                rates.setdefault((peer.name, connections), []).append(await at_once(peer, connections, count))
                if connections == 16:
                    spent.setdefault(peer.name, []).append((cpu(peer) - before) / count)
    for peer in peers:
        ours = peer.name == "aurarouter"
        for stream in (False, True):
            took, bare = turns[peer.name, stream], turns[direct.name, stream]
            kind = "streamed" if stream else "whole"
            added = (median(took) - median(bare)) * 1e3
            report.add(f"{peer.name}: added, {kind}, p50", added, "ms", budget="1 ms" if ours and not stream else "")
            report.add(f"{peer.name}: added, {kind}, p99", (quantiles(took, n=100)[98] - median(bare)) * 1e3, "ms")
        for connections in (1, 16, 128):
            budget = "2000 /s" if ours and connections == 16 else ""
            what = f"{peer.name}: requests a second, {connections} connections"
            report.add(what, median(rates[peer.name, connections]), "/s", budget=budget)
        what = f"{peer.name}: processor time of a request"
        report.add(what, median(spent[peer.name]) * 1e3, "ms", budget="0.6 ms" if ours else "")
        report.add(f"{peer.name}: start", peer.started, "s", budget="1 s" if ours else "")
        before = memory(peer)
        await at_once(peer, 16, many if peer.name in ("aurarouter", SHARED) else min(many, 2000))
        report.add(f"{peer.name}: memory", memory(peer), "MiB", budget="80 MB" if ours else "")
        if peer.name in ("aurarouter", SHARED):
            report.add(f"{peer.name}: growth over {many} requests", memory(peer) - before, "MiB", budget="5 MiB")


def main() -> None:
    title = "The gateway in front of an instant server on loopback; client, gateway and server share the machine"
    parser = arguments(title)
    parser.add_argument(
        "--litellm", metavar="PYTHON", help="measure the LiteLLM proxy of this Python's environment, too"
    )
    parser.add_argument("--many", type=int, default=100_000, help="requests before the memory is read again")
    options = parser.parse_args()
    report = Report(title, "the instant server itself, asked directly")
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ports = [free_port() for _ in range(5)]
        upstream = f"http://127.0.0.1:{ports[0]}"
        script = [sys.executable, str(HERE / "gateway_peers.py")]
        direct = stack.enter_context(running("direct", [*script, "upstream", str(ports[0])], ports[0], "instant"))
        program = str(Path(sys.executable).with_name("aurarouter"))
        serve = [program, "--config", str(gateway_config(folder, upstream)), "serve", "--port"]
        alone = {"AURAROUTER_HOME": str(folder / "home"), "AURAROUTER_NO_DAEMON": "1"}
        peers = [
            stack.enter_context(running("aurarouter", [*serve, str(ports[1])], ports[1], "auto", **alone)),
            stack.enter_context(shared([*serve, str(ports[4])], ports[4], folder / "shared")),
            stack.enter_context(running("pass-through", [*script, "through", str(ports[2]), upstream], ports[2], "x")),
        ]
        if options.litellm:
            proxy = str(Path(options.litellm).with_name("litellm"))
            command = [proxy, "--config", str(litellm_config(folder, upstream)), "--port", str(ports[3])]
            quiet = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"}
            quiet["LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY"] = "True"
            peers.append(stack.enter_context(running("litellm", command, ports[3], "instant", **quiet)))
        asyncio.run(measured(report, direct, peers, options.many))
    report.finish(options.json)


if __name__ == "__main__":
    main()

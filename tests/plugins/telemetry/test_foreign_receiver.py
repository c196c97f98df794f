"""A receiver that others wrote reads our spans: Arize Phoenix, by both protocols of OpenTelemetry.

It takes minutes to install, so it is a soak: `pip install arize-phoenix` into an environment of its own, and name its
program in AURAROUTER_PHOENIX. It reads traces alone; metrics are read by a parser of Prometheus and by `otlp_receiver`.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from aurarouter_core import Task
from aurarouter_hooks import ProviderUnavailableError, TraceContext
from aurarouter_telemetry import Telemetry
from scripted import model, router_of

PHOENIX = os.environ.get("AURAROUTER_PHOENIX", "")
SECRET = "zanzibar-4111"
pytestmark = [pytest.mark.soak, pytest.mark.skipif(not PHOENIX, reason="AURAROUTER_PHOENIX names no program")]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(scope="module")
def phoenix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Where it takes HTTP and gRPC."""
    folder, http, grpc = tmp_path_factory.mktemp("phoenix"), free_port(), free_port()
    settings = {
        "PHOENIX_WORKING_DIR": str(folder),
        "PHOENIX_HOST": "127.0.0.1",
        "PHOENIX_PORT": str(http),
        "PHOENIX_GRPC_PORT": str(grpc),
        "PHOENIX_TELEMETRY_ENABLED": "false",
    }
    with Path(folder, "log").open("wb") as log:
        process = subprocess.Popen(
            [PHOENIX, "serve"], env=os.environ | settings, stdout=log, stderr=subprocess.STDOUT, cwd=folder
        )
    try:
        url = f"http://127.0.0.1:{http}"
        until(lambda: httpx.get(f"{url}/healthz").is_success, 180)
        yield url, f"http://127.0.0.1:{grpc}"
    finally:
        process.terminate()
        process.wait(30)


def until(holds: Any, seconds: float) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            if holds():
                return
        except httpx.TransportError:
            if time.monotonic() > end:
                raise
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.5)


@pytest.mark.parametrize(("protocol", "parent"), [("grpc", "11" * 16), ("http", "22" * 16)])
async def test_it_reads_our_spans(phoenix: tuple[str, str], protocol: str, parent: str) -> None:
    url, grpc = phoenix
    models = {"dead": model(ProviderUnavailableError(f"no {SECRET}")), "good": model("hello")}
    otlp = {"enabled": True, "endpoint": grpc if protocol == "grpc" else url, "protocol": protocol, "metrics": False}
    async with router_of(models, Telemetry(), telemetry={"otlp": otlp}) as router:
        context = TraceContext.parse(f"00-{parent}-b7ad6b7169203331-01")
        done = await router.run(Task(f"my {SECRET}", trace_context=context))
    found: dict[str, Any] = {}

    def arrived() -> bool:
        page = httpx.get(f"{url}/v1/projects/default/spans", params={"limit": 100}).json()
        ours = [span for span in page["data"] if span["context"]["trace_id"] == parent]
        found.update({span["name"]: span for span in ours})
        return {"aurarouter.task", "chat dead", "chat good"} <= set(found)

    until(arrived, 30)
    attempts = {attempt.model: attempt.span_id for attempt in done.trace.attempts}
    assert found["chat good"]["context"]["span_id"] == attempts["good"]
    assert found["chat dead"]["context"]["span_id"] == attempts["dead"]
    assert found["chat dead"]["status_code"] == "ERROR"
    assert found["aurarouter.task"]["parent_id"] == "b7ad6b7169203331"
    said = found["chat good"]["attributes"]
    assert said["gen_ai.request.model"] == "good"
    assert said["gen_ai.usage.output_tokens"] == 3
    assert SECRET not in str(found)

"""Every provider that speaks HTTP tells its backend the attempt's own span, and a stranger nothing else."""

from collections.abc import Iterator
from contextlib import suppress

import pytest

from aurarouter_core import Config, Plugins, Router, Task
from aurarouter_core.layers import Layers
from aurarouter_core.structure import build
from aurarouter_hooks import AllModelsFailedError, TraceContext
from fault_server import FaultServer
from faults import status
from gemini_dialect import Vendor
from llama_dialect import Pretender

CALLER = TraceContext(trace_id="a" * 32, span_id="b" * 16, sampled=False, state="vendor=secret")
PROVIDERS = ("openapi", "ollama", "llamacpp-server", "claude", "google")


@pytest.fixture
def backend(request: pytest.FixtureRequest) -> Iterator[FaultServer]:
    provider = request.node.callspec.params["provider"]
    with Vendor() if provider == "google" else FaultServer() as server:
        if provider == "llamacpp-server":
            server.always(Pretender())
        yield server


def configuration(plugins: Plugins, **models: object) -> Config:
    return build(Layers.of({"models": models, "roles": {"coding": list(models)}}, plugins.sections))


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("private", [False, True])
async def test_a_backend_is_told_the_attempts_span(
    provider: str, private: bool, backend: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    plugins = Plugins()
    model = {"provider": provider, "endpoint": backend.url, "api_key": "sk-1", "tags": ["private"]}
    if provider in ("claude", "google"):
        model["model_name"] = "some-model"
    async with Router(configuration(plugins, mine=model), plugins) as router:
        with suppress(AllModelsFailedError):  # the answer is not the point, and some speak another dialect
            await router.run(Task("Say hello.", private=private, trace_context=CALLER))
        store = router.store
    (kept,) = store.find(CALLER.trace_id)
    spans = {attempt["span_id"] for node in kept["nodes"] for attempt in node["attempts"]}
    told = [request.headers for request in backend.requests if "traceparent" in request.headers]
    assert told
    assert {headers["traceparent"] for headers in told} == {f"00-{'a' * 32}-{span}-00" for span in spans}
    assert {headers.get("tracestate") for headers in told} == {None if private else "vendor=secret"}
    assert not spans & {"", CALLER.span_id}
    assert (kept["id"], kept["parent_span"]) == (CALLER.trace_id, CALLER.span_id)


@pytest.mark.parametrize("provider", ["openapi"])
async def test_each_attempt_has_a_span_of_its_own_even_without_a_caller(backend: FaultServer, provider: str) -> None:
    backend.will(status(500), status(500))
    models = {name: {"provider": provider, "endpoint": backend.url} for name in ("a", "b", "c")}
    plugins = Plugins()
    async with Router(configuration(plugins, **models), plugins) as router:
        done = await router.run(Task("Say hello."))
    told = [request.headers["traceparent"] for request in backend.requests]
    assert told == [f"00-{done.trace.id}-{attempt.span_id}-01" for attempt in done.trace.attempts]
    assert len(set(told)) == 3
    assert done.trace.parent_span == ""


@pytest.mark.parametrize("provider", ["openapi"])
async def test_a_backend_elsewhere_is_not_told_the_callers_state(
    backend: FaultServer, provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, backend.url)  # so that a name from elsewhere leads here
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    plugins = Plugins()
    model = {"provider": provider, "endpoint": "http://api.example.com/v1"}
    async with Router(configuration(plugins, mine=model), plugins) as router:
        await router.run(Task("Say hello.", trace_context=CALLER))
    (request,) = backend.requests
    assert request.headers["host"] == "api.example.com"
    assert request.headers["traceparent"].startswith(f"00-{'a' * 32}-")
    assert "tracestate" not in request.headers

"""What an OpenTelemetry receiver reads: spans whose ids backends were told, metrics under today's names, no words."""

from __future__ import annotations

import importlib
import socket
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from aurarouter_core import Task
from aurarouter_hooks import (
    Chunk,
    Embeddings,
    EmbedRequest,
    Provider,
    ProviderUnavailableError,
    TraceContext,
    Usage,
    hookimpl,
)
from aurarouter_telemetry import Telemetry, conventions
from aurarouter_telemetry.otlp import WAIT
from fault_server import FaultServer
from gateway import gateway
from otlp_receiver import Received, attributes, over_grpc, over_http
from scripted import model, router_of

REMOTE_PARENT = 0x200
SECRET = "zanzibar-4111"
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
Receiver = Callable[[], AbstractContextManager[Received]]


def otlp(receiver: Received, **more: Any) -> dict[str, Any]:
    return {"telemetry": {"otlp": {"enabled": True, "endpoint": receiver.url, **more}}}


class Embedder(Provider):
    async def embed(self, request: EmbedRequest) -> Embeddings:
        return Embeddings(vectors=((0.5, 1.0),), usage=Usage(input_tokens=7))


async def test_vectors_are_called_embeddings() -> None:
    maker = SimpleNamespace(__name__="maker", register_providers=hookimpl(lambda: {"maker": Embedder}))
    models = {"space": {"provider": "maker"}}
    with over_grpc() as receiver:
        async with router_of(models, Telemetry(), maker, **otlp(receiver, protocol="grpc")) as router:
            await router.run(Task("hello", mode="embed", model="space"))
    spans = {span.name: attributes(span) for span in receiver.spans}
    told = spans["embeddings space"]
    assert told["gen_ai.operation.name"] == "embeddings"
    assert "gen_ai.request.stream" not in told
    (point,) = receiver.metrics[conventions.DURATION].histogram.data_points
    assert attributes(point)["gen_ai.operation.name"] == "embeddings"


@pytest.mark.promise("future.5")
@pytest.mark.parametrize(("over", "protocol"), [(over_grpc, "grpc"), (over_http, "http")])
async def test_traces_and_metrics_arrive(over: Receiver, protocol: str) -> None:
    models = {"dead": model(ProviderUnavailableError(f"no {SECRET}")), "good": model("hello")}
    with over() as receiver:
        async with router_of(models, Telemetry(), **otlp(receiver, protocol=protocol)) as router:
            context = TraceContext.parse(PARENT)
            done = await router.run(Task(f"my {SECRET}", trace_context=context, conversation=SECRET))
    spans = {span.name: span for span in receiver.spans}
    task, node = spans["aurarouter.task"], spans["aurarouter.answer"]
    failed, good = spans["chat dead"], spans["chat good"]
    assert {span.trace_id.hex() for span in receiver.spans} == {"0af7651916cd43dd8448eb211c80319c"}
    assert task.parent_span_id.hex() == "b7ad6b7169203331"
    assert [span.flags & REMOTE_PARENT > 0 for span in (task, node, good)] == [True, False, False]
    assert node.parent_span_id == task.span_id
    assert good.parent_span_id == failed.parent_span_id == node.span_id
    assert [failed.span_id.hex(), good.span_id.hex()] == [attempt.span_id for attempt in done.trace.attempts]
    told = attributes(good)
    assert told["gen_ai.operation.name"] == "chat"
    assert told["gen_ai.provider.name"] == "scripted"
    assert told["gen_ai.request.model"] == "good"
    assert told["gen_ai.response.model"] == "scripted-1"
    assert told["gen_ai.response.finish_reasons"] == ["stop"]
    assert (told["gen_ai.usage.input_tokens"], told["gen_ai.usage.output_tokens"]) == (10, 3)
    assert attributes(failed)["error.type"] == "ProviderUnavailableError"
    assert failed.status.code == 2
    assert task.start_time_unix_nano <= good.start_time_unix_nano <= good.end_time_unix_nano
    assert receiver.resources[0]["service.name"] == "aurarouter"
    points = receiver.metrics[conventions.DURATION].histogram.data_points
    assert {attributes(point)["gen_ai.request.model"]: point.count for point in points} == {"dead": 1, "good": 1}
    assert receiver.metrics[conventions.DURATION].unit == "s"
    assert receiver.metrics[conventions.INPUT_TOKENS].sum.data_points[0].as_int == 10
    assert receiver.metrics[conventions.OUTPUT_TOKENS].sum.data_points[0].as_int == 3
    assert SECRET not in str(receiver.spans) + str(receiver.metrics)


async def test_a_caller_who_records_nothing_gets_no_spans() -> None:
    with over_grpc() as receiver:
        async with router_of({"a": model()}, Telemetry(), **otlp(receiver, protocol="grpc")) as router:
            await router.run(Task("hi", trace_context=TraceContext.parse(PARENT[:-1] + "0")))
    assert receiver.spans == []
    assert conventions.DURATION in receiver.metrics


async def test_each_step_of_a_plan_is_a_span() -> None:
    answers = iter(['{"steps": ["one", "two"]}', "first", "second"])
    with over_grpc() as receiver:
        async with router_of(
            {"a": model(lambda: next(answers))},
            Telemetry(),
            telemetry=otlp(receiver, protocol="grpc", metrics=False)["telemetry"],
        ) as router:
            await router.run(Task(f"do {SECRET} and then that", mode="plan"))
    names = sorted(span.name for span in receiver.spans)
    assert names == ["aurarouter.plan", "aurarouter.step", "aurarouter.step", "aurarouter.task", *["chat a"] * 3]
    assert SECRET not in str(receiver.spans)


async def test_a_trace_is_followed_from_a_gateways_client_to_the_backend(fault_server: FaultServer) -> None:
    with over_http() as receiver:
        settings = {
            "models": {"far": {"provider": "openapi", "endpoint": fault_server.url}},
            "roles": {"coding": ["far"], "reasoning": ["far"]},
            **otlp(receiver, metrics=False),
        }
        async with gateway(settings) as url, httpx.AsyncClient(base_url=url) as client:
            asked = {"model": "auto", "messages": [{"role": "user", "content": SECRET}]}
            answer = await client.post("/v1/chat/completions", json=asked, headers={"traceparent": PARENT})
            assert answer.status_code == 200
    (request,) = fault_server.requests
    version, trace_id, span_id, _ = request.headers["traceparent"].split("-")
    (chat,) = [span for span in receiver.spans if span.name == "chat far"]
    assert (version, trace_id, span_id) == ("00", PARENT.split("-")[1], chat.span_id.hex())
    (task,) = [span for span in receiver.spans if span.name == "aurarouter.task"]
    assert task.parent_span_id.hex() == PARENT.split("-")[2]


@pytest.mark.parametrize("protocol", ["http", "grpc"])
@pytest.mark.parametrize("listens", [False, True])
async def test_a_receiver_that_is_gone_keeps_nobody_waiting(listens: bool, protocol: str) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        if listens:  # and never says a word
            silent.listen()
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        gone: dict[str, Any] = {"telemetry": {"otlp": {"enabled": True, "endpoint": endpoint, "protocol": protocol}}}
        async with router_of({"a": model()}, Telemetry(), **gone) as router:
            assert (await router.run(Task("hi"))).complete
            ended = time.monotonic()
        assert time.monotonic() - ended < WAIT + 2


async def test_what_a_backend_calls_itself_can_be_sent(caplog: pytest.LogCaptureFixture) -> None:
    with over_http() as receiver:
        odd = model("hello", Chunk(model_name="m\ud800", request_id="r\ud800", finish="stop"), ends=False)
        async with router_of({"a": odd}, Telemetry(), **otlp(receiver)) as router:
            await router.run(Task("hi"))
    (chat,) = [span for span in receiver.spans if span.name == "chat a"]
    told = attributes(chat)
    assert (told["gen_ai.response.model"], told["gen_ai.response.id"]) == ("m?", "r?")
    # An exporter of an earlier test may just give up on its receiver.
    assert not [record for record in caplog.records if record.name.startswith("opentelemetry.sdk")]


async def test_without_opentelemetry_it_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = importlib.import_module

    def absent(name: str, *rest: Any) -> Any:
        if name.startswith("opentelemetry.exporter"):
            raise ModuleNotFoundError(name)
        return real(name, *rest)

    monkeypatch.setattr("aurarouter_telemetry.otlp.importlib.import_module", absent)
    async with router_of({"a": model()}, Telemetry(), telemetry={"otlp": {"enabled": True}}) as router:
        assert (await router.run(Task("hi"))).complete
    assert "needs OpenTelemetry, the extra 'opentelemetry'. " in caplog.text

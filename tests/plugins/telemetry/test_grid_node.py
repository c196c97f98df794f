"""A grid node tells Prometheus and OpenTelemetry like any other program; one trace goes from a client through nodes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from aurarouter_auragrid import create_service_client
from aurarouter_core import Home, Plugins, Router, load_config
from aurarouter_hooks import TraceContext
from fault_server import FaultServer
from gateway import gateway, served
from grid_node import ECHO, GridNode, free_ports
from otlp_receiver import over_grpc, over_http

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACE = TraceContext(trace_id=TRACE_ID, span_id="00f067aa0ba902b7")
PARENT = TRACE.traceparent


async def test_a_node_is_read_and_its_spans_belong_to_the_callers_trace(
    tmp_path: Path, fault_server: FaultServer
) -> None:
    (port,) = free_ports(1)
    with over_grpc() as receiver:
        config = (
            f"models: {{m: {{provider: openapi, endpoint: '{fault_server.url}'}}}}\nroles: {{coding: [m]}}\n"
            f"telemetry: {{listen: '127.0.0.1:{port}', otlp: {{enabled: true, protocol: grpc, metrics: false, "
            f"endpoint: '{receiver.url}'}}}}\n"
        )
        with GridNode("one", tmp_path, config) as node:
            async with node.session() as session:
                client = create_service_client("CodingService", session)
                assert (await client.generate_code(plan_step="add two numbers", trace_context=TRACE))["success"] is True
            async with httpx.AsyncClient(trust_env=False) as reader:
                page = await reader.get(f"http://127.0.0.1:{port}/metrics")
    families = {family.name: family for family in text_string_to_metric_families(page.text)}
    (tasks,) = families["aurarouter_tasks"].samples
    assert (tasks.value, tasks.labels["surface"], tasks.labels["outcome"]) == (1, "grid", "ok")
    spans = {span.name: span for span in receiver.spans}
    assert spans["aurarouter.task"].trace_id.hex() == TRACE_ID
    assert spans["aurarouter.task"].parent_span_id.hex() == TRACE.span_id
    told = fault_server.requests[-1].headers["traceparent"].split("-")
    assert told[1:3] == [TRACE_ID, spans["chat m"].span_id.hex()]


async def test_a_trace_is_followed_through_two_gateways_to_a_backend(fault_server: FaultServer) -> None:
    def settings(endpoint: str, receiver: str) -> dict[str, Any]:
        otlp = {"enabled": True, "endpoint": receiver, "metrics": False}
        models = {"next": {"provider": "openapi", "endpoint": endpoint, "model_name": "auto"}}
        return {"models": models, "roles": {"coding": ["next"], "reasoning": ["next"]}, "telemetry": {"otlp": otlp}}

    with over_http() as near, over_http() as far:
        async with (
            gateway(settings(fault_server.url, far.url)) as behind,
            gateway(settings(behind, near.url)) as front,
            httpx.AsyncClient(base_url=front) as client,
        ):
            asked = {"model": "auto", "messages": [{"role": "user", "content": "hi"}]}
            answer = await client.post("/v1/chat/completions", json=asked, headers={"traceparent": TRACE.traceparent})
            assert answer.status_code == 200
    spans = [{span.name: span for span in receiver.spans} for receiver in (near, far)]
    assert {span.trace_id.hex() for receiver in (near, far) for span in receiver.spans} == {TRACE_ID}
    assert spans[0]["aurarouter.task"].parent_span_id.hex() == TRACE.span_id
    assert spans[1]["aurarouter.task"].parent_span_id == spans[0]["chat next"].span_id
    assert fault_server.requests[-1].headers["traceparent"].split("-")[2] == spans[1]["chat next"].span_id.hex()


async def test_a_trace_is_followed_from_a_gateways_client_through_the_grid_to_a_provider_on_another_node(
    tmp_path: Path, fault_server: FaultServer
) -> None:
    """A gateway beside node 'near' asks node 'far', which alone has the model; both tell one receiver."""
    with over_http() as receiver:
        otlp = {"enabled": True, "endpoint": receiver.url, "metrics": False}
        far = (
            f"models: {{m: {{provider: openapi, endpoint: '{fault_server.url}'}}}}\nroles: {{coding: [m]}}\n"
            f"telemetry: {{otlp: {json.dumps(otlp)}}}\n"
        )
        with (
            GridNode("far", tmp_path / "far", far) as first,
            GridNode("near", tmp_path / "near", ECHO, first.joining) as second,
        ):
            settings = {
                "models": {"big": {"provider": "grid", "model_name": "m"}},
                "roles": {"coding": ["big"], "reasoning": ["big"]},
                "telemetry": {"otlp": otlp},
            }
            plugins = Plugins()
            config = load_config(plugins, settings=settings)
            async with (
                Router(config, plugins, home=Home(second.home), surface="gateway") as router,
                served(router) as front,
                httpx.AsyncClient(base_url=front, trust_env=False) as client,
            ):
                asked = {"model": "auto", "messages": [{"role": "user", "content": "hi"}]}
                told = await client.post("/v1/chat/completions", json=asked, headers={"traceparent": PARENT})
                assert told.status_code == 200, told.text
                assert told.json()["choices"][0]["message"]["content"] == "Hello Ada."
    assert {span.trace_id.hex() for span in receiver.spans} == {TRACE_ID}
    spans = {(span.name, span.parent_span_id.hex()): span for span in receiver.spans}
    near = spans["aurarouter.task", TRACE.span_id]
    (asking,) = [span for span in receiver.spans if span.name == "chat big"]
    there = spans["aurarouter.task", asking.span_id.hex()]
    (chat,) = [span for span in receiver.spans if span.name == "chat m"]
    assert near.span_id != there.span_id
    assert fault_server.requests[-1].headers["traceparent"].split("-")[1:3] == [TRACE_ID, chat.span_id.hex()]

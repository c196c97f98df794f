"""A model that lives on another node: asked through this one, in pieces, privately, and elsewhere when a node dies."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import httpx
import pytest
from attrs import evolve

from aurarouter_auragrid.cell import Cell
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.remote import protocol
from aurarouter_auragrid.remote.link import Link
from aurarouter_auragrid.remote.provider import GridProvider, provider_of
from aurarouter_auragrid.wire.generated import aurarouter_grid_node_v1_pb2 as pb
from aurarouter_core import Home, Plugins, Router, Task, load_config
from aurarouter_hooks import (
    AllModelsFailedError,
    Delta,
    Media,
    Message,
    Model,
    NoModelLeftError,
    PrivacyError,
    Prompt,
    Provider,
    Text,
    Tool,
    TraceContext,
)
from aurarouter_hooks.contract import ProviderContract
from fault_server import FaultServer
from faults import half_a_stream, hang, piece, status, stream
from grid_node import GridNode
from llama_server import LlamaServer

FAR = """
models:
  echo: {{provider: echo}}
  loop: {{provider: grid, model_name: echo}}
  unplugged: {{provider: nobody}}
  vectors: {{provider: llamacpp-server, endpoint: "{llama}", tags: [private]}}
{apis}
roles: {{coding: [echo]}}
"""
APIS = ("tools", "limited", "refused", "wrong", "cut", "hung", "cloud")
TRACE = TraceContext(trace_id="4bf92f3577b34da6a3ce929d0e0e4736", span_id="00f067aa0ba902b7")


@pytest.fixture(scope="module")
def backend() -> Iterator[FaultServer]:
    with FaultServer() as backend:
        yield backend


@pytest.fixture(autouse=True)
def _well(backend: FaultServer) -> Iterator[None]:
    yield
    backend.forget()


@pytest.fixture(scope="module")
def llama(model_file: Path) -> Iterator[LlamaServer]:
    with LlamaServer(model_file, embed=True) as llama:
        yield llama


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory, backend: FaultServer, llama: LlamaServer) -> Iterator[GridNode]:
    apis = "\n".join(f"  {name}: {{provider: openapi, endpoint: '{backend.url}'}}" for name in APIS)
    with GridNode("far", tmp_path_factory.mktemp("far"), FAR.format(apis=apis, llama=llama.url)) as node:
        yield node


def near(home: Path) -> Router:
    """A kernel on the machine of a node, of the same user: it finds the cell by the file in the home."""
    models: dict[str, Any] = {name: {"provider": "grid"} for name in (*APIS, "loop", "shared", "vectors")}
    models["big"] = {"provider": "grid", "model_name": "echo", "tags": ["private"]}
    models["gone"] = {"provider": "grid", "model_name": "echo", "options": {"node": "nowhere"}}
    plugins = Plugins()
    settings = {"models": models, "roles": {"coding": ["gone", "big"]}}
    return Router(load_config(plugins, settings=settings), plugins, home=Home(home))


@pytest.fixture
async def router(far: GridNode) -> AsyncIterator[Router]:
    async with near(far.home) as router:
        yield router


def direct(text: str, model: str | None = None, **more: Any) -> Task:
    return Task(text, mode="direct", model=model, **more)


@pytest.mark.promise("future.4")
async def test_a_chain_names_a_model_that_another_node_answers(router: Router, far: GridNode) -> None:
    done = await router.run(direct("Say hello\nto Ada"))
    assert done.text == "Say hello\nto Ada"
    assert [(attempt.model, attempt.outcome) for attempt in done.trace.attempts] == [("gone", "failed"), ("big", "ok")]
    assert done.trace.attempts[0].error is not None
    assert "node 'nowhere' of the cell does not offer 'echo' now" in done.trace.attempts[0].error.message
    offered = json.loads(far.run("grid", "nodes", "--json").stdout)[0]["models"]
    assert not {"loop", "unplugged"} & offered.keys()
    assert offered["echo"] == "ready"


async def test_tools_pictures_schema_and_usage_go_through(router: Router, backend: FaultServer) -> None:
    call = {"index": 0, "id": "c1", "function": {"name": "add", "arguments": '{"a": 1}'}}
    usage = {"id": "x", "model": "pretender", "choices": [], "usage": {"prompt_tokens": 70, "completion_tokens": 30}}
    backend.will(stream([piece(tool_calls=[call]), piece(finish="tool_calls"), usage, "[DONE]"]))
    picture = Media(media_type="image/png", data=b"\x89PNG\r\n\x1a\n\xff\x00")
    done = await router.run(
        Task(
            messages=(Message("user", [Text("add it"), picture]),),
            tools=(Tool(name="add", schema={"type": "object", "properties": {"a": {"type": "integer"}}}),),
            tool_choice="required",
            parameters={"max_tokens": 16, "temperature": 0.5},
            mode="direct",
            model="tools",
            trace_context=TRACE,
        )
    )
    assert [(call.name, call.arguments) for call in done.reply.tool_calls] == [("add", '{"a": 1}')]
    assert done.reply.finish == "tool_calls"
    assert (done.usage.input_tokens, done.usage.output_tokens) == (70, 30)
    sent = backend.requests[-1]
    assert sent.json["tools"][0]["function"]["name"] == "add"
    assert sent.json["tool_choice"] == "required"
    assert sent.json["temperature"] == 0.5
    assert "image/png;base64,iVBOR" in json.dumps(sent.json["messages"])
    assert sent.headers["traceparent"].split("-")[1] == TRACE.trace_id
    schema = {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}
    await router.run(direct("give x", "tools", response_schema=schema))
    assert backend.requests[-1].json["response_format"]["json_schema"]["schema"]["required"] == ["x"]


@pytest.mark.parametrize(
    ("model", "fault", "kind"),
    [
        ("limited", status(429, {"Retry-After": "70"}), "ProviderRateLimitedError"),
        ("refused", status(401), "ProviderAuthError"),
        ("wrong", status(400), "ProviderReplyError"),
    ],
)
async def test_a_failure_comes_back_as_what_it_was(
    router: Router, backend: FaultServer, model: str, fault: Any, kind: str
) -> None:
    backend.will(fault)
    with pytest.raises(AllModelsFailedError) as caught:
        await router.run(direct("hi", model))
    error = caught.value.attempts[-1].error
    assert error is not None
    assert error.type == kind, error
    assert "node 'far': " in error.message
    assert (error.retry_after or 0.0) == pytest.approx(70.0 if model == "limited" else 0.0, abs=1.0)
    assert caught.value.refused == error.refused == (model == "wrong")


async def test_an_answer_that_breaks_off_is_told_as_incomplete(router: Router, backend: FaultServer) -> None:
    backend.will(half_a_stream())  # in order: a reset would take away what nobody had read yet
    done = await router.run(direct("hi", "cut"))
    assert (done.complete, done.text) == (False, "Hello A")


async def test_whoever_stops_listening_stops_the_backend_of_the_far_node(router: Router, backend: FaultServer) -> None:
    backend.will(stream([piece("Hello ")], "hang"))
    async with aclosing(router.stream(direct("hi", "hung"))) as events:
        async for event in events:
            if isinstance(event, Delta) and event.chunk.text:
                break
    assert await asyncio.to_thread(backend.left.wait, 5.0)


async def test_vectors_are_those_of_the_far_model(router: Router, llama: LlamaServer) -> None:
    texts = ("The cat sat on the mat.", "A kitten was sitting on the rug.", "Interest rates rose by a quarter.")
    task = Task(messages=tuple(Message("user", text) for text in texts), mode="embed", model="vectors")
    done = await router.run(task)
    async with httpx.AsyncClient() as client:
        body = {"input": list(texts), "encoding_format": "float"}
        said = (await client.post(f"{llama.url}/v1/embeddings", json=body)).json()["data"]
    assert done.reply.vectors is not None
    assert len(done.reply.vectors) == 3
    for vector, own in zip(done.reply.vectors, said, strict=True):
        assert list(vector) == pytest.approx(own["embedding"], abs=1e-5)
    assert done.usage.input_tokens
    with pytest.raises(NoModelLeftError, match=r"node 'far': .*provider can't do embed"):
        await router.run(evolve(task, model="big"))
    with pytest.raises(PrivacyError, match="the cell does not clear"):
        await router.run(evolve(task, private=True))


async def test_nothing_goes_round(router: Router, far: GridNode) -> None:
    with pytest.raises(AllModelsFailedError, match="no node of the cell offers 'loop' now"):
        await router.run(direct("hi", "loop"))
    assert await code(far, "loop") == "NOT_FOUND"
    assert await code(far, "echo", hops=2) == "FAILED_PRECONDITION"
    assert await code(far, "echo", prompt=b"{}") == "INVALID_ARGUMENT"
    assert await code(far, "echo") == "OK"


async def test_keys_of_apps_open_nothing_between_nodes(far: GridNode) -> None:
    key = json.loads(far.run("apps", "create", "till", "--json").stdout)["key"]
    assert await code(far, "echo", key=key) == "PERMISSION_DENIED"
    assert await code(far, "echo", key="wrong") == "UNAUTHENTICATED"


async def code(node: GridNode, model: str, *, key: str = "", hops: int = 1, prompt: bytes | None = None) -> str:
    token = node.cell.token
    assert token is not None
    request = pb.GenerateRequest(
        model=model, prompt=prompt if prompt is not None else protocol.encoded(Prompt.of("hi")), hops=hops
    )
    async with (
        Engine(node.cell) as engine,
        grpc.aio.insecure_channel((await engine.membership.nodes())[0].address) as channel,
    ):
        call = channel.unary_stream(protocol.GENERATE, None, None)(
            request.SerializeToString(), metadata=[("authorization", f"Bearer {key or token.reveal()}")]
        )
        try:
            async for _ in call:
                pass
        except grpc.aio.AioRpcError as error:
            return error.code().name
        return "OK"


async def test_private_content_goes_to_a_node_that_the_cell_lists_and_to_no_other(
    router: Router, far: GridNode, backend: FaultServer
) -> None:
    secret = "my ssn is 078-05-1120"
    before = backend.bytes_received
    for model in ("big", "cloud"):  # whatever tags it has here
        with pytest.raises(PrivacyError, match="the cell does not clear"):
            await router.run(direct(secret, model))
    async with Engine(far.cell) as engine:
        await engine.configuration.clear(["far"])
        try:
            assert (await router.run(direct(secret, "big"))).text == secret
            location = router.pool.locations["big"]
            assert (location.host, location.cleared, location.here) == ("far", True, False)
            # The node's own rules hold there: what may pass a prompt on needs the tag on that node.
            with pytest.raises(PrivacyError):
                await router.run(direct(secret, "cloud"))
        finally:
            await engine.configuration.clear([])
        with pytest.raises(PrivacyError):  # at once: the list is asked for each attempt
            await router.run(direct(secret, "big"))
    assert backend.bytes_received == before


async def test_the_far_node_asks_no_model_whatever_it_is_told(far: GridNode) -> None:
    assert await told(far, "hi", private=True) == "PrivacyError"  # declared
    assert await told(far, "my ssn is 078-05-1120", private=False) == "PrivacyError"  # found by itself
    flagged = "Write to anna.berg@nordwind.de"  # may go anywhere, as the node that asks has found as well
    assert await told(far, flagged, private=False) == ""


async def told(node: GridNode, text: str, *, private: bool) -> str:
    """The failure that a node tells."""
    token = node.cell.token
    assert token is not None
    request = pb.GenerateRequest(model="echo", prompt=protocol.encoded(Prompt.of(text)), private=private, hops=1)
    async with (
        Engine(node.cell) as engine,
        grpc.aio.insecure_channel((await engine.membership.nodes())[0].address) as channel,
    ):
        call = channel.unary_stream(protocol.GENERATE, None, None)(
            request.SerializeToString(), metadata=[("authorization", f"Bearer {token.reveal()}")]
        )
        return [pb.GeneratePiece.FromString(data).failure.type async for data in call][-1]


async def test_when_all_nodes_that_were_known_fail_the_cell_is_asked_who_has_the_model_now(router: Router) -> None:
    kind = router.plugins.providers["grid"]
    assert issubclass(kind, GridProvider)
    offers = (await kind.link.opened(router)).offers
    (record,) = await offers.of("echo", now=True)
    offers._known = [evolve(record, instance="gone", name="gone", address="127.0.0.1:9")]  # read a moment ago
    done = await router.run(direct("hi", "big"))
    assert [attempt.outcome for attempt in done.trace.attempts] == ["ok"]
    await kind.link.release(router)


async def test_a_node_that_dies_before_its_first_word_is_replaced(
    far: GridNode, backend: FaultServer, tmp_path: Path
) -> None:
    config = f"models:\n  cloud: {{provider: openapi, endpoint: '{backend.url}'}}\nroles: {{coding: [cloud]}}\n"
    with GridNode("brittle", tmp_path / "brittle", config, far.joining) as brittle:
        async with near(brittle.home) as router:  # its own node is asked first
            backend.hanging.clear()
            backend.will(hang)
            running = asyncio.create_task(router.run(direct("hi", "cloud")))
            assert await asyncio.to_thread(backend.hanging.wait, 10.0)
            brittle.kill()
            done = await asyncio.wait_for(running, 10.0)
    assert done.text == "Hello Ada."
    assert [attempt.outcome for attempt in done.trace.attempts] == ["ok"]
    assert len(backend.requests) >= 2


class TestGridProvider(ProviderContract):
    """Each test is a program of its own, which finds the cell by the file in the home."""

    @pytest.fixture(autouse=True)
    def _cell(self, far: GridNode, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        class There(Link):
            def cell(self) -> Cell:
                return far.cell

        class Nowhere(Link):
            def cell(self) -> Cell:
                return Cell(urls=["nats://127.0.0.1:9"])

        self._there, self._nowhere = provider_of(There()), provider_of(Nowhere())
        self.plugin = Registering(self._there)

    def make(self) -> Provider:
        return self._there(Model(id="big", provider="grid", model_name="echo"))

    def broken(self) -> Provider:
        return self._nowhere(Model(id="big", provider="grid", model_name="echo"))


class Registering:
    """What a router's plugins keep of one call."""

    def __init__(self, kind: type[Provider]) -> None:
        self._kind = kind

    def register_providers(self) -> Mapping[str, type[Provider]]:
        return {"grid": self._kind}

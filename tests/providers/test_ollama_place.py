"""Where a model behind Ollama runs, and where a private prompt may go: only what is proved counts as this machine."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from aurarouter_hooks import EmbedRequest, Location, Message, Prompt, ProviderUnavailableError
from aurarouter_ollama.provider import OllamaProvider
from fault_server import FaultServer
from faults import hang, redirect, status
from ollama_faults import MODEL, WEIGHTS, missing, ollama, shown

pytest_plugins = ["ollama_fixtures"]
Make = Callable[..., OllamaProvider]
HELLO = Prompt(messages=(Message("user", "My name is Ada."),))


@pytest.fixture
def blobs(tmp_path: Path) -> Path:
    """A folder of weights, with the model's in it."""
    folder = tmp_path / "models" / "blobs"
    folder.mkdir(parents=True)
    (folder / WEIGHTS).write_bytes(b"GGUF")
    return folder


def private(where: Location) -> Prompt:
    return evolve(HELLO, private=True, location=where)


async def test_a_model_whose_weights_are_on_this_disk_runs_here(
    on_ollama: Make, fault_server: FaultServer, blobs: Path
) -> None:
    fault_server.always(ollama(blobs))
    where = await on_ollama().where()
    assert where == Location(kind="loopback", host="127.0.0.1", addresses=("127.0.0.1",), relay=False)
    assert where.here
    assert fault_server.requests[0].json == {"model": MODEL}


@pytest.mark.parametrize(
    "name", ["gpt-oss:120b-cloud", "kimi-k2.6:cloud", "gpt-oss:20b:Cloud", "me/x-cloud", "x: cloud "]
)
async def test_a_cloud_models_name_is_enough(
    on_ollama: Make, fault_server: FaultServer, blobs: Path, name: str
) -> None:
    fault_server.always(ollama(blobs))
    where = await on_ollama(model_name=name).where()
    assert (where.kind, where.relay, where.here) == ("remote", True, False)
    assert not fault_server.requests


@pytest.mark.parametrize("field", ["remote_host", "remote_model"])
async def test_a_model_that_the_server_passes_on_is_remote(
    on_ollama: Make, fault_server: FaultServer, blobs: Path, field: str
) -> None:
    fault_server.always(ollama(blobs, **{field: "https://ollama.com:443"}))
    where = await on_ollama().where()
    assert (where.kind, where.relay) == ("remote", True)


def other(modelfile: object) -> dict[str, Any]:
    return {"modelfile": modelfile}


@pytest.mark.parametrize(
    "fields",
    [
        other(None),
        other(""),
        other("FROM llama/smollm2-135m\n"),  # as a program says that passes everything on
        other(f"FROM blobs/{WEIGHTS}\n"),
        other("FROM /etc/passwd\n"),
        other(f"FROM /nowhere/models/blobs/{WEIGHTS}\n"),  # as a server behind a tunnel says
        other(f"FROM /nowhere/models/blobs/\0{WEIGHTS}\n"),
        other(f"# FROM /nowhere/{WEIGHTS}\n"),
    ],
)
async def test_what_proves_nothing_is_a_relay(
    on_ollama: Make, fault_server: FaultServer, fields: dict[str, Any]
) -> None:
    fault_server.always(ollama(None, **fields))
    where = await on_ollama().where()
    assert (where.kind, where.relay, where.here) == ("loopback", True, False)


async def test_every_file_of_the_model_must_be_here(on_ollama: Make, fault_server: FaultServer, blobs: Path) -> None:
    both = f"FROM {blobs / WEIGHTS}\nFROM {blobs / WEIGHTS.replace('7f', '80')}\n"
    fault_server.always(ollama(None, modelfile=both))
    assert not (await on_ollama().where()).here
    (blobs / WEIGHTS.replace("7f", "80")).write_bytes(b"")
    assert not (await on_ollama().where()).here, "an empty file holds no weights"
    (blobs / WEIGHTS.replace("7f", "80")).write_bytes(b"GGUF")
    assert (await on_ollama().where()).here


async def test_weights_elsewhere_than_in_a_store_prove_nothing(
    on_ollama: Make, fault_server: FaultServer, tmp_path: Path
) -> None:
    (tmp_path / WEIGHTS).write_bytes(b"GGUF")
    fault_server.always(ollama(None, modelfile=f"FROM {tmp_path / WEIGHTS}\n"))
    assert not (await on_ollama().where()).here


@pytest.mark.parametrize("fault", [missing(), status(500), redirect("/"), hang])
async def test_a_server_that_does_not_say_is_a_relay(
    on_ollama: Make, fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch, fault: Any
) -> None:
    monkeypatch.setattr("aurarouter_ollama.server.ASK", 0.2)
    fault_server.always(fault)
    where = await on_ollama().where()
    assert (where.kind, where.relay) == ("loopback", True)


async def test_the_user_may_say_that_it_is_a_tunnel(on_ollama: Make, fault_server: FaultServer, blobs: Path) -> None:
    fault_server.always(ollama(blobs))
    assert (await on_ollama(options={"relay": True}).where()).relay
    assert not fault_server.requests


@pytest.mark.parametrize(
    ("endpoint", "kind"),
    [("http://192.168.7.7:1", "remote"), ("http://0.0.0.0:1", "remote"), ("http://nowhere.invalid", "unknown")],
)
async def test_nothing_else_is_asked_or_here(on_ollama: Make, endpoint: str, kind: str) -> None:
    where = await on_ollama(endpoint=endpoint).where()
    assert (where.kind, where.relay, where.here) == (kind, True, False)


async def test_a_private_prompt_and_the_question_before_it_use_no_proxy(
    on_ollama: Make, fault_server: FaultServer, blobs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault_server.always(ollama(blobs))
    with FaultServer() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        provider = on_ollama()
        where = await provider.where()
        assert where.here
        await provider.generate(private(where))
        assert [chunk async for chunk in provider.stream(private(where))]
        await provider.embed(EmbedRequest(texts=("Ada",), private=True, location=where))
        assert proxy.bytes_received == 0
        assert len(fault_server.requests) == 4
        fault_server.will(redirect(proxy.url))
        with pytest.raises(Exception, match="redirects to"):
            await provider.generate(private(where))
        assert proxy.bytes_received == 0
        proxy.always(ollama())
        await provider.generate(HELLO)  # the other way round, to show that the proxy would have been used
        assert len(proxy.requests) == 1


async def test_of_several_servers_a_private_prompt_sees_those_that_are_here(
    on_ollama: Make, fault_server: FaultServer, blobs: Path
) -> None:
    with FaultServer() as here:
        here.always(ollama(blobs))
        provider = on_ollama(endpoints=(here.url, "http://192.168.7.7:9"))
        where = await provider.where()
        assert where == Location(kind="loopback", host="127.0.0.1", addresses=("127.0.0.1",), relay=False)
        seen = len(fault_server.requests)
        await provider.generate(private(where))
        assert [chunk async for chunk in provider.stream(private(where))]
        assert len(fault_server.requests) == seen
        here.always(status(500))  # what was cleared for here goes nowhere else, whatever happens
        with pytest.raises(ProviderUnavailableError, match="answered 500"):
            await provider.generate(private(where))
        assert len(fault_server.requests) == seen


async def test_of_several_servers_that_are_not_here_each_gets_its_own_addresses(on_ollama: Make) -> None:
    with FaultServer("127.0.0.2") as one, FaultServer("127.0.0.3", one.port) as two:
        one.always(status(500))
        two.always(ollama())
        provider = on_ollama(endpoint=one.url, endpoints=(two.url,))
        where = await provider.where()
        assert where.addresses == ("127.0.0.2", "127.0.0.3")
        assert where.relay
        assert (await provider.generate(private(where))).text == "Hello Ada."
        narrow = evolve(where, addresses=("127.0.0.2",))
        with pytest.raises(ProviderUnavailableError, match="answered 500"):
            await provider.generate(private(narrow))
        hosts = [
            [request.headers["host"] for request in server.requests if request.path == "/api/chat"]
            for server in (one, two)
        ]
        assert hosts == [[one.url.removeprefix("http://")] * 2, [two.url.removeprefix("http://")]]


async def test_an_endpoint_anywhere_makes_the_answer_remote(on_ollama: Make) -> None:
    where = await on_ollama(endpoints=("http://nowhere.invalid", "http://192.168.7.7:9")).where()
    assert (where.kind, where.relay) == ("remote", True)
    where = await on_ollama(endpoints=("http://nowhere.invalid",)).where()
    assert (where.kind, where.relay) == ("unknown", True)


async def test_what_moved_to_the_cloud_meanwhile_gets_nothing(
    on_ollama: Make, fault_server: FaultServer, blobs: Path
) -> None:
    fault_server.always(ollama(blobs))
    provider = on_ollama()
    cleared = await provider.where()
    assert cleared.here
    fault_server.always(ollama(blobs, **shown(blobs, remote_host="https://ollama.com")))
    assert (await provider.where()).kind == "remote"
    seen = len(fault_server.requests)
    with pytest.raises(ProviderUnavailableError, match="none of them was checked"):
        await provider.generate(private(cleared))
    assert len(fault_server.requests) == seen

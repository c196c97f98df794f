"""A node brings a model and takes it away: never under a running request, nor what is the user's or too large."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from attrs import evolve

from aurarouter_auragrid.cell import Cell
from aurarouter_auragrid.deployment import bringing
from aurarouter_auragrid.deployment.bringing import Bringing
from aurarouter_auragrid.deployment.converging import Converging
from aurarouter_auragrid.deployment.deployments import Deployment, Deployments
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.errors import GridError
from aurarouter_auragrid.names import model_key
from aurarouter_auragrid.node.heartbeat import Heartbeat
from aurarouter_auragrid.records import Endpoint, NodeRecord
from aurarouter_auragrid.server.process import NatsServer
from aurarouter_auragrid.settings import Grid
from aurarouter_auragrid.storage.model_storage import GridModelStorage
from aurarouter_auragrid.storage.stored import StoredModel, stored_of, to_bytes
from aurarouter_core import AssetRegistry, Plugins, Router, Task, load_config
from aurarouter_hooks import AssetError, Secret
from gguf_files import gguf
from grid_loader import Loading


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    server = NatsServer("files", Grid(), tmp_path / "server")
    await server.start()
    try:
        async with Engine(Cell(urls=[server.url], token=Secret(server.token))) as engine:
            await engine.make()
            yield engine
    finally:
        await server.stop()


@pytest.fixture
async def router(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Router]:
    monkeypatch.setenv("AURAROUTER_WITHOUT", "llamacpp")
    monkeypatch.setattr(bringing, "LINGER", 0.1)
    config = tmp_path / "auraconfig.yaml"
    config.write_text("models: {echo: {provider: echo}}\nroles: {coding: [echo]}\n")
    plugins = Plugins(extra=[Loading()])
    async with Router(load_config(plugins, path=config), plugins) as router:
        yield router


@pytest.fixture
async def stored(engine: Engine, tmp_path: Path) -> StoredModel:
    path = tmp_path / "small.gguf"
    path.write_bytes(gguf(tensors=[("weights", (1024, 320), 0)]))
    return await GridModelStorage(engine).push(path, "small", lambda _done, _size: None)


async def test_a_model_that_leaves_ends_its_running_requests_first(
    engine: Engine, router: Router, stored: StoredModel
) -> None:
    node = Bringing(engine, router)
    told: list[float] = []
    await node.fetch(stored, told.append)
    await node.load("small", lambda memory: memory > stored.size)
    assert told[-1] == 1.0
    assert node.brought() == {"small"}
    path = router.home.models / stored.file
    running = asyncio.create_task(router.run(Task("SLEEP 1.0", model="small", mode="direct")))
    await asyncio.sleep(0.3)
    leaving = asyncio.create_task(node.take_away("small"))
    while "small" in router.snapshot.models:  # until nobody else gets it
        await asyncio.sleep(0.05)
    assert not running.done()
    assert path.is_file()
    done = await running
    assert (done.complete, done.text.count("piece")) == (True, 3)
    await leaving
    assert not path.exists()
    assert not router.pool.memory.holds("small")


async def test_what_the_user_has_registered_is_used_and_stays(
    engine: Engine, router: Router, stored: StoredModel, tmp_path: Path
) -> None:
    await AssetRegistry(router).register_asset("small", tmp_path / "small.gguf", confined=False)
    node = Bringing(engine, router)
    await node.fetch(stored, lambda _: None)
    await node.load("small", lambda _: True)
    assert not (router.home.models / stored.file).exists()
    assert node.brought() == frozenset()
    await node.take_away("small")
    assert "small" in router.snapshot.models


async def test_another_model_of_the_same_name_is_in_the_way(
    engine: Engine, router: Router, stored: StoredModel, tmp_path: Path
) -> None:
    other = tmp_path / "other.gguf"
    other.write_bytes(gguf(tensors=[("weights", (1024, 100), 0)]))
    await AssetRegistry(router).register_asset("small", other, confined=False)
    with pytest.raises(Exception, match="a model is called 'small' already"):
        await Bringing(engine, router).fetch(stored, lambda _: None)
    assert other.is_file()


async def test_without_a_provider_nothing_is_fetched(engine: Engine, home: Path, stored: StoredModel) -> None:
    plugins = Plugins(discover=False)
    async with Router(load_config(plugins), plugins) as router:
        with pytest.raises(AssetError, match="nothing installed there loads model files"):
            await Bringing(engine, router).fetch(stored, lambda _: None)
    assert not (home / "models" / stored.file).exists()


async def announced() -> None:
    """Nobody asks this node."""


async def until(deployments: Deployments, text: str) -> Deployment:
    """Wait until a reason says so."""
    end = time.monotonic() + 15
    while True:
        (found,) = await deployments.state()
        if any(text in reason for reason in found.reasons):
            return found
        assert time.monotonic() < end, found
        await asyncio.sleep(0.1)


async def test_what_is_larger_on_the_node_than_its_header_told_is_refused_there_with_the_reason(
    engine: Engine, router: Router, stored: StoredModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Bringing, "capacity", stored.memory)
    monkeypatch.setattr(Converging, "_fits", lambda *_: False)
    record = NodeRecord(name="n", instance="i", address="127.0.0.1:1", memory=stored.memory)
    beats = Heartbeat(engine, lambda: record, lambda: Endpoint(node="n", instance="i", address="127.0.0.1:1"))
    await beats.begin()
    node = Converging(engine, Bringing(engine, router), "n", announced)
    working = asyncio.create_task(node.run())
    deployments = Deployments(engine)
    await deployments.want("small", 1)
    found = await until(deployments, "n: it takes ")
    assert found.current == 0
    end = time.monotonic() + 10
    while (router.home.models / stored.file).exists():  # it was fetched, and has gone again
        assert time.monotonic() < end
        await asyncio.sleep(0.1)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    await node.end()
    await beats.end()


async def test_what_stands_in_the_cell_is_not_believed(engine: Engine, stored: StoredModel) -> None:
    storage = GridModelStorage(engine)
    assert "/" not in evolve(stored, model_id="../../evil").file
    for text in (b"nonsense", b"[]", b'{"model_id": "a"}', b'{"model_id": "a", "sha256": "../x", "size": 1}'):
        await engine.models.put(model_key("bad"), text)
        assert [one.model_id for one in await storage.models()] == ["small"]
        with pytest.raises(GridError, match="a record of the cell can't be read"):
            await storage.find("bad")
    assert stored_of(to_bytes(stored)[:-1] + b', "of_a_newer_node": 1}') == stored


async def test_a_file_of_the_users_is_never_touched(engine: Engine, router: Router, stored: StoredModel) -> None:
    storage, path = GridModelStorage(engine), router.home.models / stored.file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("older")
    with pytest.raises(AssetError, match="another file lies at"):
        await storage.pull("small", router, lambda _done, _size: None)
    assert path.read_text() == "older"
    path.unlink()
    done = await storage.pull("small", router, lambda _done, _size: None, ["mine"])
    assert (done.in_force, done.path) == (True, path)
    assert router.snapshot.config.models["small"].tags == ("mine",)

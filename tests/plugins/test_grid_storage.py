"""What goes wrong with a file of the cell: it is resumed, refused or told, and no file is other than it says."""

import hashlib
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from attrs import evolve

from aurarouter_auragrid.cell import Cell
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.errors import GridError, StorageDamagedError, StorageFullError
from aurarouter_auragrid.names import FILE_SUBJECT, FILES, model_key
from aurarouter_auragrid.server.process import NatsServer
from aurarouter_auragrid.settings import Grid, Storage
from aurarouter_auragrid.storage.model_storage import GridModelStorage
from aurarouter_auragrid.storage.part import PARTS, arrive
from aurarouter_auragrid.storage.stored import CHUNK, StoredModel, stored_of, to_bytes
from aurarouter_core import Plugins, Router, load_config
from aurarouter_hooks import AssetError, Secret
from gguf_files import gguf

CHUNKS = 6


class BrokenOffError(Exception):
    """Somebody pulls the plug."""


class Counting:
    """Progress that pulls the plug once so many bytes have gone."""

    def __init__(self, most: int | None = None) -> None:
        self.most, self.seen = most, list[int]()

    def __call__(self, done: int, size: int | None) -> None:
        self.seen.append(done)
        if self.most is not None and done >= self.most:
            raise BrokenOffError


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    grid = Grid(storage=Storage(max_mb=8))
    server = NatsServer("files", grid, tmp_path / "server")
    await server.start()
    try:
        cell = Cell(urls=[server.url], token=Secret(server.token), storage=grid.storage)
        async with Engine(cell) as engine:
            await engine.make()
            yield engine
    finally:
        await server.stop()


@pytest.fixture
def storage(engine: Engine) -> GridModelStorage:
    return GridModelStorage(engine)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return a_model(tmp_path / "small.gguf")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    return folder


def a_model(path: Path, chunks: int = CHUNKS, seed: int = 0) -> Path:
    """A GGUF file of about so many chunks, no two of them alike."""
    data = bytearray(gguf(tensors=[("weights", (1024, 128 * chunks - 10), 0)]))
    for place in range(2048, len(data) - 8, 4096):
        data[place : place + 8] = (place + seed).to_bytes(8, "little")
    path.write_bytes(bytes(data))
    return path


async def pushed(storage: GridModelStorage, path: Path, name: str = "small") -> StoredModel:
    return await storage.push(path, name, Counting())


async def damage(engine: Engine, stored: StoredModel, number: int) -> None:
    """Put something else where a chunk is."""
    digest = dict(await engine.storage.pieces(stored.sha256))[number]
    await engine.connection.js.publish(f"{FILE_SUBJECT}.{stored.sha256}.{number}.{digest}", b"x" * CHUNK)


def visible(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if not path.name.startswith(".")]


async def test_a_file_arrives_as_it_was_pushed(
    engine: Engine, storage: GridModelStorage, path: Path, folder: Path
) -> None:
    stored = await pushed(storage, path)
    assert (stored.chunks, stored.architecture) == (CHUNKS, "llama")
    assert stored.memory > stored.size
    arrived = await arrive(engine.storage, stored, folder, Counting())
    assert arrived.read_bytes() == path.read_bytes()
    assert visible(folder) == [f"small-{stored.sha256[:12]}.gguf"]


async def test_a_push_that_was_broken_off_goes_on_where_it_stopped(
    engine: Engine, storage: GridModelStorage, path: Path, folder: Path
) -> None:
    with pytest.raises(BrokenOffError):
        await storage.push(path, "small", Counting(3 * CHUNK))
    (listed,) = await storage.models()
    assert listed.stored is not None
    assert not listed.stored.complete
    with pytest.raises(StorageDamagedError, match="3 of 6 chunks of 'small' are not in the cell"):
        await arrive(engine.storage, listed.stored, folder, Counting())
    before = (await engine.connection.js.stream_info(FILES)).state.last_seq
    stored = await pushed(storage, path)
    assert (await engine.connection.js.stream_info(FILES)).state.last_seq - before == CHUNKS - 3
    assert (await arrive(engine.storage, stored, folder, Counting())).read_bytes() == path.read_bytes()


async def test_a_pull_that_was_broken_off_checks_what_it_has_and_goes_on(
    engine: Engine, storage: GridModelStorage, path: Path, folder: Path
) -> None:
    stored = await pushed(storage, path)
    with pytest.raises(BrokenOffError):
        await arrive(engine.storage, stored, folder, Counting(4 * CHUNK))
    assert visible(folder) == []
    part = folder / PARTS / f"grid-{stored.sha256}"
    data = bytearray(part.read_bytes())
    data[2 * CHUNK + 7] ^= 1
    part.write_bytes(bytes(data) + b"half a chunk")
    watched = Counting()
    assert (await arrive(engine.storage, stored, folder, watched)).read_bytes() == path.read_bytes()
    assert watched.seen[0] == 2 * CHUNK


async def test_a_damaged_chunk_is_told_thrown_away_and_pushed_again(
    engine: Engine, storage: GridModelStorage, path: Path, folder: Path
) -> None:
    stored = await pushed(storage, path)
    await damage(engine, stored, 4)
    with pytest.raises(StorageDamagedError, match="chunk 4 of a file is damaged in the cell"):
        await arrive(engine.storage, stored, folder, Counting())
    assert visible(folder) == []
    with pytest.raises(StorageDamagedError, match="1 of 6 chunks of 'small' are not in the cell"):
        await arrive(engine.storage, stored, folder, Counting())
    await pushed(storage, path)
    assert (await arrive(engine.storage, stored, folder, Counting())).read_bytes() == path.read_bytes()


async def test_chunks_that_fit_each_but_not_the_whole_make_no_file(
    engine: Engine, storage: GridModelStorage, path: Path, folder: Path
) -> None:
    stored = await pushed(storage, path)
    pieces = sorted(await engine.storage.pieces(stored.sha256))
    await engine.storage.drop(stored.sha256, pieces[1])
    await engine.storage.store(stored.sha256, 1, b"y" * CHUNK)
    with pytest.raises(StorageDamagedError, match="the file of 'small' is not what its record says"):
        await arrive(engine.storage, stored, folder, Counting())
    assert visible(folder) == []


async def test_a_file_that_changes_while_it_is_pushed_is_not_complete(
    engine: Engine, storage: GridModelStorage, path: Path
) -> None:
    def change(done: int, _size: int | None) -> None:
        if done == CHUNK:
            a_model(path, seed=1)

    with pytest.raises(AssetError, match="was changed while it was pushed"):
        await storage.push(path, "small", change)
    assert not (await storage.find("small")).complete
    await pushed(storage, path)
    (listed,) = await storage.models()
    assert listed.stored is not None
    assert listed.stored.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert {number for number, _ in await engine.storage.pieces(listed.stored.sha256)} == set(range(CHUNKS))


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """The disk takes no more than this for one file: the system says so in the middle of a write."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_a_disk_that_takes_no_more_leaves_no_file_and_the_next_pull_goes_on(
    engine: Engine, storage: GridModelStorage, path: Path, folder: Path
) -> None:
    stored = await pushed(storage, path)
    with no_file_beyond(2 * CHUNK + 100), pytest.raises(AssetError, match=r"can't write small-.*: File too large"):
        await arrive(engine.storage, stored, folder, Counting())
    assert visible(folder) == []
    watched = Counting()
    assert (await arrive(engine.storage, stored, folder, watched)).read_bytes() == path.read_bytes()
    assert watched.seen[0] == 2 * CHUNK


async def test_a_disk_without_room_is_refused_before_anything_is_fetched(
    engine: Engine, storage: GridModelStorage, path: Path, folder: Path
) -> None:
    stored = evolve(await pushed(storage, path))
    huge = evolve(stored, size=40 << 30)
    pieces = engine.storage.pieces

    async def all_there(file: str) -> frozenset[tuple[int, str]]:
        return frozenset((number, "0" * 64) for number in range(huge.chunks)) if file else await pieces(file)

    engine.storage.pieces = all_there  # type: ignore[method-assign]
    with no_free_disk(), pytest.raises(AssetError, match=r"takes another 42950 MB, and \d+ MB are free"):
        await arrive(engine.storage, huge, folder, Counting())
    assert visible(folder) == []


@contextmanager
def no_free_disk() -> Iterator[None]:
    """A disk with little left."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shutil.disk_usage", lambda _folder: type("Usage", (), {"free": 1 << 30}))
        yield


async def test_two_pulls_of_one_file_do_not_mix(
    engine: Engine, storage: GridModelStorage, path: Path, folder: Path
) -> None:
    stored = await pushed(storage, path)

    async def second(_done: int) -> None:
        with pytest.raises(AssetError, match="another process is fetching"):
            await arrive(engine.storage, stored, folder, Counting())

    fetch, asked = engine.storage.fetch, list[int]()

    async def slow(file: str, piece: tuple[int, str]) -> bytes:
        if not asked:
            asked.append(piece[0])
            await second(piece[0])
        return await fetch(file, piece)

    engine.storage.fetch = slow  # type: ignore[method-assign]
    assert (await arrive(engine.storage, stored, folder, Counting())).read_bytes() == path.read_bytes()


async def test_what_does_not_fit_is_refused_before_anything_is_sent(
    engine: Engine, storage: GridModelStorage, tmp_path: Path
) -> None:
    await pushed(storage, a_model(tmp_path / "one.gguf", 10, seed=1), "one")
    with pytest.raises(StorageFullError, match=r"'two' takes 5 MB, and 5 of the 8 MB .* are taken") as caught:
        await pushed(storage, a_model(tmp_path / "two.gguf", 10, seed=2), "two")
    assert "grid.storage.max_mb" in caught.value.hint
    assert [one.model_id for one in await storage.models()] == ["one"]
    await storage.remove("one")
    assert (await engine.storage.room())[0] == 0
    assert (await pushed(storage, tmp_path / "two.gguf", "two")).complete


async def test_the_servers_own_limit_is_told_as_one(engine: Engine) -> None:
    for number in range(15):
        await engine.storage.store("0" * 64, number, number.to_bytes(1, "big") * CHUNK)
    with pytest.raises(StorageFullError, match="the cell has no room for more model files"):
        await engine.storage.store("0" * 64, 15, b"x" * CHUNK)


async def test_one_file_under_two_names_is_kept_once_and_goes_with_the_last(
    engine: Engine, storage: GridModelStorage, path: Path, folder: Path
) -> None:
    await pushed(storage, path, "one")
    used = (await engine.storage.room())[0]
    two = await pushed(storage, path, "two")
    assert (await engine.storage.room())[0] == used
    await storage.remove("one")
    assert (await arrive(engine.storage, two, folder, Counting())).read_bytes() == path.read_bytes()
    await storage.remove("two")
    assert (await engine.storage.room())[0] == 0
    with pytest.raises(AssetError, match="the cell keeps no model 'two'"):
        await storage.remove("two")


async def test_what_is_no_model_or_no_name_is_refused(storage: GridModelStorage, path: Path, tmp_path: Path) -> None:
    other = a_model(tmp_path / "other.gguf", seed=9)
    (tmp_path / "words.gguf").write_text("this is no model")
    with pytest.raises(AssetError, match="does not begin with 'GGUF'"):
        await pushed(storage, tmp_path / "words.gguf")
    for name in ("../../etc/passwd", "", "a/b", "role:coding", "x" * 200):
        with pytest.raises(AssetError, match="can't be a model's id"):
            await pushed(storage, path, name)
    await pushed(storage, path)
    with pytest.raises(AssetError, match="the cell keeps another file as 'small'"):
        await pushed(storage, other)
    assert [one.model_id for one in await storage.models()] == ["small"]


async def test_what_stands_in_the_cell_is_not_believed(engine: Engine, storage: GridModelStorage, path: Path) -> None:
    stored = await pushed(storage, path)
    evil = evolve(stored, model_id="../../evil")
    assert "/" not in evil.file
    for text in (b"nonsense", b"[]", b'{"model_id": "a"}', b'{"model_id": "a", "sha256": "../x", "size": 1}'):
        await engine.models.put(model_key("bad"), text)
        assert [one.model_id for one in await storage.models()] == ["small"]
        with pytest.raises(GridError, match="a record of the cell can't be read"):
            await storage.find("bad")
    assert stored_of(to_bytes(stored)[:-1] + b', "of_a_newer_node": 1}') == stored


async def test_a_file_of_the_users_is_never_touched(
    engine: Engine, storage: GridModelStorage, path: Path, home: Path, tmp_path: Path
) -> None:
    stored = await pushed(storage, path)
    config = tmp_path / "auraconfig.yaml"
    config.write_text("models: {echo: {provider: echo}}\nroles: {coding: [echo]}\n")
    models = home / "models"
    models.mkdir(parents=True)
    (models / stored.file).write_text("older")
    plugins = Plugins()
    async with Router(load_config(plugins, path=config), plugins) as router:
        with pytest.raises(AssetError, match="another file lies at"):
            await storage.pull("small", router, Counting())
        assert (models / stored.file).read_text() == "older"
        (models / stored.file).unlink()
        done = await storage.pull("small", router, Counting(), ["mine"])
        assert done.in_force
        assert router.snapshot.config.models["small"].tags == ("mine",)
        assert done.path == models / stored.file

"""A disk that is really full, up to its last byte, under a pull and a push: told, nothing lies, and it goes on."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aurarouter_auragrid.cell import Cell
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.server.process import NatsServer
from aurarouter_auragrid.settings import Grid
from aurarouter_auragrid.storage.model_storage import GridModelStorage
from aurarouter_auragrid.storage.part import SPARE
from aurarouter_hooks import Secret
from full_disk import on_a_small_disk, possible
from gguf_files import gguf

pytestmark = pytest.mark.skipif(not possible(), reason="a file system of our own can't be mounted here (unshare -rm)")
MEGABYTES = 16 + (SPARE >> 20)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A model of six megabytes, no two chunks of it alike."""
    data = bytearray(gguf(tensors=[("weights", (1024, 1500), 0)]))
    for place in range(2048, len(data) - 8, 4096):
        data[place : place + 8] = place.to_bytes(8, "little")
    path = tmp_path / "small.gguf"
    path.write_bytes(bytes(data))
    return path


@pytest.fixture
async def url_and_token(path: Path, tmp_path: Path) -> AsyncIterator[tuple[str, str]]:
    """The way into a cell that keeps the model, on a disk with room."""
    server = NatsServer("files", Grid(), tmp_path / "server")
    await server.start()
    try:
        async with Engine(Cell(urls=[server.url], token=Secret(server.token))) as engine:
            await engine.make()
            await GridModelStorage(engine).push(path, "small", lambda *_: None)
        yield server.url, server.token
    finally:
        await server.stop()


async def test_a_pull_onto_a_disk_that_gets_full_says_so_keeps_what_was_there_and_goes_on(
    url_and_token: tuple[str, str], path: Path, tmp_path: Path
) -> None:
    seen = await asyncio.to_thread(on_a_small_disk, tmp_path / "disk", MEGABYTES, "pull", *url_and_token, "small")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    file = f"small-{digest[:12]}.gguf"
    way, end, room = seen["on the way"], seen["in the end"], seen["with room"]
    old = {"old.gguf": hashlib.sha256(b"an older file").hexdigest()}
    assert way["error"].startswith(f"can't write {file} into ")
    assert way["error"].endswith("No space left on device")
    assert way["hint"].endswith("then pull again: it goes on where it stopped.")
    assert way["files"] == old
    # The file is there, and the configuration's own files can't be written.
    assert end["from"] == [2 << 20]
    assert end["error"].endswith("can't be written: No space left on device")
    assert "the room on the disk" in end["hint"]
    assert end["files"] == room["files"] == {**old, file: digest}
    assert way["config"] == end["config"]
    assert way["models"] == end["models"] == ["old"]
    assert (room["error"], room["models"]) == ("", ["old", "small"])


async def test_a_disk_with_too_little_room_is_refused_before_anything_is_fetched(
    url_and_token: tuple[str, str], tmp_path: Path
) -> None:
    seen = await asyncio.to_thread(on_a_small_disk, tmp_path / "disk", 4, "pull", *url_and_token, "small")
    assert "takes another 6 MB, and 4 MB are free" in seen["on the way"]["error"]
    assert [*seen["with room"]["files"]] == ["old.gguf"]


@pytest.mark.soak
async def test_a_push_into_a_server_whose_disk_gets_full_is_told_and_goes_on_when_there_is_room(
    path: Path, tmp_path: Path
) -> None:
    seen = await asyncio.to_thread(on_a_small_disk, tmp_path / "disk", MEGABYTES, "push", str(path))
    assert seen["on the way"]["error"] == "the cell answers, but it does not store a chunk"
    assert "may be full" in seen["on the way"]["hint"]
    assert seen["told"] is False
    assert "chunks of 'small' are not in the cell" in seen["pull"]
    assert seen["with room"]["complete"] is True
    assert seen["starts"] == 2  # the server of a node stores nothing more until it is started anew
    assert seen["whole"] == hashlib.sha256(path.read_bytes()).hexdigest()

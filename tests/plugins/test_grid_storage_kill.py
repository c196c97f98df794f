"""Pushes and pulls of a real model that are killed at random moments: no record and no file is other than it says."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aurarouter_auragrid.cell import Cell
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.errors import StorageDamagedError
from aurarouter_auragrid.server.process import NatsServer
from aurarouter_auragrid.settings import Grid
from aurarouter_auragrid.storage.model_storage import GridModelStorage
from aurarouter_auragrid.storage.part import PARTS, arrive
from aurarouter_hooks import AssetError, Secret
from storage_victim import silent

VICTIM = Path(__file__).parents[1] / "peers" / "storage_victim.py"
TIMES = 100


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    server = NatsServer("files", Grid(), tmp_path / "server")
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def engine(server: NatsServer) -> AsyncIterator[Engine]:
    async with Engine(Cell(urls=[server.url], token=Secret(server.token))) as engine:
        await engine.make()
        yield engine


async def killed(server: NatsServer, what: str, place: Path, seconds: float) -> bool:
    """Run the program and kill it so long after it began; False when it was quicker."""
    command = [sys.executable, str(VICTIM), what, server.url, server.token, str(place)]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, env=dict(os.environ))
    assert process.stdout is not None
    assert await process.stdout.readline() == b"at work\n"
    try:
        async with asyncio.timeout(seconds):
            await process.wait()
    except TimeoutError:
        process.send_signal(signal.SIGKILL)
    await process.wait()
    return process.returncode == -signal.SIGKILL


@pytest.mark.soak
async def test_pushes_that_are_killed_never_make_a_record_that_lies(
    server: NatsServer, engine: Engine, model_file: Path, tmp_path: Path
) -> None:
    found, seed, storage, folder = Counter[str](), random.Random(1), GridModelStorage(engine), tmp_path / "models"
    folder.mkdir()
    while found["killed"] < TIMES:
        found["killed"] += await killed(server, "push", model_file, seed.uniform(0.0, 1.2))
        try:
            stored = await storage.find("big")
        except AssetError:
            found["nothing there yet"] += 1
            continue
        if not stored.complete:
            found["told as not complete"] += 1
            with pytest.raises(StorageDamagedError):
                await arrive(engine.storage, stored, folder, silent)
            continue
        found["complete"] += 1
        arrived = await arrive(engine.storage, stored, folder, silent)
        assert arrived.read_bytes() == model_file.read_bytes()
        arrived.unlink()
        await storage.remove("big")
    await storage.push(model_file, "big", silent)
    arrived = await arrive(engine.storage, await storage.find("big"), folder, silent)
    assert arrived.read_bytes() == model_file.read_bytes()
    print("\n".join(f"{name:<24}{count:>6}" for name, count in sorted(found.items())))


@pytest.mark.soak
async def test_pulls_that_are_killed_never_make_a_file_that_lies(
    server: NatsServer, engine: Engine, model_file: Path, tmp_path: Path
) -> None:
    found, seed, folder = Counter[str](), random.Random(2), tmp_path / "models"
    folder.mkdir()
    stored = await GridModelStorage(engine).push(model_file, "big", silent)
    whole, part = folder / stored.file, folder / PARTS / f"grid-{stored.sha256}"
    while found["killed"] < TIMES:
        before = part.stat().st_size if part.exists() else 0
        found["killed"] += await killed(server, "pull", folder, seed.uniform(0.0, 1.2))
        found["gone on with a part"] += before > 0
        assert [path.name for path in folder.iterdir() if not path.name.startswith(".")] in ([], [stored.file])
        if whole.exists():
            found["whole"] += 1
            assert whole.read_bytes() == model_file.read_bytes()
            whole.unlink()
        elif part.exists() and seed.random() < 0.3:  # what a power cut may leave of it
            found["part damaged"] += 1
            with part.open("r+b") as file:
                file.seek(seed.randrange(max(1, part.stat().st_size)))
                file.write(b"lost")
    arrived = await arrive(engine.storage, stored, folder, silent)
    assert arrived.read_bytes() == model_file.read_bytes()
    assert not part.exists()
    print("\n".join(f"{name:<24}{count:>6}" for name, count in sorted(found.items())))

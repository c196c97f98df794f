"""Many programs at once: one engine and one copy of the model; and a hundred races to be the first."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from aurarouter_core import Plugins
from aurarouter_core.daemon.identity import identify
from aurarouter_core.daemon.place import Place
from aurarouter_core.daemon.stop import stop

RACES, RACERS, CLIENTS = int(os.environ.get("RACES", "100")), 20, 10
CLIENT = """
import asyncio, sys
from aurarouter_core import Task, attach

async def main():
    async with attach() as kernel:
        sys.stdin.readline()
        done = await kernel.run(Task("Say hello", parameters={"max_tokens": 8}))
        print((await kernel.status())["pid"], len(done.text) > 0, flush=True)
        sys.stdin.readline()

asyncio.run(main())
"""
SETTINGS = """\
models:
  small: {provider: llamacpp, model_path: FILE, options: {n_threads: 1, n_ctx: 512}}
roles: {coding: [small]}
"""
Client = subprocess.Popen[str]


def started(program: str, count: int) -> list[Client]:
    command = [sys.executable, "-c", program]
    return [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(count)]


def told(client: Client) -> None:
    assert client.stdin is not None
    client.stdin.write("\n")
    client.stdin.flush()


def heard(client: Client) -> str:
    assert client.stdout is not None
    return client.stdout.readline()


def place_here() -> Place:
    identity = identify(Plugins(), None, {})
    return Place.of(identity.home, identity.key)


def resident(pid: int) -> float:
    """MiB of memory that the process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def holds(pid: int, file: Path) -> bool:
    return str(file.resolve()) in Path(f"/proc/{pid}/maps").read_text()


@pytest.mark.soak
@pytest.mark.model
def test_ten_clients_share_one_copy_of_the_model(
    engines: Path, model_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AURAROUTER_PLUGINS", "llamacpp")
    (engines / "auraconfig.yaml").write_text(SETTINGS.replace("FILE", str(model_file)))
    clients = started(CLIENT, CLIENTS)
    for client in clients:
        told(client)
    said = {heard(client) for client in clients}
    assert len(said) == 1
    pid, answered = said.pop().split()
    assert answered == "True"
    sizes = [resident(client.pid) for client in clients]
    assert holds(int(pid), model_file)
    assert not any(holds(client.pid, model_file) for client in clients)
    with capsys.disabled():
        print(f"\nengine                        {resident(int(pid)):6.1f} MiB")
        print(f"largest of {CLIENTS} clients          {max(sizes):6.1f} MiB")
        print(f"size of the model's file      {model_file.stat().st_size / 2**20:6.1f} MiB")
    clients[0].kill()
    for client in clients[1:]:
        told(client)
    assert [client.wait(30) for client in clients] == [-9, *[0] * (CLIENTS - 1)]
    for client in clients:
        for pipe in (client.stdin, client.stdout):
            assert pipe is not None
            pipe.close()


RACER = """
import asyncio, sys
from aurarouter_core import Task, attach

async def main():
    print("ready", flush=True)
    sys.stdin.readline()
    async with attach() as kernel:
        print((await kernel.status())["pid"], (await kernel.run(Task("hello"))).text, flush=True)

for _ in range(int(sys.argv[1])):
    asyncio.run(main())
"""


@pytest.mark.soak
def test_a_hundred_races_yield_one_engine_each(engines: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = [sys.executable, "-c", RACER, str(RACES)]
    racers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(RACERS)
    ]
    place = place_here()
    pids = set()
    for number in range(RACES):
        assert {heard(racer) for racer in racers} == {"ready\n"}
        for racer in racers:
            told(racer)
        said = {heard(racer) for racer in racers}
        assert len(said) == 1, f"race {number}: {said}"
        pid, text = said.pop().split()
        assert text == "hello"
        pids.add(pid)
        if number % 2:  # every other engine is killed: its lock, its socket and its words stay behind
            os.kill(int(pid), 9)
        assert stop(place) or number % 2
    assert len(pids) == RACES
    for racer in racers:
        assert racer.wait(30) == 0
        for pipe in (racer.stdin, racer.stdout):
            assert pipe is not None
            pipe.close()
    with capsys.disabled():
        print(f"\nraces {RACES}, programs in each {RACERS}, engines {len(pids)}")

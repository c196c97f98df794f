"""What goes wrong with a file that is fetched over HTTP, as one clear error each. A URL is never shown."""

import re
from collections.abc import Mapping
from pathlib import Path

from aurarouter_hooks import AssetError, AssetSpec
from aurarouter_hooks.http_errors import retry_after

_HASH = re.compile(r"[0-9a-fA-F]{64}")


def checked_spec(spec: AssetSpec) -> None:
    """Refuse a spec whose name or digest can't be one.

    Raises:
        AssetError: It is so.
    """
    if not spec.file or spec.file.startswith(".") or Path(spec.file).name != spec.file or "\\" in spec.file:
        raise AssetError(f"'{spec.file}' is not a plain file name", hint="Leave folders out.")
    if spec.sha256 and not _HASH.fullmatch(spec.sha256):
        raise AssetError(f"the SHA-256 of {spec.file} is not 64 hexadecimal digits", hint="Correct the asset's entry.")


def differs(spec: AssetSpec, how: str) -> AssetError:
    """The file is another one than the spec says."""
    return AssetError(
        f"{spec.file} is not the file that it should be: {how}",
        hint="Don't use it. Check the asset's entry, and where the file comes from.",
    )


def from_status(status: int, headers: Mapping[str, str], spec: AssetSpec, *, elsewhere: bool = False) -> AssetError:
    """A server's refusal.

    Args:
        status: What it answered.
        headers: That answer's.
        spec: The file that was asked for.
        elsewhere: It is not the server that was asked, but one that it led to.
    """
    what = spec.file or spec.location
    if elsewhere and status in (401, 403, 404):
        return AssetError(
            f"the host that holds {what} does not give it out ({status})",
            hint="Pull again: its server leads there for a short time only. If this stays so, the file is gone.",
        )
    if status in (401, 403):
        hub = "Ask its owner for access, then keep your token: aurarouter keys set HF_TOKEN"
        return AssetError(
            f"the server lets nobody have {what} without permission ({status})",
            hint=hub if spec.scheme == "hf" else "Download it yourself, then: aurarouter model import FILE",
        )
    if status == 404:
        return AssetError(f"the server has no {what} (404)", hint="Check the spelling of the place.")
    if status == 429:
        wait = retry_after(headers)
        when = f"in {wait:.0f} seconds" if wait is not None else "later"
        return AssetError(f"the server has had too many requests, and sends no {what} (429)", hint=f"Try again {when}.")
    return AssetError(f"the server can't send {what} ({status})", hint="Try again later; it goes on where it stopped.")

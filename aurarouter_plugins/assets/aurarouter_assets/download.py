"""One download over HTTP that goes on where it was broken off; the file gets its name once it is verified."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from aurarouter_assets.part import PARTS, held, note, published, tag_of, verify
from aurarouter_assets.refusals import checked_spec, differs, from_status
from aurarouter_hooks import AssetError, AssetSpec, FetchProgress

if TYPE_CHECKING:
    import httpx

MOST_REDIRECTS = 5
NOTHING_FURTHER = 416  # the status for a range that begins at the end, or behind it
SILENCE = 60.0  # seconds without a byte
SPARE = 64 << 20  # bytes that are left free on the disk


async def download(url: str, spec: AssetSpec, folder: Path, progress: FetchProgress, token: str = "") -> Path:
    """Put the file of a URL into `folder`, verified, whole or not at all.

    What came before a failure or a cancellation is kept in a hidden folder, and asked for no second time if the server
    still has the same file (its ETag says so).

    Args:
        url: Where the file is. Redirects are followed, never from https to http.
        spec: Its name, and its size and digest if they are known.
        folder: The folder of models.
        progress: Told the bytes so far.
        token: Sent to the URL's own origin, and to no other.

    Raises:
        AssetError: It can't be fetched, there's no room, or it's not what the spec says.
    """
    import aiohttp
    import httpx

    checked_spec(spec)
    parts = folder / PARTS
    try:
        parts.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = parts / hashlib.sha256(f"{url}\n{spec.sha256}\n{spec.file}".encode()).hexdigest()[:32]
        with held(part, spec) as file:
            try:
                await _fill(file, part, url, spec, progress, token)
            except (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError) as exc:
                raise AssetError(
                    f"fetching {spec.file} was broken off: {type(exc).__name__}",
                    hint="Check the network, then pull again: it goes on where it stopped.",
                ) from exc
            await asyncio.to_thread(verify, part, spec)
            return published(part, folder / spec.file)
    except OSError as exc:
        raise AssetError(
            f"can't write {spec.file} into {folder}: {exc.strerror or exc}",
            hint="Free some space or correct the folder's permissions, then pull again: it goes on where it stopped.",
        ) from exc


async def _fill(file: IO[bytes], part: Path, url: str, spec: AssetSpec, progress: FetchProgress, token: str) -> None:
    have, tag = os.fstat(file.fileno()).st_size, tag_of(part)
    if have and spec.size == have:
        return None  # whole, and killed before it was verified
    asked = {"Range": f"bytes={have}-", "If-Range": tag} if have and tag else {}
    async with _Answer(url, spec, asked, token) as answer:
        if answer.status_code == NOTHING_FURTHER:  # the part was whole already, or is another file's
            file.truncate(0)
            return await _fill(file, part, url, spec, progress, token)
        if answer.status_code == 206 and asked:
            start, whole = _range(answer.headers)
            if start != have:
                raise AssetError(
                    f"the server sent another piece of {spec.file} than it was asked for",
                    hint=f"Delete {part.parent}, then pull again from the start.",
                )
        else:
            have, whole = 0, _number(answer.headers.get("content-length", ""))
            file.truncate(0)  # before the new tag is noted: the tag is of the bytes that follow
            note(part, answer.headers.get("etag", ""))
        if whole is not None and spec.size is not None and whole != spec.size:
            raise differs(spec, f"it has {whole} bytes instead of {spec.size}")
        size = whole if whole is not None else spec.size
        check_room(spec, (size or 0) - have, part.parent)
        progress(have, size)
        async for piece in answer.aiter_raw(1 << 18):
            have += len(piece)
            if size is not None and have > size:
                raise differs(spec, f"it has more than {size} bytes")
            file.write(piece)
            progress(have, size)
    file.flush()
    if size is not None and have < size:
        raise AssetError(f"{spec.file} was cut off after {have} of {size} bytes", hint="Pull again: it goes on there.")
    return None


class _Answer:
    """The answer to a request, redirects followed; each origin gets a client of its own, and one alone the token."""

    def __init__(self, url: str, spec: AssetSpec, headers: Mapping[str, str], token: str) -> None:
        self._url, self._spec, self._headers, self._token = url, spec, headers, token
        self._client: httpx.AsyncClient | None = None
        self._answer: httpx.Response | None = None

    async def __aenter__(self) -> httpx.Response:
        try:
            return await self._begin()
        except BaseException:
            await self._close()
            raise

    async def __aexit__(self, *_: object) -> None:
        await self._close()

    async def _close(self) -> None:
        if self._answer is not None:
            await self._answer.aclose()
        if self._client is not None:
            await self._client.aclose()

    async def _begin(self) -> httpx.Response:
        import httpx

        from aurarouter_hooks.http_client import open_client

        url = self._url
        for _ in range(MOST_REDIRECTS + 1):
            headers = {"Accept-Encoding": "identity", **self._headers}
            if self._token and _origin(url) == _origin(self._url):
                headers["Authorization"] = f"Bearer {self._token}"
            await self._close()
            self._client = open_client(headers, httpx.URL(url), private=False, fresh=True)
            request = self._client.build_request("GET", url, timeout=httpx.Timeout(SILENCE))
            self._answer = await self._client.send(request, stream=True)
            if not self._answer.is_redirect:
                further = self._answer.status_code == NOTHING_FURTHER and "Range" in self._headers
                if not self._answer.is_success and not further:
                    elsewhere = _origin(url) != _origin(self._url)
                    raise from_status(self._answer.status_code, self._answer.headers, self._spec, elsewhere=elsewhere)
                return self._answer
            target = urljoin(url, self._answer.headers.get("location", ""))
            if urlsplit(target).scheme not in ("https", urlsplit(url).scheme):
                raise AssetError(
                    f"the server of {self._spec.file} leads to an address that is not secure",
                    hint="Tell whoever runs it, or download the file yourself, then: aurarouter model import FILE",
                )
            url = target
        raise AssetError(
            f"the server of {self._spec.file} leads on more than {MOST_REDIRECTS} times",
            hint="Check its address in a browser.",
        )


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"https": 443, "http": 80}.get(parts.scheme)


def free_bytes(folder: Path) -> int:
    """What the disk of a folder has left."""
    return shutil.disk_usage(folder).free


def check_room(spec: AssetSpec, needed: int, folder: Path) -> None:
    """Refuse what would fill the disk.

    Raises:
        AssetError: There's no room.
    """
    free = free_bytes(folder)
    if free < needed + SPARE:
        raise AssetError(
            f"fetching {spec.file} takes another {needed / 1e6:.0f} MB, and {free / 1e6:.0f} MB are free",
            hint=f"Free some space under {folder.parent}, then pull again.",
        )


def _range(headers: Mapping[str, str]) -> tuple[int, int | None]:
    said, _, whole = headers.get("content-range", "").removeprefix("bytes ").partition("/")
    start = _number(said.partition("-")[0])
    return (-1 if start is None else start), _number(whole)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None

"""Finds and fetches the GGUF files of Hugging Face's hub, or of the one that `assets.endpoint` or HF_ENDPOINT names."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast
from urllib.parse import quote

from aurarouter_assets.download import download
from aurarouter_assets.refusals import from_status
from aurarouter_assets.url import is_safe
from aurarouter_hooks import AssetError, AssetNameError, AssetOffer, AssetSource, AssetSpec, FetchProgress

if TYPE_CHECKING:
    from huggingface_hub import HfApi

_LOCATION = re.compile(r"([A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(?:/([^\\\0]+\.gguf))?", re.ASCII)
_ONE_OF_SEVERAL = re.compile(r"-\d{5}-of-\d{5}\.gguf\Z")
KEY = "HF_TOKEN"  # its name, among variables and kept keys
PATIENCE = 20.0  # seconds for an answer about a repository
T = TypeVar("T")


class HfSource(AssetSource):
    """The scheme `hf`: `OWNER/REPO/FILE`, or `OWNER/REPO` where the file is named apart or is the only one."""

    async def files(self, location: str) -> Sequence[AssetSpec]:
        """The GGUF files there, with the sizes and digests that the hub states. Models in several parts are left out.

        Raises:
            AssetError: The hub can't be reached, or has no such repository or file.
        """
        repo, file = _parts(location)
        info = await self._asked(location, lambda hub: hub.model_info(repo, files_metadata=True, timeout=PATIENCE))
        licence = str(info.card_data.get("license") or "") if info.card_data else ""
        names = [one for one in info.siblings or () if one.rfilename.endswith(".gguf")]
        specs = [
            AssetSpec(
                scheme="hf",
                location=f"{repo}/{one.rfilename}",
                file=Path(one.rfilename).name,
                size=one.size,
                sha256=one.lfs.sha256 if one.lfs else "",
                licence=licence,
            )
            for one in names
            if file in ("", one.rfilename) and not _ONE_OF_SEVERAL.search(one.rfilename)
        ]
        if file and not specs:
            raise AssetError(
                f"'{file}' is no whole GGUF file of {repo}", hint=f"See what it has: aurarouter model pull hf:{repo}"
            )
        return specs

    async def search(self, words: str, limit: int) -> Sequence[AssetOffer]:
        """Repositories with GGUF files, the most fetched first.

        Raises:
            AssetError: The hub can't be reached.
        """
        found = await self._asked(
            words, lambda hub: list(hub.list_models(search=words, filter="gguf", sort="downloads", limit=limit))
        )
        return [
            AssetOffer(
                source=f"hf:{one.id}",
                downloads=one.downloads,
                licence=next((tag[8:] for tag in one.tags or () if tag.startswith("license:")), ""),
                gated=bool(one.gated),
            )
            for one in found
        ]

    async def fetch(self, spec: AssetSpec, folder: Path, progress: FetchProgress) -> Path:
        """Put the file into `folder`, verified, whole or not at all.

        Raises:
            AssetError: It can't be fetched, there's no room, or it's not what the spec says.
        """
        repo, file = _parts(spec.location)
        url = f"{self._endpoint}/{repo}/resolve/main/{quote(file or spec.file)}"
        return await download(url, spec, folder, progress, await self._token())

    @property
    def _endpoint(self) -> str:
        return (self.context.endpoint or os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")

    async def _token(self) -> str:
        """The user's token; "" where there is none, and where it would be sent in the open."""
        token = await self.context.key(KEY) if is_safe(self._endpoint) else None
        return token.reveal().strip() if token else ""

    async def _asked(self, what: str, question: Callable[[HfApi], T]) -> T:
        import httpx2
        from huggingface_hub import HfApi
        from huggingface_hub.errors import HfHubHTTPError

        logging.getLogger("huggingface_hub").handlers.clear()  # it would print what the program's own log says, too
        hub = HfApi(endpoint=self._endpoint, token=await self._token() or False)
        try:
            return await _apart(lambda: question(hub))
        except HfHubHTTPError as exc:
            about = AssetSpec(scheme="hf", location=what, file="")
            raise from_status(exc.response.status_code, exc.response.headers, about) from exc
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as exc:
            raise AssetError(
                f"the hub can't be reached: {type(exc).__name__}",
                hint="Check the network, and assets.endpoint or HF_ENDPOINT if one is set.",
            ) from exc


async def _apart(question: Callable[[], T]) -> T:
    """Ask in a thread that nobody waits for once the answer isn't wanted: the hub's client tries for half a minute."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def settle(found: T | None, error: BaseException | None) -> None:
        if answer.done():
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(cast("T", found))

    def work() -> None:
        found, error = None, None
        try:
            found = question()
        except BaseException as failure:  # noqa: BLE001 - raised where the answer is awaited
            error = failure
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, found, error)

    threading.Thread(target=work, name="aurarouter-hub", daemon=True).start()
    return await answer


def _parts(location: str) -> tuple[str, str]:
    found = _LOCATION.fullmatch(location)
    if found is None or {"..", "."} & set(location.split("/")):
        raise AssetNameError(f"'{location}' names nothing on the hub", hint="Write hf:OWNER/REPO/FILE.gguf.")
    return found[1], found[2] or ""

"""Finding model files elsewhere and bringing them here, with progress; what was broken off goes on where it stopped."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

from attrs import field, frozen

from aurarouter_core import Registration, Router, catalogue, fetch_model, wanted
from aurarouter_gui.state.amending import taken_up
from aurarouter_gui.state.link import Link
from aurarouter_gui.state.words import Trouble, trouble
from aurarouter_gui.state.worker import Job
from aurarouter_hooks import AssetOffer, AssetSpec

LIMIT = 30
EVERY = 0.1
"""Seconds between two looks at a download."""


@frozen(kw_only=True)
class Found:
    """Something that can be fetched.

    Attributes:
        source: What it is asked for by: a name of the catalogue, or scheme:location.
        about: Licence, size, how often it was fetched.
        several: It may hold several files, of which one has to be chosen.
    """

    source: str
    about: str = ""
    several: bool = False


@frozen(kw_only=True)
class Download:
    """How a download stands.

    Attributes:
        got, whole: Bytes; None for a size that nobody has said.
    """

    source: str
    state: Literal["running", "stopped", "failed", "done"] = "running"
    got: int = 0
    whole: int | None = None
    words: str = ""
    trouble: Trouble | None = None

    @property
    def fraction(self) -> float | None:
        """From 0 to 1."""
        return min(1.0, self.got / self.whole) if self.whole else None


@frozen(kw_only=True)
class Listeners:
    """Told on the UI's thread."""

    found: Callable[[Sequence[Found]], None] = field(default=lambda _: None)
    download: Callable[[Download], None] = field(default=lambda _: None)
    trouble: Callable[[Trouble], None] = field(default=lambda _: None)


class Fetching:
    """Searches, and fetches one file at a time.

    Args:
        link: The way to the kernel.
        router: Makes a router on the configuration as it is now.
        listeners: Who is told.
    """

    def __init__(self, link: Link, router: Callable[[], Awaitable[Router]], listeners: Listeners) -> None:
        self._link = link
        self._router = router
        self._told = listeners
        self._job: Job | None = None
        self._search: Job | None = None
        self._told_at = 0.0
        self.download: Download | None = None

    @property
    def running(self) -> bool:
        """A file is on its way."""
        return self.download is not None and self.download.state == "running"

    @property
    def searching(self) -> bool:
        """A search has not been answered."""
        return self._search is not None and self._search.running

    # Finding

    def search(self, words: str) -> None:
        """Look for models; without words, show the catalogue. A search that goes on is given up."""
        if self._search is not None:
            self._search.cancel()
        self._search = self._link.worker.begin(self._searched(words.strip()), self._told.found, self._failed)

    async def _searched(self, words: str) -> Sequence[Found]:
        router = await self._router()
        known = [
            Found(source=name, about=_of_spec(spec))
            for name, spec in catalogue(router).items()
            if words.lower() in name.lower()
        ]
        if not words:
            return known
        offers = await router.pool.sources(router.plugins).search(words, LIMIT)
        return known + [Found(source=offer.source, about=_of_offer(offer), several=True) for offer in offers]

    def open(self, source: str) -> None:
        """Show the files of a repository."""
        if self._search is not None:
            self._search.cancel()
        self._search = self._link.worker.begin(self._opened(source), self._told.found, self._failed)

    async def _opened(self, source: str) -> Sequence[Found]:
        router = await self._router()
        scheme, _, location = source.partition(":")
        spec = AssetSpec(scheme=scheme, location=location, file="")
        files = await router.pool.sources(router.plugins).check(source, spec).files(location)
        return [Found(source=f"{one.scheme}:{one.location}", about=_of_spec(one)) for one in files]

    # Fetching

    def fetch(self, source: str, name: str = "", tags: str = "") -> None:
        """Fetch a file and make it a model; goes on where the same was broken off."""
        if self.running:
            return
        self._tell(Download(source=source))

        def came(done: Registration) -> None:
            words = f"{done.model_id} is ready; no role uses it yet"
            self._tell(Download(source=source, state="done", got=1, whole=1, words=words))

        def failed(error: BaseException) -> None:
            so_far = self.download
            got, whole = (so_far.got, so_far.whole) if so_far else (0, None)
            self._tell(Download(source=source, state="failed", got=got, whole=whole, trouble=trouble(error)))

        self._job = self._link.worker.begin(self._fetched(source, name, tags), came, failed)

    async def _fetched(self, source: str, name: str, tags: str) -> Registration:
        router = await self._router()
        goal = await wanted(router, source, name)

        def progress(got: int, whole: int | None) -> None:
            now = time.monotonic()
            if now >= self._told_at + EVERY or got == whole:
                self._told_at = now
                self._link.worker.mailbox.post(lambda: self._on_the_way(Download(source=source, got=got, whole=whole)))

        done = await fetch_model(router, goal, progress, tags)
        await taken_up(self._link)
        return done

    def stop(self) -> bool:
        """Break the download off; what is here stays. False when none runs."""
        if self._job is None or self.download is None or not self.running:
            return False
        self._job.cancel()
        so_far = self.download
        words = "Stopped. What is here is kept: Resume goes on from there."
        self._tell(Download(source=so_far.source, state="stopped", got=so_far.got, whole=so_far.whole, words=words))
        return True

    def _on_the_way(self, download: Download) -> None:
        if self.running:
            self._tell(download)

    def _tell(self, download: Download) -> None:
        self.download = download
        self._told.download(download)

    def _failed(self, error: BaseException) -> None:
        self._told.trouble(trouble(error))


def _of_spec(spec: AssetSpec) -> str:
    size = spec.container_size or spec.size
    return ", ".join(
        filter(None, (f"{size / 1e6:,.0f} MB" if size else "", spec.licence, f"{spec.scheme}:{spec.location}"))
    )


def _of_offer(offer: AssetOffer) -> str:
    fetched = f"fetched {offer.downloads:,} times" if offer.downloads is not None else ""
    return ", ".join(filter(None, (fetched, offer.licence, "has to be asked for" if offer.gated else "")))

"""Finding model files elsewhere, and bringing them here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from attrs import field, frozen

from aurarouter_core import Router, catalogue, fetch_model, wanted
from aurarouter_gui.state.amending import taken_up
from aurarouter_gui.state.link import Link
from aurarouter_gui.state.transfer import Progress, Transfer
from aurarouter_gui.state.words import Trouble, trouble
from aurarouter_gui.state.worker import Job
from aurarouter_hooks import AssetOffer, AssetSpec, FetchProgress

LIMIT = 30


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
class Listeners:
    """Told on the UI's thread."""

    found: Callable[[Sequence[Found]], None] = field(default=lambda _: None)
    progress: Callable[[Progress], None] = field(default=lambda _: None)
    trouble: Callable[[Trouble], None] = field(default=lambda _: None)


class Fetching:
    """Searches, and fetches one file at a time.

    Args:
        link: The way to the kernel.
        router: Makes a router on the configuration as it is now.
        listeners: Who is told.

    Attributes:
        transfer: The file that is on its way.
    """

    def __init__(self, link: Link, router: Callable[[], Awaitable[Router]], listeners: Listeners) -> None:
        self._link = link
        self._router = router
        self._told = listeners
        self._search: Job | None = None
        self.transfer = Transfer(link.worker, listeners.progress)

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

        async def fetched(progress: FetchProgress) -> str:
            router = await self._router()
            done = await fetch_model(router, await wanted(router, source, name), progress, tags)
            await taken_up(self._link)
            return f"{done.model_id} is ready; no role uses it yet"

        self.transfer.begin(source, fetched)

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

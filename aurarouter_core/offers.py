"""Asks every installed provider which models it offers right now: on this machine, or by keys in the environment."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from attrs import evolve, frozen

from aurarouter_core.foreign import free_name, model_name
from aurarouter_core.plugins import Plugins
from aurarouter_core.shown import masked
from aurarouter_core.sources import EMBEDDED
from aurarouter_core.trust import on_loopback
from aurarouter_hooks import AuraRouterError, Location, Model, Provider

log = logging.getLogger(__name__)
PATIENCE = 5.0
"""Seconds that a provider may take to say what it offers."""
TO_LOCATE = 1.0
"""Seconds that it may take then to say where a model runs."""
MOST = 8
"""Models of one provider; a chain of more helps nobody."""


@frozen
class Offer:
    """A model that a provider offers, and where it runs as far as the provider knows.

    Attributes:
        model: As it would be configured. Its key, if any, is a reference (`${env.NAME}`).
    """

    model: Model
    location: Location

    @property
    def here(self) -> bool:
        """It provably runs on this machine, so private content may go there without a tag."""
        return self.location.here

    @property
    def near(self) -> bool:
        """It is answered on this machine, by what may pass prompts on."""
        return self.location.kind == "loopback" and not self.here

    @property
    def place(self) -> str:
        """Where it runs, in words."""
        if self.here:
            return "runs on this machine"
        return "on this machine; may pass prompts on" if self.near else "elsewhere"


@frozen
class Offers:
    """What was found, nearest first; and what to know about it."""

    found: tuple[Offer, ...]
    notes: tuple[str, ...] = ()


async def offers(plugins: Plugins) -> Offers:
    """Ask all providers at the same time. One that fails, or takes too long, is a note."""
    kinds = sorted(plugins.providers.items())
    answers = await asyncio.gather(*(_of(name, kind) for name, kind in kinds))
    found = [offer for offer_list, _ in answers for offer in offer_list]
    notes = [note for _, said in answers for note in said]
    found, passed_over = _once_each(sorted(found, key=_distance))
    return Offers(tuple(_named(found)), (*notes, *passed_over))


def _distance(offer: Offer) -> int:
    return 0 if offer.here else 1 if offer.near else 2


async def _of(name: str, kind: type[Provider]) -> tuple[list[Offer], list[str]]:
    """A provider's offers, and what to say about them."""
    try:
        async with asyncio.timeout(PATIENCE):
            models = [_checked(model, name) for model in await kind.discover()]
    except TimeoutError:
        return [], [f"{name} did not say within {PATIENCE:.0f} s what it offers"]
    except AuraRouterError as error:
        return [], [f"{name} can't say what it offers: {error}"]
    except Exception as error:  # noqa: BLE001 - a plugin's fault is told; its own words may hold a key
        return [], [f"{name} can't say what it offers: it failed with {type(error).__name__}"]
    notes = []
    plain = [model for model in models if masked(model.endpoint) == model.endpoint]
    if len(plain) < len(models):
        notes.append(f"{name} offers models at an address that holds a key; they are left out")
    if len(plain) > MOST:
        notes.append(
            f"{name} offers {len(plain)} models; the first {MOST} are taken ('aurarouter model add' adds more)"
        )
    plain = plain[:MOST]
    places = await asyncio.gather(*(_location(kind, model) for model in plain))
    return [Offer(model, place) for model, place in zip(plain, places, strict=True)], notes


def _checked(model: object, provider: str) -> Model:
    if not isinstance(model, Model):
        raise TypeError("discover() must give models")
    return evolve(model, id=model_name(model.id) or provider, provider=provider)


async def _location(kind: type[Provider], model: Model) -> Location:
    """Where a model runs; unknown, hence elsewhere, when that can't be told in time."""
    try:
        provider = kind(evolve(model, api_key=None))
        try:
            async with asyncio.timeout(TO_LOCATE):
                return await provider.where()
        finally:
            await provider.aclose()
    except Exception as error:  # noqa: BLE001 - whatever went wrong: a place that nobody vouches for is remote
        log.debug("where a model of %s runs is unknown: %s", model.provider, type(error).__name__)
        return Location()


def _once_each(found: Iterable[Offer]) -> tuple[list[Offer], list[str]]:
    """Two providers may find the same server: the first here stays, which is one that can show where it runs."""
    owners: dict[int, str] = {}
    kept, notes = [], []
    for offer in found:
        model = offer.model
        port = _port(model.endpoint)
        owner = model.provider if port is None else owners.setdefault(port, model.provider)
        if owner == model.provider:
            kept.append(offer)
        else:
            notes.append(f"{model.endpoint} is reached by {owner}; {model.provider} could reach it too")
    return kept, list(dict.fromkeys(notes))


def _port(endpoint: str) -> int | None:
    """The port of a server on this machine."""
    return urlsplit(endpoint).port if on_loopback(endpoint) else None


def _named(found: Sequence[Offer]) -> Iterable[Offer]:
    """Each under a name of its own, which is not the built-in model's either."""
    taken = set(EMBEDDED["models"])
    for offer in found:
        name = free_name(offer.model.id, taken)
        taken.add(name)
        yield evolve(offer, model=evolve(offer.model, id=name, model_name=offer.model.name))

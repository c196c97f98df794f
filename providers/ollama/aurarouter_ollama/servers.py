"""All servers of one model, as one: the next is asked when one fails, and the one that worked is asked first."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from attrs import evolve

from aurarouter_hooks import (
    Location,
    Model,
    Prompt,
    ProviderAuthError,
    ProviderError,
    ProviderRateLimitedError,
    ProviderReplyError,
    ProviderUnavailableError,
)
from aurarouter_ollama import address
from aurarouter_ollama.server import Server

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence


class Servers:
    """The servers of a model.

    Args:
        model: Its `endpoint` and `endpoints`; without any, Ollama's default on this machine.

    Raises:
        ConfigError: An endpoint is no HTTP address.
    """

    def __init__(self, model: Model) -> None:
        self._all = [Server(model, endpoint) for endpoint in address.servers(model)]
        self._first = 0

    async def fetch(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        prompt: Prompt | None = None,
        patience: float | None = None,
    ) -> tuple[dict[str, Any], str]:
        """A whole answer and its request id, from the first server that gives one.

        Raises:
            ProviderError: None did.
        """
        errors: list[ProviderError] = []
        for number, server, allowed in self._candidates(prompt):
            try:
                answer = await server.fetch(method, path, body=body, prompt=allowed, patience=patience)
            except ProviderError as exc:
                errors.append(exc)
            else:
                self._first = number
                return answer
        if len(errors) == 1:
            raise errors[0]
        raise _together(errors) from errors[-1]

    async def stream(self, path: str, body: object, prompt: Prompt) -> AsyncGenerator[tuple[dict[str, Any], str]]:
        """The objects of a streamed answer, from the first server that begins one.

        Raises:
            ProviderError: None did, or the one that began broke off.
        """
        errors: list[ProviderError] = []
        for number, server, allowed in self._candidates(prompt):
            begun = False
            try:
                async with aclosing(server.stream(path, body, allowed or prompt)) as objects:
                    async for value in objects:
                        begun, self._first = True, number
                        yield value
                return
            except ProviderError as exc:
                if begun:
                    raise
                errors.append(exc)
        if len(errors) == 1:
            raise errors[0]
        raise _together(errors) from errors[-1]

    async def locate(self) -> Location:
        """Where the model runs: here when that holds for at least one server; private prompts then go to those alone.

        Else the answer speaks for all of them, with every address.
        """
        places = await asyncio.gather(*(server.locate() for server in self._all))
        here = [place for place in places if place.here]
        chosen = here or places
        kinds = {place.kind for place in chosen}
        return evolve(
            chosen[0],
            kind=next(kind for kind in ("remote", "unknown", "loopback") if kind in kinds),
            addresses=tuple(dict.fromkeys(address for place in chosen for address in place.addresses)),
            relay=not here,
        )

    @property
    def endpoints(self) -> Sequence[str]:
        """Their addresses, the one that is asked first in front."""
        return [server.endpoint for server in self._all[self._first :] + self._all[: self._first]]

    async def aclose(self) -> None:
        """Close every connection."""
        for server in self._all:
            await server.aclose()

    def _candidates(self, prompt: Prompt | None) -> list[tuple[int, Server, Prompt | None]]:
        """The servers that may have this prompt, in the order of asking, each with what it may have."""
        count = len(self._all)
        numbers = [(self._first + step) % count for step in range(count)]
        if prompt is None or not prompt.private:
            return [(number, self._all[number], prompt) for number in numbers]
        allowed = [(number, self._all[number], self._confined(self._all[number], prompt)) for number in numbers]
        found = [entry for entry in allowed if entry[2] is not None]
        if not found:
            raise ProviderUnavailableError(
                "a private prompt may not go to any server of this model: none of them was checked for it",
                hint="Ask again; if it stays so, check that the endpoints' names resolve.",
            )
        return found

    def _confined(self, server: Server, prompt: Prompt) -> Prompt | None:
        """The prompt with what was checked of this one server; None when it may not go there.

        What cleared the attempt and what is known of the server now must agree: meanwhile it may have been asked again.
        """
        location, place = prompt.location, server.place
        if location is not None and place is not None and location.here and not place.here:
            return None
        if len(self._all) == 1 or location is None:
            return prompt
        known = place.addresses if place is not None else ()
        mine = tuple(address for address in location.addresses if address in known)
        return evolve(prompt, location=evolve(location, addresses=mine)) if mine else None


def _together(errors: Sequence[ProviderError]) -> ProviderError:
    """One error for several servers, of the kind that they agree on."""
    words = "; ".join(str(error) for error in errors)
    what, hint = f"none of the model's {len(errors)} servers answered: {words}", errors[-1].hint
    wait = min((wait for error in errors if (wait := getattr(error, "retry_after", None)) is not None), default=None)
    kinds = {type(error) for error in errors}
    if kinds == {ProviderRateLimitedError}:
        return ProviderRateLimitedError(what, retry_after=wait, hint=hint)
    if kinds == {ProviderAuthError}:
        return ProviderAuthError(what, hint=hint)
    if kinds == {ProviderReplyError}:
        refused = all(isinstance(error, ProviderReplyError) and error.refused for error in errors)
        return ProviderReplyError(what, refused=refused, hint=hint)
    return ProviderUnavailableError(what, retry_after=wait, hint=hint)

"""One Ollama server as one model sees it: asks it, reads its stream, says what went wrong, finds out where it is."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any

from attrs import evolve

from aurarouter_hooks import (
    Location,
    Model,
    Prompt,
    ProviderAuthError,
    ProviderError,
    ProviderReplyError,
    ProviderUnavailableError,
    Secret,
)
from aurarouter_hooks.http import Backend, resolve
from aurarouter_hooks.http_errors import from_error_object
from aurarouter_ollama import address, place
from aurarouter_ollama.lines import read_lines

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

log = logging.getLogger(__name__)

LINGER = 0.1  # seconds that an answer may take to close after its last line
ASK = 3.0  # seconds to find out where a model runs
_MISSING = re.compile(r"answered 404 \(.*\bnot found\b", re.DOTALL)
_TOO_LONG = re.compile(r"exceed\w* (?:the )?(?:\w+ )*context", re.IGNORECASE)


class Server:
    """One server.

    Attributes:
        place: Where the model was found to run there, when that was last asked; None before.
    """

    def __init__(self, model: Model, endpoint: str) -> None:
        self.endpoint = endpoint
        self.place: Location | None = None
        self._model = evolve(model, api_key=address.key(model, endpoint))
        self._key: Secret | None = self._model.api_key
        headers = {"Authorization": f"Bearer {self._key.reveal()}"} if self._key else {}
        self._backend = Backend(self._model, endpoint, headers)

    async def fetch(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        prompt: Prompt | None = None,
        patience: float | None = None,
    ) -> tuple[dict[str, Any], str]:
        """A whole answer and its request id, as `Backend.fetch` gives them.

        Raises:
            ProviderError: No answer came, or not a success.
        """
        async with self._explained():
            return await self._backend.fetch(method, path, body=body, prompt=prompt, patience=patience)

    async def stream(self, path: str, body: object, prompt: Prompt) -> AsyncGenerator[tuple[dict[str, Any], str]]:
        """The objects of a streamed answer up to the one that is `done`, each with the request id.

        Raises:
            ProviderError: No answer came, not a success, an error came inside it, or it ended early.
        """
        async with self._explained(), self._backend.send("POST", path, body=body, prompt=prompt) as response:
            request_id = response.headers.get("x-request-id", "")
            async with aclosing(read_lines(response, self._backend.origin)) as lines:
                async for line in lines:
                    value = self._object(line)
                    yield value, request_id
                    if value.get("done"):
                        await _to_the_end(lines)
                        return
        raise ProviderUnavailableError(
            f"the stream from {self._backend.origin} ended early, before the answer was complete",
            hint="Look into the server's log: it may have crashed or been restarted.",
        )

    async def locate(self) -> Location:
        """Where the model runs, found out now. Only a server on loopback is asked; never through a proxy."""
        found = evolve(await resolve(self.endpoint), relay=True)
        if place.passed_on_by_name(self._model.name):
            found = evolve(found, kind="remote")
        elif found.kind == "loopback" and not self._model.options.get("relay"):
            found = await self._see_through(found)
        self.place = found
        return found

    async def aclose(self) -> None:
        """Close every connection."""
        await self._backend.aclose()

    async def _see_through(self, found: Location) -> Location:
        direct = Prompt(messages=(), private=True, location=found)
        try:
            async with asyncio.timeout(ASK):
                shown, _ = await self.fetch("POST", "/api/show", body={"model": self._model.name}, prompt=direct)
        except (ProviderError, TimeoutError) as exc:
            log.debug("%s did not say where '%s' runs: %s", self._backend.origin, self._model.id, exc)
            return found
        if place.passed_on(shown):
            return evolve(found, kind="remote")
        return evolve(found, relay=not await asyncio.to_thread(place.weights_are_here, shown))

    def _object(self, line: bytes) -> dict[str, Any]:
        """An error inside a stream comes after a good status, and Ollama's own status for it is 500."""
        if b'"error"' in line:
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                value = None  # the backend says what's wrong with it
            if isinstance(value, dict) and isinstance(value.get("error"), str) and value["error"]:
                error = {"message": value["error"], "code": value.get("status") or 500}
                raise from_error_object(error, self.endpoint, self._key)
        return self._backend.document(line)

    @asynccontextmanager
    async def _explained(self) -> AsyncIterator[None]:
        """What Ollama's commonest refusals need, said in their hint."""
        try:
            yield
        except ProviderReplyError as exc:
            if _MISSING.search(str(exc)):
                hint = f"Run `ollama pull {self._model.name}` on that machine, or correct the model's model_name."
                raise ProviderReplyError(str(exc), refused=exc.refused, hint=hint) from exc
            if _TOO_LONG.search(str(exc)):
                hint = "Raise num_ctx in the model's options; with truncate: true Ollama drops the oldest messages."
                raise ProviderReplyError(str(exc), refused=exc.refused, hint=hint) from exc
            raise
        except ProviderAuthError as exc:
            if self._key is None and place.passed_on_by_name(self._model.name):
                hint = "Run `ollama signin` on the machine of that server: the model runs in Ollama's cloud."
                raise ProviderAuthError(str(exc), hint=hint) from exc
            raise


async def _to_the_end(lines: AsyncIterator[bytes]) -> None:
    """Reading to the real end lets the next request use this connection."""
    import httpx

    try:
        async with asyncio.timeout(LINGER):
            async for _ in lines:
                pass
    except (TimeoutError, httpx.HTTPError):
        return  # the answer is whole all the same; only its connection is given up

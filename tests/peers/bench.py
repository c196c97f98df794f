"""A test bench for one provider: makes it, and puts a peer before it for every situation that the shared tests name.

class OpenApi(HttpBench): …              # benches.py has one for each provider
bench.real().generate(prompt)            # on a real peer, where there is one
bench.meets(bench.says("Hi"))            # what prompts of bench.make() meet from now on, in the provider's dialect
"""

from __future__ import annotations

import asyncio
import json
from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

import pytest

from aurarouter_hooks import Chunk, Model, Prompt, Provider, ProviderError, Secret
from aurarouter_hooks.values import Finish
from fault_server import FaultServer
from faults import Fault, Turn, status

Failure = TypeVar("Failure", bound=ProviderError)
Kind = type[Provider]
ENVIRONMENT = ("OLLAMA_HOST", "OLLAMA_API_KEY", "LLAMA_API_KEY")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
GONE = "http://127.0.0.1:9"
LONG = Prompt.of("word " * 6000)


class Bench:
    """What holds for every provider.

    Attributes:
        kind: The provider's class.
        provider: Its name in a configuration.
        well: The states in which its health is good.
        estimates, names_requests: What its answers on the real peer say of themselves.
        too_long: What the refusal of a prompt that is too long says.
    """

    kind: ClassVar[Kind]
    provider: ClassVar[str]
    well: ClassVar[str] = "healthy"
    estimates: ClassVar[bool] = False
    names_requests: ClassVar[bool] = True
    finishes: ClassVar[set[Finish]] = {"stop", "length"}
    too_long: ClassVar[str] = "exceeds the available context size"

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self.peer = request.getfixturevalue
        self._made: list[Provider] = []

    def at(self, **settings: Any) -> Provider:
        """A provider with these settings."""
        self._made.append(self.kind(Model(**{"id": "mine", "provider": self.provider, **settings})))
        return self._made[-1]

    @abstractmethod
    def real(self, **settings: Any) -> Provider:
        """A provider on a real peer; where there is none, on a good day of the fake."""

    async def aclose(self) -> None:
        """Close all that were made."""
        for provider in self._made:
            await provider.aclose()


class HttpBench(Bench):
    """A provider of a server; its fake speaks the same dialect.

    Attributes:
        good: What a server of this dialect does on a good day.
        paths: How the paths end that prompts go to.
    """

    good: ClassVar[Any]  # a fault; as a Callable it would be taken for a method
    paths: ClassVar[tuple[str, ...]]

    def __init__(self, request: pytest.FixtureRequest) -> None:
        super().__init__(request)
        self.server: FaultServer = request.getfixturevalue("fault_server")
        self.server.always(type(self).good)

    def make(self, **settings: Any) -> Provider:
        """A provider of the fake, or of another endpoint."""
        return self.at(**{"endpoint": self.server.url, **settings})

    def another(self, *arguments: Any, **settings: Any) -> FaultServer:
        """A further fake, not yet started."""
        server = FaultServer(*arguments, **settings)
        server.always(type(self).good)
        return server

    def meets(self, *faults: Fault) -> None:
        """Prompts meet these in turn, and then the last of them; whatever else is asked is answered well."""
        left = list(faults)

        async def fault(turn: Turn) -> None:
            if not turn.request.path.partition("?")[0].endswith(self.paths):
                await type(self).good(turn)
            else:
                await (left.pop(0) if len(left) > 1 else left[0])(turn)

        self.server.always(fault)

    def asked(self) -> list[Any]:
        """The bodies of the prompts that the fake got."""
        return [r.json for r in self.server.requests if r.path.partition("?")[0].endswith(self.paths)]

    def locked(self, key: Secret) -> Provider:
        """A provider with a key that its peer refuses."""
        return self.at(endpoint=self.peer("locked_llama").url, api_key=key)

    def at_its_limit(self) -> Provider:
        """A provider whose peer takes no prompt of `LONG`'s length."""
        return self.real()

    def for_schemas(self, _answer: str) -> Provider:
        """A provider whose peer keeps to a schema; a fake gives the answer."""
        return self.real()

    def refusal(self, code: int, words: str, headers: dict[str, str] | None = None) -> Fault:
        """An answer with this status, in the dialect's own shape."""
        return status(code, headers, self.error(code, words))

    def error(self, code: int, words: str) -> object:
        """The body of such an answer."""
        return {"error": {"message": words, "code": code, "type": "scripted"}}

    @abstractmethod
    def says(self, *pieces: str) -> Fault:
        """A good answer, whole or in these pieces, as it is asked for."""

    @abstractmethod
    def calls(self, name: str, arguments: dict[str, Any]) -> Fault:
        """An answer that calls a tool."""

    @abstractmethod
    def begins(self, *pieces: str, then: str) -> Fault:
        """A stream of these pieces without an end, and then: "end", "eof", "reset" or "hang"."""

    @abstractmethod
    def breaks(self, code: int, words: str) -> Fault:
        """A stream that says "Hi" and goes on with an error."""


def as_asked(whole: Fault, streamed: Fault, streams: Callable[[Turn], bool]) -> Fault:
    """The one or the other."""

    async def fault(turn: Turn) -> None:
        await (streamed if streams(turn) else whole)(turn)

    return fault


def halves(value: object) -> tuple[str, str]:
    """JSON in two pieces."""
    text = json.dumps(value, ensure_ascii=False)
    return text[: len(text) // 2], text[len(text) // 2 :]


async def chunks(provider: Provider, prompt: Prompt, into: list[Chunk] | None = None) -> list[Chunk]:
    """The pieces of an answer; those that came before an error are in `into`."""
    found = [] if into is None else into
    async for chunk in provider.stream(prompt):
        found.append(chunk)
    return found


USES: dict[str, Callable[[Provider, Prompt], Any]] = {
    "generate": lambda provider, prompt: provider.generate(prompt),
    "stream": chunks,
}


async def errors(provider: Provider, prompt: Prompt, kind: type[Failure], words: str = ".") -> list[Failure]:
    """What a prompt fails with, asked in either way; both are of this kind, and say these words."""
    found = []
    for use in USES.values():
        with pytest.raises(kind, match=words) as caught:
            await use(provider, prompt)
        assert type(caught.value) is kind
        found.append(caught.value)
    return found


async def wait_for(event: Any) -> None:
    """Until a thread sets it."""
    assert await asyncio.to_thread(event.wait, 10)

"""The tests that every provider must pass. Subclass `ProviderContract` in your own tests; needs pytest.

    import pytest
    from aurarouter_hooks import Model
    from aurarouter_hooks.contract import ProviderContract
    from my_provider import MyProvider

    class TestMyProvider(ProviderContract):
        @pytest.fixture(autouse=True)
        def _server(self, my_server):       # only when it needs one
            self.url = my_server.url

        def make(self):                     # ready to answer
            return MyProvider(Model(id="mine", provider="mine", endpoint=self.url))

        def broken(self):                   # reaches nothing; leave it out when nothing can be wrong
            return MyProvider(Model(id="gone", provider="mine", endpoint="http://127.0.0.1:9"))

Each test makes its own provider and event loop, so no other pytest plugin is needed.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from contextlib import aclosing
from functools import partial
from typing import Any, get_args

import pytest
from attrs import evolve

from aurarouter_hooks.contract_run import cancelled, io_of_this_thread, run
from aurarouter_hooks.errors import ProviderError
from aurarouter_hooks.provider import Provider
from aurarouter_hooks.values import Capabilities, Chunk, Finish, Health, Location, Prompt, Reply, Secret

KEY = "sk-contract-3f9a7c51e0b24d68"


class ProviderContract:
    """Write `make`, and `broken` where something can be wrong; the tests come with it."""

    prompt = Prompt(messages=Prompt.of("Say hello to Ada.").messages, parameters={"max_tokens": 16})
    """What the provider is asked; replace it when yours needs another."""

    plugin: object = None
    """What implements `register_providers`; None for the module that holds the provider's class."""

    def make(self) -> Provider:
        """A provider that can answer. Called again for each test."""
        raise NotImplementedError(f"{type(self).__name__} must define make()")

    def broken(self) -> Provider | None:
        """A provider whose backend can't be reached; None when it has none to lose."""
        return None

    def test_the_constructor_is_cheap(self) -> None:
        """Making one opens, connects, starts and waits for nothing."""
        made = self.make()
        with io_of_this_thread() as seen:
            again = type(made)(made.model)
        assert not seen, f"the constructor does I/O: {seen}"
        assert again.model is made.model

    def test_registration_is_cheap(self) -> None:
        """`register_providers` names the class and does nothing else."""
        kind = type(self.make())
        register = getattr(self.plugin or sys.modules[kind.__module__], "register_providers", None)
        assert register is not None, "set `plugin` to what implements register_providers"
        with io_of_this_thread() as seen:
            named = register()
        assert not seen, f"registration does I/O: {seen}"
        assert kind in named.values()

    def test_it_answers(self) -> None:
        """`generate` gives a reply that says something."""
        reply = run(self.make, lambda provider: provider.generate(self.prompt))
        assert isinstance(reply, Reply)
        assert reply.text or reply.tool_calls
        assert reply.finish in get_args(Finish)

    def test_it_streams(self) -> None:
        """The pieces make an answer; the last one, and no other, says how it finished."""

        async def gather(provider: Provider) -> list[Chunk]:
            return [chunk async for chunk in provider.stream(self.prompt)]

        chunks = run(self.make, gather)
        assert chunks, "the stream holds nothing"
        assert [chunk.finish is not None for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
        reply = Reply.from_chunks(chunks)
        assert reply.text or reply.tool_calls
        assert reply.text == "".join(chunk.text for chunk in chunks)

    @pytest.mark.parametrize("turns", [0, 1, 3, 10, 30, 100])
    def test_generate_can_be_cancelled(self, turns: int) -> None:
        """Cancelled after that many turns of the loop it stops at once, and the provider still works."""

        async def cancel(provider: Provider) -> Reply:
            await cancelled(asyncio.ensure_future(provider.generate(self.prompt)), turns)
            return await provider.generate(self.prompt)

        assert isinstance(run(self.make, cancel), Reply)

    @pytest.mark.parametrize("pieces", [1, 2])
    def test_a_stream_can_be_cancelled(self, pieces: int) -> None:
        """Cancelled after so many pieces it stops at once, and the provider still works."""

        async def cancel(provider: Provider) -> Reply:
            flowing = asyncio.Event()

            async def consume() -> None:
                seen = 0
                async with aclosing(_generator(provider, self.prompt)) as stream:
                    async for _ in stream:
                        seen += 1
                        if seen == pieces:
                            flowing.set()
                flowing.set()

            task = asyncio.ensure_future(consume())
            task.add_done_callback(lambda _: flowing.set())
            await flowing.wait()
            await cancelled(task, 0)
            return await provider.generate(self.prompt)

        assert isinstance(run(self.make, cancel), Reply)

    def test_a_stream_can_be_left(self) -> None:
        """Closed after its first piece it lets go of everything, and the provider still works."""

        async def leave(provider: Provider) -> Reply:
            async with aclosing(_generator(provider, self.prompt)) as stream:
                assert isinstance(await anext(stream), Chunk)
            return await provider.generate(self.prompt)

        assert isinstance(run(self.make, leave), Reply)

    def test_it_closes(self) -> None:
        """Closing works before the first use, and a second time. Every test checks that nothing is left behind."""

        async def close(provider: Provider) -> None:
            await provider.aclose()
            await provider.aclose()

        run(self.make, close)

    def test_memory_that_it_holds_can_be_given_back(self) -> None:
        """One that holds a model here says so before it loads, while it does, and when `unload` is done."""
        first = self.make()
        residency = type(first).residency(first.model)
        if residency is None:
            return
        assert residency.context > 0
        assert residency.slots > 0
        assert first.loaded() is False

        async def use(provider: Provider) -> tuple[bool | None, bool | None]:
            await provider.generate(self.prompt)
            loaded = provider.loaded()
            await provider.unload()
            return loaded, provider.loaded()

        assert run(self.make, use) == (True, False)

    def test_it_says_what_it_is(self) -> None:
        """The questions about itself are answered with the contract's own types."""

        async def ask(provider: Provider) -> list[Any]:
            words = [await provider.health(), await provider.where(), provider.capabilities()]
            return [*words, await provider.models(), await provider.count_tokens(self.prompt)]

        health, where, capabilities, models, tokens = run(self.make, ask)
        assert isinstance(health, Health)
        assert isinstance(where, Location)
        assert isinstance(capabilities, Capabilities)
        assert not isinstance(models, str)
        assert all(isinstance(name, str) for name in models)
        assert tokens is None or tokens > 0

    def test_errors_are_translated(self) -> None:
        """What goes wrong is a ProviderError that says something; health() tells it instead of raising."""

        async def ask(provider: Provider) -> None:
            with pytest.raises(ProviderError) as caught:
                await provider.generate(self.prompt)
            assert str(caught.value).strip()
            with pytest.raises(ProviderError):
                async for _ in provider.stream(self.prompt):
                    pass
            health = await provider.health()
            assert isinstance(health, Health)
            assert health.state != "healthy"

        run(self._broken, ask)

    def test_the_key_is_never_shown(self, caplog: pytest.LogCaptureFixture) -> None:
        """Not in its repr, not in any log, not in the words of any error or of its causes."""
        caplog.set_level(logging.DEBUG)
        shown: list[str] = []

        async def use(provider: Provider) -> None:
            shown.extend((repr(provider), str(provider), repr(provider.model)))
            try:
                await provider.generate(self.prompt)
            except ProviderError as exc:
                error: BaseException | None = exc
                while error is not None:
                    shown.extend((str(error), repr(error), getattr(error, "hint", "")))
                    error = error.__cause__ or error.__context__
            shown.append(repr(await provider.health()))

        for make in (self.make, self.broken):
            provider = make()
            if provider is not None:
                model = evolve(provider.model, api_key=Secret(KEY))
                run(partial(type(provider), model), use)
        assert shown
        assert not [text for text in shown if KEY in text]
        assert KEY not in caplog.text

    def _broken(self) -> Provider:
        provider = self.broken()
        if provider is None:
            pytest.skip("it has no backend to lose")
        return provider


def _generator(provider: Provider, prompt: Prompt) -> Any:
    stream = provider.stream(prompt)
    assert hasattr(stream, "aclose"), "stream() must be an async generator, so that it can be closed early"
    return stream

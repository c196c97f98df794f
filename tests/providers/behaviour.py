"""What everybody may expect of a provider, whatever it reaches. A subclass names its test bench in `on`.

Where a backend can't be in a situation, the subclass replaces that test by one of what the documentation says instead.
"""

import asyncio
import json
import traceback
from typing import Any, ClassVar

import pytest
from attrs import evolve

from aurarouter_hooks import (
    Message,
    Prompt,
    ProviderAuthError,
    ProviderReplyError,
    ProviderTimeoutError,
    ProviderUnavailableError,
    Reply,
    Secret,
    Timeouts,
    Tool,
    ToolResult,
)
from bench import GONE, LONG, USES, Bench, HttpBench, chunks, errors, wait_for
from faults import Turn, hang, slow_headers

HELLO = Prompt(messages=(Message("user", "Say hello to Ada."),), parameters={"max_tokens": 8, "temperature": 0})
WEATHER = Tool(
    name="weather", description="Tells it.", schema={"type": "object", "properties": {"city": {"type": "string"}}}
)
SCHEMA = {
    "type": "object",
    "properties": {"n": {"type": "integer"}},
    "required": ["n"],
    "additionalProperties": False,
}
PICK = Prompt(
    messages=(Message("user", "Give n."),), response_schema=SCHEMA, parameters={"max_tokens": 32, "temperature": 0}
)
SCRIPTS = 'Grüße, Ἄδα — 日本語 🙂\u2028e\u0301 \\n "quoted"'
KEY = Secret("sk-wrong-0123456789abcdef")
CROWD = 100


class Behaviour:
    """The eleven situations; `bench` is a fixture."""

    on: ClassVar[type[Bench]]

    async def test_it_chats(self, bench: Bench) -> None:
        provider = bench.real()
        reply = await provider.generate(HELLO)
        self.good(bench, reply)
        health = await provider.health()
        assert health.state == bench.well
        named = Prompt(messages=(Message("system", SCRIPTS), *HELLO.messages), parameters=HELLO.parameters)
        assert (await provider.generate(named)).text

    async def test_it_streams(self, bench: Bench) -> None:
        found = await chunks(bench.real(), HELLO)
        assert sum(bool(chunk.text) for chunk in found) > 1
        assert [chunk.finish is not None for chunk in found] == [False] * (len(found) - 1) + [True]
        self.good(bench, Reply.from_chunks(found))

    def good(self, bench: Bench, reply: Reply) -> None:
        """Each answer says all that the contract names."""
        assert reply.text.strip()
        assert reply.finish in bench.finishes
        assert reply.usage is not None
        assert reply.usage.input_tokens > 0
        assert reply.usage.output_tokens > 0
        assert reply.usage.estimated is bench.estimates
        assert bool(reply.request_id) is bench.names_requests

    @pytest.mark.parametrize("use", USES)
    async def test_cancelling_stops_the_backend(self, bench: HttpBench, use: str) -> None:
        provider = bench.make()
        bench.meets(hang if use == "generate" else bench.begins("Hi", then="hang"))
        task = asyncio.ensure_future(USES[use](provider, HELLO))
        await wait_for(bench.server.hanging)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await wait_for(bench.server.left)
        bench.meets(bench.says("Hello ", "Ada."))
        assert (await provider.generate(HELLO)).text == "Hello Ada."

    async def test_a_prompt_that_is_too_long_is_refused(self, bench: Bench) -> None:
        provider = bench.at_its_limit() if isinstance(bench, HttpBench) else bench.real()
        for error in await errors(provider, LONG, ProviderReplyError, bench.too_long):
            assert error.hint
        if isinstance(bench, HttpBench):
            bench.meets(bench.says("Hello."))
        assert (await provider.generate(HELLO)).text  # it was that prompt's fault alone

    async def test_a_wrong_key_is_an_error_of_its_own(self, bench: HttpBench) -> None:
        provider = bench.locked(KEY)
        for error in await errors(provider, HELLO, ProviderAuthError):
            assert error.hint
            assert KEY.reveal() not in "".join(traceback.format_exception(error))
        health = await provider.health()
        assert health.state == "misconfigured"
        assert KEY.reveal() not in f"{health} {provider!r}"

    async def test_who_cannot_be_reached_is_unavailable(self, bench: HttpBench) -> None:
        for endpoint in (GONE, "http://nowhere.invalid"):
            provider = bench.at(endpoint=endpoint)
            for error in await errors(provider, HELLO, ProviderUnavailableError, f"cannot connect to {endpoint}"):
                assert error.__cause__ is not None
                assert error.hint
            health = await provider.health()
            assert (health.state, bool(health.detail)) == ("down", True)

    async def test_a_first_token_that_never_comes_is_a_timeout(self, bench: HttpBench) -> None:
        provider = bench.make(timeouts=Timeouts(total=0.1))
        for fault in (hang, slow_headers, bench.begins(then="hang")):
            bench.meets(fault)
            with pytest.raises(ProviderTimeoutError, match="did not answer in time") as caught:
                assert not await chunks(provider, HELLO)
            assert caught.value.after >= 0.1
        bench.meets(hang)
        with pytest.raises(ProviderTimeoutError):
            await provider.generate(HELLO)

    @pytest.mark.parametrize("use", USES)
    async def test_a_tool_is_called_and_answered(self, bench: HttpBench, use: str) -> None:
        bench.meets(bench.calls("weather", {"city": "Brno ✓"}), bench.says("It is ", "sunny."))
        provider = bench.make()
        prompt = evolve(HELLO, tools=(WEATHER,))
        reply = await self.used(use, bench, prompt, provider)
        (call,) = reply.tool_calls
        assert (call.name, json.loads(call.arguments)) == ("weather", {"city": "Brno ✓"})
        assert call.id
        assert reply.finish == "tool_calls"
        result = Message("tool", [ToolResult(call_id=call.id, content="21 °C")])
        reply = await self.used(use, bench, evolve(prompt, messages=(*HELLO.messages, reply.message, result)), provider)
        assert (reply.text, reply.finish) == ("It is sunny.", "stop")
        first, second = (json.dumps(body, ensure_ascii=False) for body in bench.asked())
        assert "Tells it." in first
        assert "21 °C" not in first
        assert "21 °C" in second
        assert "Brno ✓" in second

    @pytest.mark.parametrize("use", USES)
    async def test_an_answer_keeps_to_a_schema(self, bench: Bench, use: str) -> None:
        provider = bench.for_schemas('{"n": 7}') if isinstance(bench, HttpBench) else bench.real()
        reply = await self.used(use, bench, PICK, provider)
        assert isinstance(json.loads(reply.text)["n"], int)
        if isinstance(bench, HttpBench):
            assert all('"n": {"type": "integer"' in json.dumps(body) for body in bench.asked())

    @pytest.mark.parametrize("use", USES)
    async def test_every_script_goes_there_and_back(self, bench: HttpBench, use: str) -> None:
        bench.meets(bench.says(*SCRIPTS))  # a piece for each letter
        prompt = Prompt(messages=(Message("system", SCRIPTS[::-1]), Message("user", SCRIPTS)))
        assert (await self.used(use, bench, prompt, bench.make())).text == SCRIPTS
        sent = [json.dumps(r.json, ensure_ascii=False) for r in bench.server.requests if r.body]
        assert any(json.dumps(SCRIPTS, ensure_ascii=False)[1:-1] in body for body in sent)
        assert any(json.dumps(SCRIPTS[::-1], ensure_ascii=False)[1:-1] in body for body in sent)

    async def test_a_hundred_are_answered_at_once(self, bench: HttpBench) -> None:
        all_there, arrived = asyncio.Event(), []
        good = bench.says("Hello ", "Ada.")

        async def together(turn: Turn) -> None:
            arrived.append(turn)
            if len(arrived) == CROWD:  # nobody is answered before everybody has asked
                all_there.set()
            await all_there.wait()
            await good(turn)

        bench.meets(together)
        provider = bench.make()
        texts = await asyncio.gather(*(self.text(number, bench, provider) for number in range(CROWD)))
        assert texts == ["Hello Ada."] * CROWD

    async def text(self, number: int, bench: Bench, provider: Any) -> str:
        return (await self.used("stream" if number % 2 else "generate", bench, HELLO, provider)).text

    async def used(self, use: str, bench: Bench, prompt: Prompt, provider: Any) -> Reply:
        """An answer, in one way or the other."""
        found = await USES[use](provider, prompt)
        return found if isinstance(found, Reply) else Reply.from_chunks(found)

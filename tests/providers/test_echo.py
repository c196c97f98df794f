"""The echo provider keeps the contract, and says back what it was told."""

from aurarouter_echo import EchoProvider
from aurarouter_hooks import Message, Model, Prompt, Provider
from aurarouter_hooks.contract import ProviderContract


class TestEcho(ProviderContract):
    def make(self) -> Provider:
        return EchoProvider(Model(id="echo", provider="echo"))


async def test_it_says_the_last_thing_that_the_user_said() -> None:
    messages = (Message("user", "one"), Message("assistant", "two"), Message("user", "three\nfour"))
    echo = EchoProvider(Model(id="echo", provider="echo"))
    assert (await echo.generate(Prompt(messages=messages))).text == "three\nfour"
    pieces = [chunk.text async for chunk in echo.stream(Prompt(messages=messages))]
    assert pieces == ["three\n", "four", ""]


async def test_it_runs_in_this_process() -> None:
    assert (await EchoProvider(Model(id="echo", provider="echo")).where()).here

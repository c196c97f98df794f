"""The provider contract has teeth: each way of breaking it fails the test that is meant for it."""

import asyncio
import logging
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from aurarouter_hooks import Chunk, Health, Model, Prompt, Provider, ProviderUnavailableError, Reply
from aurarouter_hooks.contract import ProviderContract


class Good(Provider):
    """Keeps the contract; each class below breaks one line of it."""

    async def generate(self, prompt: Prompt) -> Reply:
        await asyncio.sleep(0)
        return Reply(text="hello")


class OpensAFile(Good):
    def __init__(self, model: Model) -> None:
        super().__init__(model)
        Path(__file__).read_bytes()


class Background(Good):
    stop = threading.Event()  # ends the threads that the others start


class StartsAThread(Background):
    def __init__(self, model: Model) -> None:
        super().__init__(model)
        threading.Thread(target=self.stop.wait, name="early").start()


class SaysNothing(Good):
    async def generate(self, prompt: Prompt) -> Reply:
        return Reply()


class NeverFinishes(Good):
    async def stream(self, prompt: Prompt) -> AsyncIterator[Chunk]:
        yield Chunk(text="hello")


class FinishesTwice(Good):
    async def stream(self, prompt: Prompt) -> AsyncIterator[Chunk]:
        yield Chunk(text="hello", finish="stop")
        yield Chunk(finish="stop")


class IgnoresCancelling(Good):
    async def generate(self, prompt: Prompt) -> Reply:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            await asyncio.sleep(3600)
        return Reply(text="hello")


class FailsWhenCancelled(Good):
    cancelled = False

    async def generate(self, prompt: Prompt) -> Reply:
        if self.cancelled:
            raise ValueError("broken by a cancel")
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        return Reply(text="hello")


class LeavesATask(Good):
    async def generate(self, prompt: Prompt) -> Reply:
        self.task = asyncio.ensure_future(asyncio.sleep(3600))
        return Reply(text="hello")


class LeavesAThread(Background):
    async def generate(self, prompt: Prompt) -> Reply:
        threading.Thread(target=self.stop.wait, daemon=True, name="left behind").start()
        return Reply(text="hello")


class ClosesOnce(Good):
    closed = False

    async def aclose(self) -> None:
        if self.closed:
            raise RuntimeError("closed already")
        self.closed = True


class NeverCloses(Good):
    async def aclose(self) -> None:
        await asyncio.Event().wait()


class GivesAString(Good):
    async def generate(self, prompt: Prompt) -> Any:
        return "hello"


class WrongWords(Good):
    async def models(self) -> Sequence[str]:
        return "not-a-list"


class RaisesItsOwn(Good):
    async def generate(self, prompt: Prompt) -> Reply:
        raise ConnectionRefusedError("nobody there")


class HealthRaises(Good):
    async def generate(self, prompt: Prompt) -> Reply:
        raise ProviderUnavailableError("nobody there")

    async def health(self) -> Health:
        raise ProviderUnavailableError("nobody there")


class LogsItsKey(Good):
    async def generate(self, prompt: Prompt) -> Reply:
        logging.getLogger(__name__).debug("sending %s", self.model.api_key.reveal() if self.model.api_key else "")
        return Reply(text="hello")


class SaysItsKey(Good):
    async def generate(self, prompt: Prompt) -> Reply:
        try:
            raise OSError(f"refused {self.model.api_key.reveal() if self.model.api_key else ''}")
        except OSError as exc:
            raise ProviderUnavailableError("nobody there") from exc


class Plugin:
    """What implements the hook for the classes above."""

    kinds: Mapping[str, type[Provider]] = {}

    def register_providers(self) -> Mapping[str, type[Provider]]:
        return self.kinds


def contract(kind: type[Provider]) -> ProviderContract:
    class Mine(ProviderContract):
        plugin = Plugin()

        def make(self) -> Provider:
            return kind(Model(id="mine", provider="mine"))

        broken = make

    return Mine()


Test = Callable[[ProviderContract], Any]


@pytest.mark.parametrize(
    ("kind", "test", "words"),
    [
        (OpensAFile, ProviderContract.test_the_constructor_is_cheap, "does I/O: .*open"),
        (StartsAThread, ProviderContract.test_the_constructor_is_cheap, "does I/O: .*thread 'early'"),
        (Good, ProviderContract.test_registration_is_cheap, None),
        (SaysNothing, ProviderContract.test_it_answers, None),
        (NeverFinishes, ProviderContract.test_it_streams, None),
        (FinishesTwice, ProviderContract.test_it_streams, None),
        (IgnoresCancelling, lambda it: it.test_generate_can_be_cancelled(1), "after it was cancelled"),
        (LeavesATask, ProviderContract.test_it_answers, "tasks are left running"),
        (LeavesAThread, ProviderContract.test_it_answers, "a thread is left running: left behind"),
        (NeverCloses, ProviderContract.test_it_answers, "not closed"),
        (WrongWords, ProviderContract.test_it_says_what_it_is, None),
    ],
)
def test_a_broken_promise_fails(
    kind: type[Provider], test: Test, words: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    Background.stop.clear()
    monkeypatch.setattr("aurarouter_hooks.contract_run.CANCEL_PATIENCE", 0.2)
    monkeypatch.setattr("aurarouter_hooks.contract_run.CLOSE_PATIENCE", 0.2)
    monkeypatch.setattr("aurarouter_hooks.contract_run.THREAD_PATIENCE", 0.2)
    try:
        with pytest.raises(AssertionError, match=words):
            test(contract(kind))
    finally:
        Background.stop.set()


@pytest.mark.parametrize(
    ("kind", "test", "error"),
    [
        (FailsWhenCancelled, lambda it: it.test_generate_can_be_cancelled(1), ValueError),
        (ClosesOnce, ProviderContract.test_it_closes, RuntimeError),
        (RaisesItsOwn, ProviderContract.test_errors_are_translated, ConnectionRefusedError),
        (HealthRaises, ProviderContract.test_errors_are_translated, ProviderUnavailableError),
    ],
)
def test_a_wrong_error_comes_through(kind: type[Provider], test: Test, error: type[Exception]) -> None:
    with pytest.raises(error):
        test(contract(kind))


def test_what_is_no_reply_is_named() -> None:
    with pytest.raises(TypeError, match=r"GivesAString\.generate\(\) must give a Reply, not str"):
        contract(GivesAString).test_it_streams()


@pytest.mark.parametrize("kind", [LogsItsKey, SaysItsKey])
def test_a_shown_key_fails(kind: type[Provider], caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(AssertionError):
        contract(kind).test_the_key_is_never_shown(caplog)


class TestGood(ProviderContract):
    """And what keeps it passes."""

    plugin = type("Named", (Plugin,), {"kinds": {"good": Good}})()

    def make(self) -> Provider:
        return Good(Model(id="good", provider="good"))


@pytest.mark.parametrize("module", ["aurarouter_hooks", "aurarouter_hooks.http", "aurarouter_openapi"])
def test_no_http_library_is_imported_before_it_is_used(module: str) -> None:
    code = f"import sys, {module}; print(sorted({{'httpx', 'aiohttp', 'httpx_sse', 'pytest'}} & set(sys.modules)))"
    path = {"PYTHONPATH": ":".join(sys.path)}
    found = subprocess.run([sys.executable, "-c", code], env=path, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"

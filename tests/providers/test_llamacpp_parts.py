"""The parts of the llamacpp provider that need no model: options, requests, text, hand-over, trial."""

import asyncio
import signal
import subprocess
import sys
import threading
from concurrent.futures import Future
from contextlib import aclosing
from typing import Any

import pytest

import aurarouter_llamacpp
from aurarouter_hooks import (
    ConfigError,
    Media,
    Message,
    Model,
    Prompt,
    ProviderReplyError,
    ProviderUnavailableError,
    Text,
    Tool,
    ToolCall,
    ToolResult,
)
from aurarouter_llamacpp.probe import survived
from aurarouter_llamacpp.provider import LlamaCppProvider
from aurarouter_llamacpp.request import Sampling, messages, sampling
from aurarouter_llamacpp.text import Unrolled
from aurarouter_llamacpp.worker import Handover, StopFlag, Worker


def prompt(**parameters: Any) -> Prompt:
    return Prompt(messages=(Message("user", "hi"),), parameters=parameters)


def test_it_is_registered_and_imports_no_native_library() -> None:
    assert aurarouter_llamacpp.register_providers() == {"llamacpp": LlamaCppProvider}
    code = f"""
import sys
sys.path[:] = {sys.path!r}
import aurarouter_llamacpp
print(sorted({{"asyncio", "llama_cpp", "numpy"}} & set(sys.modules)))
"""
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"


def test_all_wrong_options_are_told_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        LlamaCppProvider(Model(id="m", provider="llamacpp", options={"n_ctz": 1, "n_threads": 0, "gpu_layers": True}))
    assert [str(problem).split(":")[0] for problem in caught.value.problems] == [
        "models.m.options.n_ctz",
        "models.m.options.n_threads",
        "models.m.options.gpu_layers",
    ]
    assert "n_ctx" in str(caught.value)


async def test_no_thread_is_made_before_it_is_needed() -> None:
    before = threading.active_count()
    provider = LlamaCppProvider(Model(id="m", provider="llamacpp"))
    await provider.unload()
    assert threading.active_count() == before
    await provider.aclose()
    with pytest.raises(ProviderUnavailableError, match="closed"):
        await provider.load()


async def test_without_a_path_it_is_misconfigured() -> None:
    provider = LlamaCppProvider(Model(id="m", provider="llamacpp"))
    with pytest.raises(ProviderUnavailableError, match="no model_path"):
        await provider.load()
    assert (await provider.health()).state == "misconfigured"
    await provider.aclose()


def test_parameters_are_read_under_openai_names() -> None:
    wish = sampling(prompt(max_completion_tokens=9, temperature=0, stop="x", seed=-1, top_p=None, n=3), seed=5)
    assert wish == Sampling(max_tokens=9, temperature=0, stop=("x",), seed=0xFFFFFFFF)
    assert sampling(prompt(), seed=5).seed == 5
    assert sampling(prompt(), seed=None) == Sampling()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_tokens", 0),
        ("max_tokens", "9"),
        ("temperature", -1),
        ("temperature", float("nan")),
        ("top_p", True),
        ("repeat_penalty", 0),
        ("stop", 4),
        ("stop", [4]),
        ("seed", 1.5),
    ],
)
def test_parameters_that_cannot_be_used_are_named(name: str, value: object) -> None:
    with pytest.raises(ProviderReplyError, match=name) as caught:
        sampling(prompt(**{name: value}), seed=None)
    assert caught.value.refused


def test_messages_become_text() -> None:
    talk = Prompt(
        messages=(
            Message("user", [Text("a"), Text("b")]),
            Message("assistant", [Text("I ask."), ToolCall(id="1", name="f", arguments="{}")]),
            Message("tool", [ToolResult(call_id="1", content="42")]),
        )
    )
    assert messages(talk) == [
        {"role": "user", "content": "ab"},
        {"role": "assistant", "content": 'I ask.\n{"name": "f", "arguments": "{}"}'},
        {"role": "tool", "content": "42"},
    ]


@pytest.mark.parametrize(
    "refused",
    [
        Prompt(messages=()),
        Prompt(messages=(Message("user", [Media(media_type="image/png", data=b"")]),)),
        Prompt(messages=(Message("tool", [ToolResult(call_id="1", content="", media=(Media(media_type="a/b"),))]),)),
        Prompt(messages=(Message("user", "hi"),), tools=(Tool(name="f"),), tool_choice="required"),
    ],
)
def test_what_it_cannot_do_is_refused(refused: Prompt) -> None:
    with pytest.raises(ProviderReplyError) as caught:
        messages(refused)
    assert caught.value.refused


def test_text_waits_for_whole_characters() -> None:
    text = Unrolled(())
    assert [text.add(bytes([byte])) for byte in "aé€😀".encode()] == ["a", "", "é", "", "", "€", "", "", "", "😀"]
    assert text.add(b"\xe2\x82") == ""
    assert text.rest() == ""


def test_text_never_shows_a_part_of_a_stop_word() -> None:
    text = Unrolled(("END", "###"))
    assert [text.add(piece) for piece in (b"one #", b"# two E", b"N", b"D three")] == ["one ", "## two ", "", ""]
    assert text.ended
    assert text.rest() == ""
    text = Unrolled(("END",))
    assert text.add(b"the EN") == "the "
    assert not text.ended
    assert text.rest() == "EN"


async def test_handover_makes_a_fast_worker_wait_and_passes_on_its_error() -> None:
    handover = Handover[int](room=2)
    done: list[int] = []
    worker = Worker("w", interrupt=handover.close, at_end=lambda: None)

    def work() -> None:
        for number in range(6):
            handover.put(number)
            done.append(number)
        raise ProviderReplyError("after six")

    seen: list[int] = []

    async def read() -> None:
        async for number in handover.read(worker.submit(work)):
            assert len(done) <= len(seen) + 1 + 2
            seen.append(number)

    with pytest.raises(ProviderReplyError, match="after six"):
        await read()
    assert seen == [0, 1, 2, 3, 4, 5]
    worker.stop()
    await worker.join()


async def test_handover_frees_a_worker_whose_reader_left() -> None:
    handover = Handover[int](room=1)
    worker = Worker("w", interrupt=handover.close, at_end=lambda: None)
    ended: Future[str] = Future()

    def work() -> None:
        try:
            while True:
                handover.put(1)
        except ProviderUnavailableError as exc:
            ended.set_result(str(exc))
            raise

    async with aclosing(handover.read(worker.submit(work))) as items:
        assert await anext(items) == 1
    assert "stopped" in await asyncio.wrap_future(ended)
    worker.stop()
    await worker.join()


async def test_worker_skips_what_was_cancelled_and_refuses_what_waits_when_it_stops() -> None:
    begun, gate, ran = threading.Event(), threading.Event(), []
    worker = Worker("w", interrupt=gate.set, at_end=lambda: ran.append("end"))

    def work() -> bool:
        begun.set()
        return gate.wait(10)

    first = worker.submit(work)
    second = worker.submit(lambda: ran.append("cancelled"))
    third = worker.submit(lambda: ran.append("too late"))
    assert second.cancel()
    assert begun.wait(10)
    worker.stop()
    await worker.join()
    assert first.result() is True
    assert ran == ["end"]
    with pytest.raises(ProviderUnavailableError, match="closed"):
        third.result()


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_a_trial_that_dies_by_a_signal_names_it_and_the_way_out() -> None:
    for number in (signal.SIGILL, signal.SIGSEGV):
        command = [sys.executable, "-c", f"import os; os.kill(os.getpid(), {int(number)})"]
        with pytest.raises(ProviderUnavailableError, match=number.name) as caught:
            survived(command, StopFlag())
        assert "CMAKE_ARGS=-DGGML_NATIVE=OFF" in caught.value.hint


def test_a_trial_that_ends_is_judged_by_its_exit_code() -> None:
    assert survived([sys.executable, "-c", ""], StopFlag())
    assert not survived([sys.executable, "-c", "raise SystemExit(3)"], StopFlag())


def test_a_trial_is_ended_when_the_model_is_closed() -> None:
    stop = StopFlag()
    timer = threading.Timer(0.2, stop.set)
    timer.start()
    with pytest.raises(ProviderUnavailableError, match="closed"):
        survived([sys.executable, "-c", "import sys; sys.stdin.read(); import time; time.sleep(600)"], stop)
    timer.join()

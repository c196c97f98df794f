"""A chain on its worst day: real servers are killed, and the next model answers or the truth is told."""

import asyncio
import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aurarouter_core import Plugins, Router, Task, load_config
from aurarouter_hooks import Delta, Done, Event
from llama_server import LlamaServer

FILE = """
models:
  server: {{provider: openapi, endpoint: "{url}", parameters: {{max_tokens: 400, temperature: 0}}}}
  near: {{provider: llamacpp, model_path: "{path}", parameters: {{max_tokens: 8}}, options: {{n_threads: 1}}}}
roles: {{coding: [server, near]}}
"""
LONG = "Summarise this. " + "The cat sat on the mat and looked at the moon. " * 150

pytestmark = pytest.mark.model


@pytest.fixture
def mortal(model_file: Path) -> Iterator[LlamaServer]:
    """A server of this test's own."""
    with LlamaServer(model_file) as server:
        yield server


@pytest.fixture
def file(home: Path, model_file: Path, mortal: LlamaServer) -> Path:
    path = home / "auraconfig.yaml"
    path.write_text(FILE.format(url=mortal.url, path=model_file))
    return path


def works_on_a_prompt(url: str) -> bool:
    with urllib.request.urlopen(f"{url}/slots", timeout=5) as answer:
        return any(slot["is_processing"] for slot in json.load(answer))


def kill_once_at_work(server: LlamaServer) -> threading.Thread:
    """Kills the server as soon as it is busy with a prompt."""

    def watch() -> None:
        while not works_on_a_prompt(server.url):
            pass
        server.kill()

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


async def test_a_server_that_was_never_there(file: Path, mortal: LlamaServer) -> None:
    mortal.kill()
    async with Router(load_config(Plugins())) as router:
        done = await router.run(Task("hello"))
    first, second = done.trace.attempts
    assert (first.model, first.outcome, second.model, second.outcome) == ("server", "failed", "near", "ok")
    assert first.error is not None
    assert first.error.type == "ProviderUnavailableError"
    assert first.seconds > 0
    assert done.complete
    assert done.text


async def test_a_server_that_dies_before_its_first_token(file: Path, mortal: LlamaServer) -> None:
    killer = kill_once_at_work(mortal)
    async with Router(load_config(Plugins())) as router:
        done = await router.run(Task(LONG))
    await asyncio.to_thread(killer.join)
    first, second = done.trace.attempts
    assert (first.outcome, first.first_token, second.outcome) == ("failed", None, "ok")
    assert first.error is not None
    assert done.complete
    assert done.text


async def test_a_server_that_dies_in_the_middle(file: Path, mortal: LlamaServer) -> None:
    events: list[Event] = []
    async with Router(load_config(Plugins())) as router:
        async for event in router.stream(Task("Tell me a long story about a cat.")):
            if isinstance(event, Delta) and not any(isinstance(seen, Delta) for seen in events):
                mortal.kill()
            events.append(event)
    done = events[-1]
    assert isinstance(done, Done)
    assert done.text
    assert done.complete is False
    assert [attempt.outcome for attempt in done.trace.attempts] == ["incomplete"]


@pytest.fixture
def halfway(fault_server: Any) -> str:
    """A configuration whose first model breaks off in the middle; after that it rests for a moment."""
    from faults import half_a_stream

    fault_server.always(half_a_stream())
    return (
        f"models: {{half: {{provider: openapi, endpoint: '{fault_server.url}'}}, e: {{provider: echo}}}}\n"
        "roles: {coding: [half, e]}\n"
    )


def test_the_command_line_says_that_an_answer_is_incomplete(halfway: str, aurarouter: Callable[..., Any]) -> None:
    done = aurarouter("run", "hello", config=halfway)
    assert done.returncode == 5
    assert done.stdout == "Hello A\n"
    assert "[incomplete: the answer stops here:" in done.stderr
    drawn = aurarouter("trace", config=halfway).stdout
    assert "⚠ 1. half" in drawn
    assert "incomplete" in drawn.splitlines()[0]


def test_its_json_says_so_too(halfway: str, aurarouter: Callable[..., Any]) -> None:
    told = json.loads(aurarouter("run", "hello", "--json", config=halfway).stdout)
    assert (told["success"], told["complete"], told["text"]) == (False, False, "Hello A")
    assert [attempt["outcome"] for attempt in told["attempts"]] == ["incomplete"]

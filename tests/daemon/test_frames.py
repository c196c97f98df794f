"""What a client may send: messages that make no sense end that one connection, and nothing else."""

import asyncio
import json
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from aurarouter_core import Attached, Task, attach
from aurarouter_core.daemon import faults, wire
from aurarouter_core.daemon.connection import hello
from aurarouter_core.daemon.frames import GREETING, HEAD, LARGEST, EngineLostError, packed, read_now
from aurarouter_core.daemon.place import Place
from aurarouter_core.daemon.serving import AT_ONCE
from aurarouter_hooks import (
    AllModelsFailedError,
    Attempt,
    AuraRouterError,
    BudgetError,
    ConfigError,
    Constraint,
    DaemonError,
    ErrorInfo,
    Media,
    Message,
    Opaque,
    PrivacyError,
    Problem,
    ProviderRateLimitedError,
    Text,
    Tool,
    ToolCall,
    ToolResult,
)

TASK = Task(
    "Grüße \ud800 ${env.HOME}",
    messages=[
        Message("system", "be short"),
        Message("user", [Text("see"), Media(media_type="image/png", data=b"\x00\xff")]),
        Message("assistant", [Opaque(provider="p", data={"$": 1, "deep": [1, (2, 3)], 4: None})]),
        Message("assistant", [ToolCall(id="1", name="f")]),
        Message("tool", [ToolResult(call_id="1", content="42", is_error=True)]),
    ],
    tools=[Tool(name="f", schema={"type": "object", "required": ["a"]})],
    response_schema={"$ref": "#/x"},
    parameters={"temperature": 0.5, "stop": ["a"]},
    tags={"fast", "private"},
    private=True,
    here=True,
    deadline=3.5,
)  # fmt: skip
ERRORS: list[AuraRouterError] = [
    AllModelsFailedError(
        "all failed",
        attempts=[Attempt(number=1, model="a", provider="b", started=0.5, error=ErrorInfo(type="X", message="y"))],
        hint="try later",
    ),
    BudgetError("no money", vetoes={"a": "too dear"}, retry_after=3.0),
    ConfigError("bad", problems=[Problem("wrong", ("models", "a"), 3, "file")]),
    PrivacyError("private", vetoes={"a": "elsewhere"}),
    ProviderRateLimitedError("slow down", retry_after=1.5, provider="p", model="m", hint="wait"),
]


def test_values_come_back_as_they_were() -> None:
    for value in (
        TASK,
        Constraint(tags={"a"}, models=None),
        {"$": 1},
        [1, (2,)],
        b"\x00",
        {1: 2},
        frozenset({3}),
        None,
    ):
        assert wire.decode(json.loads(json.dumps(wire.encode(value)))) == value


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_errors_come_back_as_they_were(error: AuraRouterError) -> None:
    back = faults.decode(json.loads(json.dumps(faults.encode(error))))
    assert type(back) is type(error)
    assert (str(back), vars(back)) == (str(error), vars(error))


def test_the_words_of_an_error_that_is_none_of_ours_stay_where_it_was_raised(caplog: pytest.LogCaptureFixture) -> None:
    """They may quote a task, and every client's own log would have them."""
    back = faults.decode(json.loads(json.dumps(faults.encode(ValueError("tangerine")))))
    assert type(back) is DaemonError
    assert "ValueError" in str(back)
    assert "tangerine" not in f"{back} {vars(back)} {caplog.text}"


@pytest.mark.parametrize(
    "data",
    [
        {"$": "Task", "nobody": 1},
        {"$": "Popen"},
        {"$": "bytes", "v": "*"},
        {"$": "list"},
        {"$": "Task", "deadline": -1},
    ],
)
def test_only_values_of_ours_are_made(data: Any) -> None:
    with pytest.raises(DaemonError, match="no value of ours"):
        wire.decode(data)


@pytest.mark.parametrize("data", [None, {}, {"type": "Nobody", "message": "", "with": {}}, {"type": "DaemonError"}, 3])
def test_an_error_that_makes_no_sense_is_one_of_its_own(data: Any) -> None:
    assert isinstance(faults.decode(data), DaemonError)


def test_what_is_too_large_is_not_sent() -> None:
    with pytest.raises(DaemonError, match="too large"):
        packed({"text": "x" * (LARGEST + 1)})


async def place_of(kernel: object) -> Place:
    assert isinstance(kernel, Attached)
    return kernel.place


def spoken(place: Place, *frames: bytes, half_closed: bool = False) -> list[Any]:
    """What the engine answers to these bytes, until it hangs up."""
    connection = place.call(10)
    assert connection is not None
    answers = []
    with connection:
        for frame in frames:
            connection.sendall(frame)
        if half_closed:
            connection.shutdown(socket.SHUT_WR)
        try:
            while True:
                answers.append(read_now(connection))
        except EngineLostError:
            return answers


@pytest.mark.parametrize(
    "frames",
    [
        (struct.pack(">I", GREETING + 1),),
        (HEAD.pack(3) + b"{no",),
        (HEAD.pack(2) + b"[]",),
        (HEAD.pack(4) + b"\xff\xfe\x00\x01",),
        (HEAD.pack(100_00) + b"[" * 100_00,),
        (packed({"protocol": 99, "version": "1.0.0"}),),
        (packed({"protocol": 1, "version": "0.5.0"}),),
        (packed({}),),
    ],
    ids=["oversized", "no JSON", "no object", "no text", "deep", "protocol", "version", "empty"],
)  # fmt: skip
async def test_a_greeting_that_makes_no_sense_is_answered_with_an_error(
    shared: Path, frames: tuple[bytes, ...]
) -> None:
    async with attach() as kernel:
        (answer,) = await asyncio.to_thread(spoken, await place_of(kernel), *frames)
        assert isinstance(faults.decode(answer["error"]), DaemonError)
        assert (await kernel.run(Task("still here"))).text == "still here"


@pytest.mark.parametrize(
    "frame",
    [
        struct.pack(">I", LARGEST + 1),
        HEAD.pack(1) + b"x",
        packed({"do": "health"}),
        packed({"id": "one", "do": "health"}),
        packed({"id": 1, "more": 10**9}),
    ],
    ids=["oversized", "no JSON", "no number", "a word", "too much"],
)
async def test_a_request_that_makes_no_sense_ends_its_connection_alone(shared: Path, frame: bytes) -> None:
    async with attach() as kernel:
        answers = await asyncio.to_thread(spoken, await place_of(kernel), hello("tests"), frame)
        assert len(answers) == 1
        assert "error" not in answers[0]
        assert (await kernel.run(Task("still here"))).text == "still here"


@pytest.mark.parametrize(
    "asked",
    [
        {"do": "nothing"},
        {"do": "run"},
        {"do": "run", "with": ["no task"]},
        {"do": "run", "with": [{"$": "Nobody"}]},
        {"do": "health", "with": 3},
        {"do": "__class__"},
    ],
)
async def test_a_request_that_can_not_be_met_is_answered_with_an_error(shared: Path, asked: dict[str, Any]) -> None:
    async with attach() as kernel:
        place = await place_of(kernel)
        frames = (hello("tests"), packed({"id": 1, **asked}), packed({"id": 2, "do": "models"}))
        connection = place.call(10)
        assert connection is not None
        with connection:
            connection.sendall(b"".join(frames))
            answers = await asyncio.to_thread(lambda: [read_now(connection) for _ in range(3)])
        wrong, right = sorted(answers[1:], key=lambda answer: int(answer["id"]))
        assert isinstance(faults.decode(wrong["error"]), DaemonError)
        assert set(wire.decode(right["result"])) == {"first", "second"}


async def test_a_half_closed_connection_is_closed(shared: Path) -> None:
    async with attach() as kernel:
        place = await place_of(kernel)
        assert len(await asyncio.to_thread(spoken, place, hello("tests"), half_closed=True)) == 1
        assert await asyncio.to_thread(spoken, place, HEAD.pack(50) + b"{", half_closed=True) == []
        assert isinstance(kernel, Attached)
        assert (await kernel.status())["clients"] == 1


async def test_one_client_can_not_ask_for_ever_more_at_once(shared: Path) -> None:
    async with attach() as kernel:
        asked = [kernel.run(Task("hello")) for _ in range(AT_ONCE + 50)]
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        assert all(not isinstance(outcome, Exception) or isinstance(outcome, DaemonError) for outcome in outcomes)
        assert (await kernel.run(Task("still here"))).text == "still here"


STRANGER = """
import os, socket, sys
os.chdir(sys.argv[1])
os.seteuid(65534)
connection = socket.socket(socket.AF_UNIX)
connection.connect("engine.sock")
print(connection.recv(9999))
"""


@pytest.mark.skipif(not hasattr(socket, "SO_PEERCRED") or os.geteuid() != 0, reason="only root can be somebody else")
async def test_another_user_is_turned_away(shared: Path) -> None:
    async with attach() as kernel:
        place = await place_of(kernel)
        place.folder.chmod(0o777)  # as if whoever looks after the folders had failed
        place.address.chmod(0o777)
        command = [sys.executable, "-c", STRANGER, str(place.folder)]
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
        assert "the user 65534 may not use this engine" in done.stdout, done.stderr
    async with attach() as kernel:
        assert (await kernel.run(Task("hello"))).text == "hello"
    place.folder.chmod(0o700)
    place.address.chmod(0o600)

"""`aurarouter chat` as a user meets it: single messages, the prompt on a terminal, killed processes, the real model."""

import json
import os
import pty
import re
import select
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from aurarouter_core.history import FILE
from fault_server import FaultServer
from faults import half_a_stream, piece, status, stream, whole_stream

Run = Callable[..., Any]
PROGRAM = str(Path(sys.executable).with_name("aurarouter"))
CONFIG = """\
models:
  e: {{provider: echo}}
  far: {{provider: openapi, endpoint: '{url}'}}
  small: {{provider: openapi, endpoint: '{url}', context_length: 100}}
  dead: {{provider: openapi, endpoint: 'http://127.0.0.1:9'}}
roles: {{coding: [far], reasoning: [small], summarization: [e]}}
"""


@pytest.fixture
def chat(aurarouter: Run, home: Path, fault_server: FaultServer) -> Run:
    """Runs `aurarouter chat`; the default model is the fault server's."""
    (home / "auraconfig.yaml").write_text(CONFIG.format(url=fault_server.url))
    return lambda *arguments, **more: aurarouter("chat", *arguments, **more)


@pytest.fixture
def kept(home: Path) -> Callable[[], list[dict[str, Any]]]:
    """Reads the files of all conversations, the latest first."""

    def read() -> list[dict[str, Any]]:
        files = sorted((home / "conversations").glob(f"*/{FILE}"), key=lambda path: -path.stat().st_mtime_ns)
        return [json.loads(path.read_text()) for path in files]

    return read


def sent(server: FaultServer, number: int = -1) -> list[tuple[str, str]]:
    """Who said what, as the server was told."""
    return [(message["role"], message["content"]) for message in server.requests[number].json["messages"]]


# Single messages


def test_a_conversation_goes_on(chat: Run, fault_server: FaultServer, home: Path) -> None:
    fault_server.will(whole_stream("I am ", "well."), whole_stream("Bye."), whole_stream("Again."))
    first = chat("How", "are", "you?")
    assert (first.returncode, first.stdout, first.stderr) == (0, "I am well.\n", "")
    second = chat("-c", stdin="And now,\ngood bye\n")
    assert (second.returncode, second.stdout) == (0, "Bye.\n")
    third = chat("-c", "once more")
    assert third.stdout == "Again.\n"
    assert sent(fault_server) == [
        ("user", "How are you?"),
        ("assistant", "I am well."),
        ("user", "And now,\ngood bye\n"),
        ("assistant", "Bye."),
        ("user", "once more"),
    ]
    (folder,) = (home / "conversations").iterdir()
    assert stat.S_IMODE((folder / FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == stat.S_IMODE(folder.parent.stat().st_mode) == 0o700


def test_each_by_its_id(chat: Run, fault_server: FaultServer) -> None:
    chat("-m", "e", "the first")
    chat("the second")
    second, first = json.loads(chat("--list", "--json").stdout)
    assert (first["turns"], first["models"], first["first"]) == (1, ["e"], "the first")
    told = json.loads(chat("-c", first["id"][:6], "--json", "on").stdout)
    assert told["conversation"] == first["id"]
    assert told["text"] == "on"  # it keeps its model
    assert len(fault_server.requests) == 1
    lines = chat("--list").stdout.splitlines()
    pattern = rf"{first['id'][:8]}  \d{{4}}-\d\d-\d\d \d\d:\d\d    2 turns  the first  \[e\]"
    assert re.fullmatch(pattern, lines[0]), lines
    assert lines[1].startswith(second["id"][:8])
    gone = chat("--forget", first["id"][:6])
    assert (gone.returncode, gone.stdout) == (0, f"the conversation {first['id'][:8]} is forgotten\n")
    assert [row["id"] for row in json.loads(chat("--list", "--json").stdout)] == [second["id"]]
    assert json.loads(chat("--forget", second["id"], "--json").stdout) == {"success": True, "forgotten": second["id"]}
    assert chat("--list").stdout == "no conversation is kept yet\n"
    assert chat("--list", "--json").stdout == "[]\n"


def test_json_tells_all(chat: Run, fault_server: FaultServer) -> None:
    done = chat("--role", "reasoning", "--json", "hello")
    told = json.loads(done.stdout)
    assert (done.returncode, told["success"], told["complete"], told["text"]) == (0, True, True, "Hello Ada.")
    assert told["context"] == {"tokens": 10, "estimated": False, "limit": 100, "share": 0.1}
    assert (told["private"], told["condensed"]) == (False, None)
    assert told["trace"]["conversation"] == told["conversation"]
    assert json.loads(chat("-c", "--role", "coding", "--json", "x").stdout)["context"]["limit"] is None
    fault_server.always(status(500))
    failed = chat("-c", "--role", "reasoning", "--json", "again")
    told = json.loads(failed.stdout)
    assert (failed.returncode, told["success"], told["error"]["type"]) == (5, False, "AllModelsFailedError")
    assert told["context"]["limit"] == 100
    refused = chat("-c", "--private", "--json", "again")
    told = json.loads(refused.stdout)
    assert (refused.returncode, told["error"]["type"], told["private"]) == (4, "PrivacyError", True)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["-c", "hello"], 2, "no conversation is kept yet"),
        (["-c", "abcd", "hello"], 2, "no conversation's id begins with 'abcd'"),
        (["--forget", "abcd"], 2, "no conversation's id begins with 'abcd'"),
        (["-m", "gpt", "hello"], 3, "no model is called 'gpt'"),
        (["--role", "poet", "hello"], 3, "no role is called 'poet'"),
        ([], 2, "the message is empty"),
        ([" "], 2, "the message is empty"),
    ],
)
def test_bad_input_keeps_nothing(chat: Run, home: Path, arguments: list[str], code: int, words: str) -> None:
    done = chat(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr
    assert list((home / "conversations").glob("*")) == []


def test_a_message_that_begins_like_an_id(chat: Run, fault_server: FaultServer) -> None:
    chat("hello")
    assert chat("-c", "face", "it").returncode == 2
    assert chat("-c", "--", "face", "it").returncode == 0
    assert sent(fault_server)[-1] == ("user", "face it")


def test_a_wish_for_a_model_is_kept_until_it_is_taken_back(chat: Run, fault_server: FaultServer) -> None:
    assert chat("-m", "e", "one").stdout == "one\n"
    assert chat("-c", "two").stdout == "two\n"
    assert chat("-c", "-m", "auto", "three").stdout == "Hello Ada.\n"
    assert sent(fault_server)[0] == ("user", "one")


def test_a_failed_turn_is_no_answer_and_the_next_is_valid(
    chat: Run, fault_server: FaultServer, kept: Callable[[], list[dict[str, Any]]]
) -> None:
    chat("one")
    fault_server.will(status(400), half_a_stream())
    failed = chat("-c", "two")
    assert (failed.returncode, failed.stdout) == (5, "")
    assert "scripted 400" in failed.stderr
    short = chat("-c", "three")
    assert (short.returncode, short.stdout) == (5, "Hello A\n")
    assert "[incomplete: the answer stops here: " in short.stderr
    assert chat("-c", "four").returncode == 0
    assert sent(fault_server) == [
        ("user", "one"),
        ("assistant", "Hello Ada."),
        ("user", "three"),
        ("assistant", "Hello A"),
        ("user", "four"),
    ]
    (conversation,) = kept()
    assert [turn["state"] for turn in conversation["turns"]] == ["answered", "unanswered", "incomplete", "answered"]
    assert conversation["turns"][1]["asked"]["parts"] == [{"text": "two"}]
    assert conversation["turns"][1]["answer"] is None


def test_private_stays_private(chat: Run, fault_server: FaultServer) -> None:
    assert chat("--private", "-m", "e", "a secret").stdout == "a secret\n"
    refused = chat("-c", "-m", "far", "harmless")
    assert refused.returncode == 4
    assert fault_server.bytes_received == 0
    assert "private" in chat("--list").stdout


def test_how_full_it_is_is_told_and_then_it_is_condensed(
    chat: Run, fault_server: FaultServer, kept: Callable[[], list[dict[str, Any]]]
) -> None:
    def used(tokens: int) -> Any:
        usage = {"prompt_tokens": tokens - 1, "completion_tokens": 1}
        return stream([piece("ok"), piece(finish="stop"), {"choices": [], "usage": usage}, "[DONE]"])

    summary = whole_stream("We counted.")
    fault_server.will(used(59), used(60), used(85), summary, used(30))
    wish = ("-m", "small")
    assert chat(*wish, f"one {'word ' * 20}").stderr == ""
    assert chat("-c", f"two {'word ' * 20}").stderr == "[context: 60% full, 60 tokens of 100]\n"
    assert chat("-c", "three").stderr == "[context: 85% full, 85 tokens of 100]\n"
    condensed = chat("-c", "four")
    assert condensed.stdout == "ok\n"
    assert condensed.stderr == (
        "[condensed: the first turn is sent as a summary from now on; all messages stay in the file]\n"
    )
    assert "User: one word" in sent(fault_server, 3)[0][1]
    said = sent(fault_server)
    assert [role for role, _ in said] == ["user", "assistant", "user", "assistant", "user"]
    assert "We counted." in said[0][1]
    assert "two word" in said[0][1]
    assert "one word" not in said[0][1]
    (conversation,) = kept()
    assert [turn["asked"]["parts"][0]["text"][:4] for turn in conversation["turns"]] == ["one ", "two ", "thre", "four"]


def test_a_failed_condensation_is_told_and_nothing_changes(chat: Run, fault_server: FaultServer) -> None:
    texts = [f"{number} {'word ' * 30}" for number in range(2)]
    chat("-m", "e", texts[0])
    chat("-c", texts[1])
    fault_server.will(status(400))
    done = chat("-c", "-m", "small", "three")
    assert (done.returncode, done.stdout) == (0, "Hello Ada.\n")
    assert done.stderr.startswith("[not condensed, nothing has changed: every model failed (small: ")
    assert [text for role, text in sent(fault_server) if role == "user"] == [*texts, "three"]


def test_a_damaged_file_does_not_hide_the_others(chat: Run, home: Path) -> None:
    chat("-m", "e", "hello")
    broken = home / "conversations" / "deadbeef" / FILE
    broken.parent.mkdir()
    broken.write_text("{")
    listed = chat("--list")
    assert (listed.returncode, len(listed.stdout.splitlines())) == (0, 1)
    assert "deadbeef" in listed.stderr
    refused = chat("-c", "deadbeef", "hello")
    assert refused.returncode == 2
    assert "aurarouter chat --forget deadbeef" in refused.stderr
    assert broken.read_text() == "{"
    assert chat("--forget", "deadbeef").returncode == 0


# Killed processes, and two at once


def test_killed_while_an_answer_runs_nothing_else_is_lost(
    chat: Run, fault_server: FaultServer, kept: Callable[[], list[dict[str, Any]]], home: Path
) -> None:
    chat("one")
    fault_server.will(stream([piece("Hal")], then="hang"))
    with subprocess.Popen([PROGRAM, "chat", "-c", "two"], stdout=subprocess.DEVNULL, env=dict(os.environ)) as running:
        assert fault_server.hanging.wait(60)
        busy = chat("-c", "three")
        assert busy.returncode == 2
        assert "can't be opened: another process" in busy.stderr
        assert "aurarouter chat" in busy.stderr
        running.kill()
    assert [turn["state"] for turn in kept()[0]["turns"]] == ["answered", "unanswered"]
    (folder,) = (home / "conversations").iterdir()
    (folder / f".{FILE}.new").write_text("{ what a killed process was writing")
    assert chat("-c", "four").returncode == 0
    assert [text for _, text in sent(fault_server)] == ["one", "Hello Ada.", "four"]
    assert [turn["state"] for turn in kept()[0]["turns"]] == ["answered", "unanswered", "answered"]
    assert len(kept()) == 1


def test_interrupted_keeps_what_came(
    chat: Run, fault_server: FaultServer, kept: Callable[[], list[dict[str, Any]]]
) -> None:
    fault_server.always(stream([piece("Hal")], then="hang"))
    command = [PROGRAM, "chat", "one"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=dict(os.environ)) as running:
        assert running.stdout is not None
        assert running.stdout.read(3) == b"Hal"
        running.send_signal(signal.SIGINT)
        assert running.wait(60) == 130
    (turn,) = kept()[0]["turns"]
    assert (turn["state"], turn["answer"]["parts"]) == ("incomplete", [{"text": "Hal"}])


# The prompt


class Terminal:
    """A program on a terminal of its own. What it has shown so far is in `shown`."""

    def __init__(self, *arguments: str) -> None:
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            os.execv(PROGRAM, [PROGRAM, *arguments])
        self.shown = ""
        self._code: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._code is None:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        os.close(self._terminal)

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def kill(self) -> None:
        os.kill(self._pid, signal.SIGKILL)
        self.end()

    def until(self, words: str) -> str:
        """Wait until it has shown these words since the last wait; return what came up to them."""
        deadline = time.monotonic() + 60
        while words not in self.shown:
            assert time.monotonic() < deadline, self.shown
            assert self._read(), f"it ended without {words!r}: {self.shown}"
        before, _, self.shown = self.shown.partition(words)
        return before

    def end(self) -> int:
        """Wait for its end."""
        while self._read():
            pass
        self._code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        return self._code

    def _read(self) -> bool:
        if not select.select([self._terminal], [], [], 60)[0]:
            return False
        try:
            data = os.read(self._terminal, 4096)
        except OSError:
            return False
        self.shown += data.decode(errors="replace").replace("\r\n", "\n")
        return bool(data)


@pytest.fixture
def prompt(chat: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Terminal]]:
    """Opens the prompt; all that a test opened is ended with it."""
    monkeypatch.setenv("TERM", "dumb")
    opened = []

    def start(*arguments: str) -> Terminal:
        opened.append(Terminal("chat", *arguments))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.__exit__()


def test_a_talk_at_the_prompt(
    prompt: Callable[..., Terminal],
    chat: Run,
    fault_server: FaultServer,
    kept: Callable[[], list[dict[str, Any]]],
) -> None:
    terminal = prompt()
    terminal.until("Ctrl-D ends]\n> ")
    terminal.type("hello\n")
    terminal.until("Hello Ada.\n> ")
    terminal.type("/context\n")
    terminal.until("[context: 10 tokens; how many the models hold is unknown")
    terminal.until("1 turns]\n> ")
    terminal.type("/model\n")
    terminal.until("[model: auto")
    terminal.type("/model nobody\n")
    terminal.until("Error: no model is called 'nobody'")
    terminal.type("/model e\n")
    terminal.until("[model: e]\n> ")
    terminal.type("//echo this\n")
    terminal.until("\n/echo this\n> ")
    terminal.type("/condense\n")
    terminal.until("[not condensed, nothing has changed: the summary is no shorter")
    terminal.type("/smell\n")
    terminal.until("[no command is called '/smell'")
    terminal.type("/help\n")
    terminal.until("/quit")
    terminal.type("/model dead\n")
    terminal.until("> ")
    terminal.type("anybody?\n")
    terminal.until("Error: every model failed (dead: ")  # and the talk goes on
    terminal.type("/private\n")
    terminal.until("private from now on]\n> ")
    terminal.type("/model far\n")
    terminal.until("> ")
    terminal.type("secret\n")
    terminal.until("Error: no model is cleared")
    terminal.until("> ")
    terminal.type("\x03")
    terminal.until("[Ctrl-D ends]")
    terminal.type("\x04")
    terminal.until("[to go on: aurarouter chat -c ")
    assert terminal.end() == 0
    assert "Traceback" not in terminal.shown
    assert len(fault_server.requests) == 1
    (conversation,) = kept()
    assert conversation["private"] is True
    assert [turn["state"] for turn in conversation["turns"]] == ["answered", "answered", "unanswered", "unanswered"]


def test_ctrl_c_stops_the_answer_and_keeps_the_conversation(
    prompt: Callable[..., Terminal], fault_server: FaultServer, kept: Callable[[], list[dict[str, Any]]]
) -> None:
    fault_server.will(stream([piece("Half")], then="hang"), whole_stream("Whole."))
    terminal = prompt()
    terminal.until("> ")
    terminal.type("one\n")
    terminal.until("Half")
    terminal.type("\x03")
    terminal.until("[stopped]\n> ")
    assert fault_server.left.wait(60)
    terminal.type("two\n")
    terminal.until("Whole.\n> ")
    assert [text for _, text in sent(fault_server)] == ["one", "Half", "two"]
    terminal.type("/quit\n")
    assert terminal.end() == 0
    assert [turn["state"] for turn in kept()[0]["turns"]] == ["incomplete", "answered"]


def test_killed_between_turns_the_conversation_goes_on(
    prompt: Callable[..., Terminal], chat: Run, fault_server: FaultServer
) -> None:
    terminal = prompt()
    terminal.until("> ")
    terminal.type("one\n")
    terminal.until("Hello Ada.\n> ")
    terminal.kill()
    again = prompt("-c")
    again.until(": 1 turns]\n> one\nHello Ada.\n> ")
    again.type("two\n")
    again.until("Hello Ada.\n> ")
    again.type("\x04")
    assert again.end() == 0
    assert [text for _, text in sent(fault_server)] == ["one", "Hello Ada.", "two"]


def test_nothing_said_leaves_nothing(prompt: Callable[..., Terminal], home: Path) -> None:
    terminal = prompt()
    terminal.until("> ")
    terminal.type("/private\n")
    terminal.until("> ")
    terminal.type("\x04")
    assert terminal.end() == 0
    assert "to go on" not in terminal.shown
    assert list((home / "conversations").iterdir()) == []


def test_json_needs_a_message(prompt: Callable[..., Terminal]) -> None:
    terminal = prompt("--json")
    terminal.until("--json needs a MESSAGE")
    assert terminal.end() == 2


# The real model


@pytest.mark.model
def test_the_real_model_talks_and_condenses(aurarouter: Run, with_model: Path) -> None:
    (with_model / "auraconfig.yaml").write_text(
        "models:\n"
        "  smollm2:\n"
        "    provider: llamacpp\n"
        f"    model_path: {next((with_model / 'models').iterdir())}\n"
        "    options: {n_threads: 1, n_ctx: 512}\n"
        "    parameters: {temperature: 0, max_tokens: 32, stop: ['.', '!', '?']}\n"
        "roles: {coding: [smollm2], summarization: [smollm2]}\n"
    )
    facts = "My name is Ada, I live in Paris, and I own a grey cat that sleeps on the kitchen table all day long. "
    first = json.loads(aurarouter("chat", "--json", facts * 5).stdout)
    assert first["success"]
    assert first["text"].strip()
    assert first["context"]["limit"] == 512
    assert first["context"]["estimated"] is False
    assert first["context"]["tokens"] == first["usage"]["input_tokens"] + first["usage"]["output_tokens"] > 100
    second = json.loads(aurarouter("chat", "-c", "--json", facts * 10).stdout)
    assert second["success"]
    assert second["context"]["tokens"] > first["context"]["tokens"] + 150
    third = json.loads(aurarouter("chat", "-c", "--json", "Where do I live?").stdout)
    assert third["condensed"] == {"success": True, "error": None}
    assert third["success"]
    assert third["context"]["tokens"] < second["context"]["tokens"]
    (folder,) = (with_model / "conversations").iterdir()
    conversation = json.loads((folder / FILE).read_text())
    assert len(conversation["turns"]) == 3
    assert conversation["turns"][0]["asked"]["parts"] == [{"text": facts * 5}]
    assert conversation["gist"]["model"] == "smollm2"

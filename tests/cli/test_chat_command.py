"""`aurarouter chat` and `run -c`, from a pipe and on a terminal."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from fault_server import FaultServer
from faults import event, half_a_stream, piece, stream

Run = Callable[..., CompletedProcess[str]]
ECHO = "models: {a: {provider: echo}, b: {provider: echo, context_length: 400}}\nroles: {coding: [a]}\n"


def conversations(aurarouter: Run) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(aurarouter("chat", "--list", "--json").stdout)
    return found


def texts(aurarouter: Run, name: str) -> list[tuple[str, bool]]:
    shown = json.loads(aurarouter("chat", "--show", name, "--json").stdout)
    return [("".join(part["text"] for part in entry["parts"]), entry["complete"]) for entry in shown["entries"]]


def test_each_line_of_a_pipe_is_a_turn(aurarouter: Run) -> None:
    done = aurarouter("chat", config=ECHO, stdin="hello Ada\n\n//etc is a folder\nbye")
    assert (done.returncode, done.stdout, done.stderr) == (0, "hello Ada\n/etc is a folder\nbye\n", "")
    (one,) = conversations(aurarouter)
    assert one["title"] == "hello Ada"
    assert len(texts(aurarouter, one["id"])) == 6
    listed = aurarouter("chat", "--list").stdout
    assert re.fullmatch(rf"{one['id'][:8]}  \d{{4}}-\d\d-\d\d \d\d:\d\d  hello Ada\n", listed)


def test_a_conversation_goes_on_and_is_named_shown_and_forgotten(aurarouter: Run) -> None:
    aurarouter("chat", config=ECHO, stdin="one\n")
    aurarouter("chat", config=ECHO, stdin="two\n")
    second, first = conversations(aurarouter)
    assert aurarouter("chat", "-c", config=ECHO, stdin="two and a half\n").returncode == 0
    assert aurarouter("chat", "--continue", first["id"][:8], config=ECHO, stdin="one and a half\n").returncode == 0
    assert aurarouter("run", "-c", "one again", config=ECHO).stdout == "one again\n"
    done = aurarouter("run", "--conversation", second["id"], "--json", "two again", config=ECHO)
    assert json.loads(done.stdout)["trace"]["conversation"] == second["id"]
    said = {name: [text for text, _ in texts(aurarouter, name)][::2] for name in (first["id"], second["id"])}
    assert said == {
        first["id"]: ["one", "one and a half", "one again"],
        second["id"]: ["two", "two and a half", "two again"],
    }
    shown = aurarouter("chat", "--show", first["id"]).stdout
    assert shown.startswith(f"# one\n\nConversation {first['id']}\n\n## You\n\none\n\n## a\n\none\n")
    assert aurarouter("chat", "--delete", first["id"]).stdout == f"forgot {first['id']}\n"
    assert [one["id"] for one in conversations(aurarouter)] == [second["id"]]


def test_what_makes_no_sense_is_said(aurarouter: Run) -> None:
    for arguments, words in (
        (["chat", "-c"], "there is no conversation yet"),
        (["run", "-c", "hello"], "there is no conversation yet"),
        (["chat", "--show", "zz"], "no conversation's id begins with 'zz'"),
        (["chat", "--list", "--show", "zz"], "choose one of"),
    ):
        done = aurarouter(*arguments, config=ECHO)
        assert (done.returncode, done.stdout) == (2, "")
        assert words in done.stderr


def test_slash_commands(aurarouter: Run, tmp_path: Path) -> None:
    file = tmp_path / "talk.md"
    lines = [
        "/help",
        "/model",
        "hello",
        "/model b",
        "/model nobody",
        "/nonsense",
        f"/save {file}",
        f"/save {file}",
        "/save",
        "/context",
        "/condense",
        "/clear",
        "/model auto",
        "new",
        "/exit",
        "never said",
    ]
    done = aurarouter("chat", config=ECHO, stdin="\n".join(lines))
    assert done.stdout == "hello\nnew\n"
    assert done.returncode == 2  # of the last that failed
    said = done.stderr
    for name in ("exit", "help", "model", "clear", "context", "condense", "save"):
        assert f"  /{name}" in said
    for words in (
        "[whoever fits best answers]",
        "[b answers]",
        "[no model is called 'nobody'; known are a, b, and auto]",
        "[there is no command /nonsense; /help shows what there is, and // begins a line with /]",
        f"[saved as {file}]",
        f"[{file} is there already; it stays as it is]",
        "[say where to: /save FILE]",
        "[the conversation has about ",
        " of 400 tokens (",
        "[nothing was condensed: there is nothing older than the last exchange]",
        "[a new conversation, ",
    ):
        assert words in said, words
    assert file.read_text().endswith("## You\n\nhello\n\n## a\n\nhello\n")
    assert file.stat().st_mode & 0o777 == 0o600
    assert [one["title"] for one in conversations(aurarouter)] == ["new", "hello"]


def test_pressure_is_told_and_a_summary_that_is_none_changes_nothing(aurarouter: Run) -> None:
    done = aurarouter("chat", "-m", "b", config=ECHO, stdin=f"{'x' * 650}\n{'y' * 80}\nz\n")
    assert re.search(r"\[the conversation has about \d+ of 400 tokens \(\d+%\); /condense makes room", done.stderr)
    assert "[condensing failed, so nothing was changed: the summary is no shorter than" in done.stderr
    (one,) = conversations(aurarouter)
    assert [text[0] for text, _ in texts(aurarouter, one["id"])] == list("xxyyzz")


def test_json_is_a_line_for_each_answer(aurarouter: Run) -> None:
    done = aurarouter("chat", "--json", config=ECHO, stdin="one\ntwo\n")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["text"] for answer in answers] == ["one", "two"]
    assert len({answer["conversation"] for answer in answers}) == 1


def test_a_failed_turn_is_told_and_the_rest_goes_on(aurarouter: Run) -> None:
    away = "models: {a: {provider: openapi, endpoint: 'http://127.0.0.1:9'}}\nroles: {coding: [a]}\n"
    done = aurarouter("chat", config=away, stdin="hello\n/context\n")
    assert (done.returncode, done.stdout) == (5, "")
    assert "Error: every model failed" in done.stderr
    assert "[the conversation has" in done.stderr
    assert texts(aurarouter, conversations(aurarouter)[0]["id"]) == [("hello", False)]


def test_what_is_private_stays_so(aurarouter: Run) -> None:
    aurarouter("chat", "--private", config=ECHO, stdin="my secret\n")
    (one,) = conversations(aurarouter)
    assert one["private"] is True
    trace = json.loads(aurarouter("run", "-c", "--json", "and now?", config=ECHO).stdout)["trace"]
    assert trace["private"] is True
    assert "(private)" in aurarouter("chat", "--list").stdout


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, *arguments: str) -> None:
        self._ours, theirs = pty.openpty()
        program = str(Path(sys.executable).with_name("aurarouter"))
        self.process = subprocess.Popen(
            [program, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
        os.close(theirs)
        self.screen = ""

    def type(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def until(self, words: str, patience: float = 30.0) -> None:
        """Wait for words that were not seen before, and forget the screen up to them."""
        end = time.monotonic() + patience
        while words not in self.screen:
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"no {words!r} in {self.screen!r}")
            if select.select([self._ours], [], [], left)[0]:
                try:
                    self.screen += os.read(self._ours, 4096).decode()
                except OSError:
                    raise AssertionError(f"it ended without {words!r}: {self.screen!r}") from None
        self.screen = self.screen.partition(words)[2]

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    def interrupt_until(self, words: str) -> None:
        """Interrupt until it says so: a signal between the prompt and the wait for keys is seen with the next key."""
        for _ in range(10):
            self.interrupt()
            try:
                return self.until(words, patience=3)
            except TimeoutError:
                continue
        raise AssertionError(f"ten interrupts, and no {words!r}")

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._ours)


@pytest.fixture
def terminal(home: Path, fault_server: FaultServer) -> Iterator[Terminal]:
    config = home / "auraconfig.yaml"
    config.write_text(f"models: {{m: {{provider: openapi, endpoint: '{fault_server.url}'}}}}\nroles: {{coding: [m]}}\n")
    one = Terminal("chat")
    yield one
    one.close()


def test_on_a_terminal_answers_stream_and_keys_act(
    terminal: Terminal, fault_server: FaultServer, aurarouter: Run
) -> None:
    terminal.until("/help shows commands, Ctrl-D leaves]")
    fault_server.will(stream([piece("Hello "), piece("Ada.", "stop")]))
    terminal.type("I am Ada\n")
    terminal.until("Hello Ada.")
    terminal.until("> ")
    fault_server.will(half_a_stream("hang"))
    terminal.type("tell me more\n")
    terminal.until("Hel")
    terminal.interrupt()
    terminal.until("[stopped; what there is of the answer is kept]")
    terminal.until("> ")
    terminal.interrupt_until("> ")  # at the prompt it only begins a new line
    terminal.type("/context\n")
    terminal.until("the conversation has about")
    terminal.until("> ")
    terminal.type("\x04")
    assert terminal.process.wait(30) == 0
    (one,) = conversations(aurarouter)
    said = texts(aurarouter, one["id"])
    assert said[:3] == [("I am Ada", True), ("Hello Ada.", True), ("tell me more", True)]
    assert said[3][1] is False
    assert said[3][0].startswith("Hel")


def test_half_a_character_ends_no_conversation(terminal: Terminal, fault_server: FaultServer, aurarouter: Run) -> None:
    terminal.until("/help shows commands, Ctrl-D leaves]")
    halves = event(piece("up @")).replace(b"@", rb"\ud83d"), event(piece("@ up", "stop")).replace(b"@", rb"\ude00")
    fault_server.will(stream([*halves, "[DONE]"]))
    terminal.type("smile\n")
    terminal.until("up ?? up\r\n> ", patience=15)  # shown once, as it came
    fault_server.will(stream([piece("So be it.", "stop")]))
    terminal.type("again\n")
    terminal.until("So be it.")
    terminal.until("> ")
    terminal.type("\x04")
    assert terminal.process.wait(30) == 0
    (one,) = conversations(aurarouter)
    assert texts(aurarouter, one["id"])[1] == ("up \U0001f600 up", True)
    assert fault_server.requests[-1].json["messages"][1]["content"] == "up \U0001f600 up"

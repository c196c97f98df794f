"""Standard output and standard error that can't be written: clean words where there are any, and the same exit code."""

import json
import os
import subprocess
import sys
from pathlib import Path
from subprocess import CompletedProcess

import pytest

CONFIG = "models: {a: {provider: echo}}\nroles: {coding: [a]}\nprivacy: {rules: {card: block}}\n"
FULL = "Error: No space left on device\n"
UNKNOWN = "Error: no model is called 'nope'\nHint: Known models: a.\n"


@pytest.fixture(autouse=True)
def config(home: Path) -> None:
    (home / "auraconfig.yaml").write_text(CONFIG)


def shell(line: str) -> CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, check=False, env={**os.environ, "PATH": path}
    )


@pytest.mark.parametrize(
    "command",
    [
        *("run hi", "explain hi", "compare hi", "usage", "config show", "doctor", "privacy", "plugins", "model list"),
        *("trace", "health", "keys list", "chat", "config path"),
    ],
)
def test_a_full_disk_is_one_line(command: str) -> None:
    for option in ("--json", ""):
        done = shell(f"echo hi | aurarouter {command} {option} >/dev/full")
        assert (done.returncode, done.stderr) == (1, FULL)


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        ("aurarouter run -m nope --json hi >/dev/full", 3, UNKNOWN),
        ("aurarouter run -m nope hi 2>/dev/full", 3, ""),
        ("aurarouter run -m nope --json hi >/dev/full 2>/dev/full", 3, ""),
        ("aurarouter run --json hi >/dev/full 2>/dev/full", 1, ""),
        ("aurarouter run --wrong hi 2>/dev/full", 2, ""),
        ("aurarouter run --wrong --json hi >/dev/full 2>/dev/full", 2, ""),
        ("aurarouter run -m nope --json hi | true; exit ${PIPESTATUS[0]}", 3, UNKNOWN),
        ("aurarouter run -m nope hi 2>&1 | true; exit ${PIPESTATUS[0]}", 3, ""),
        ("aurarouter run --json hi | true; exit ${PIPESTATUS[0]}", 1, ""),
    ],
)
def test_the_exit_code_stays_what_it_is(line: str, code: int, words: str) -> None:
    done = shell(line)
    assert (done.returncode, done.stderr) == (code, words)


def test_each_turn_of_a_conversation_is_one_line_of_json() -> None:
    done = shell("printf 'hi\\ncard 4539148803436467\\n/nothing\\nbye\\n' | aurarouter chat --json -m a")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["success"] for line in lines] == [True, False, False, True]
    assert len({line["conversation"] for line in lines}) == 1
    assert [line["error"]["type"] for line in lines[1:3]] == ["PrivacyError", "UsageError"]
    assert (done.returncode, done.stderr) == (2, "")

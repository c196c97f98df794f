"""What is said to a command is text; the name of a file may be anything; an id that is looked for is not empty."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import click
import pytest

from aurarouter_core.cli.words import with_words
from aurarouter_core.store import Store
from aurarouter_hooks import Trace

Run = Callable[..., CompletedProcess[str]]
ECHO = "models: {a: {provider: echo}}\nroles: {coding: [a]}\n"
NO_TEXT = "a\udcff\udcfeb"
"""As the system hands over the bytes 61 FF FE 62."""


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", NO_TEXT],
        ["run", "--role", NO_TEXT, "hi"],
        ["run", "--conversation", NO_TEXT, "hi"],
        ["explain", NO_TEXT],
        ["compare", NO_TEXT],
        ["chat", "--delete", NO_TEXT],
        ["chat", "-c", NO_TEXT],
        ["trace", NO_TEXT],
        ["trace", "--model", NO_TEXT],
        ["trace", "--app", NO_TEXT],
        ["privacy", "--model", NO_TEXT],
        ["privacy", "--rule", NO_TEXT],
        ["model", "search", NO_TEXT],
        ["grid", "submit", NO_TEXT],
    ],
)
def test_what_is_no_text_is_a_usage_error(aurarouter: Run, home: Path, arguments: list[str]) -> None:
    done = aurarouter(*arguments, config=ECHO)
    assert (done.returncode, done.stdout) == (2, "")
    assert "is not UTF-8 text: 'utf-8' codec can't decode byte 0xff in position 1" in done.stderr
    assert not Store(home / "aurarouter.db").latest()
    as_json = aurarouter(*arguments, "--json", config=ECHO)
    assert as_json.returncode == 2
    assert "is not UTF-8 text" in json.loads(as_json.stdout)["error"]["message"]


def test_a_line_of_a_pipe_that_is_no_text_is_one_turn_that_failed(home: Path) -> None:
    (home / "auraconfig.yaml").write_text(ECHO)
    program = Path(sys.executable).with_name("aurarouter")
    for environ in ({}, {"LC_ALL": "C"}):
        done = subprocess.run(
            ["sh", "-c", rf"printf 'one\na\377\376b\ntwo\n' | env {_shell(environ)} {program} chat"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (2, "one\ntwo\n")
        assert done.stderr.startswith("[the line is not UTF-8 text: 'utf-8' codec can't decode byte 0xff")


def _shell(environ: dict[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in environ.items())


def test_the_name_of_a_file_need_not_be_text(aurarouter: Run, tmp_path: Path) -> None:
    context = tmp_path / f"{NO_TEXT}.txt"
    context.write_text("of old")
    done = aurarouter("run", "--context", str(context), "--json", "hi", config=ECHO)
    assert json.loads(done.stdout)["text"].startswith("hi\n")
    missing = aurarouter("run", "--attach", f"{NO_TEXT}.png", "hi", config=ECHO)
    assert (missing.returncode, "can't be read" in missing.stderr) == (2, True)
    missing = aurarouter("model", "import", f"{NO_TEXT}.gguf", config=ECHO)
    assert (missing.returncode, "can't be found" in missing.stderr) == (2, True)


def test_commands_below_others_are_reached() -> None:
    inner = click.Command("inner", params=[click.Argument(["word"]), click.Option(["--file"], type=click.Path())])
    outer = click.Group("outer", commands=[inner])
    with_words(outer)
    with pytest.raises(click.UsageError, match="'WORD' is not UTF-8 text"):
        outer.main(["inner", NO_TEXT], standalone_mode=False)
    outer.main(["inner", "--file", NO_TEXT, "wörd"], standalone_mode=False)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["chat", "--delete", ""], "the conversation's id is empty"),
        (["chat", "--show", ""], "the conversation's id is empty"),
        (["chat", "-c", ""], "the conversation's id is empty"),
        (["run", "--conversation", "", "x"], "the conversation's id is empty"),
        (["run", "-c", "--conversation", "", "x"], "the conversation's id is empty"),
        (["trace", ""], "the trace's id is empty"),
    ],
)
def test_an_empty_id_names_nothing(aurarouter: Run, arguments: list[str], words: str) -> None:
    aurarouter("chat", config=ECHO, stdin="kept\n")
    done = aurarouter(*arguments, config=ECHO)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert [one["title"] for one in json.loads(aurarouter("chat", "--list", "--json").stdout)] == ["kept"]


def test_signs_of_a_search_are_signs_of_an_id(aurarouter: Run, home: Path) -> None:
    store = Store(home / "aurarouter.db")
    for number, task in enumerate(("one", "two", "50%_\\x")):
        store.add(Trace(id=f"{number}" * 32, task_id=task, started_at=time.time()))
    store.close()
    for prefix in ("%", "_", "%%", "o_e", "\\"):
        done = aurarouter("trace", prefix)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"no trace's id begins with '{prefix}'" in done.stderr
    assert [trace["task_id"] for trace in store.find("50%_\\")] == ["50%_\\x"]
    assert [trace["task_id"] for trace in store.find("111")] == ["two"]


def test_more_than_can_be_counted_is_a_usage_error(aurarouter: Run) -> None:
    done = aurarouter("trace", "--list", "--limit", str(2**63))
    assert (done.returncode, done.stdout) == (2, "")
    assert "is not in the range" in done.stderr


def test_a_model_file_that_is_missing_is_a_usage_error(aurarouter: Run) -> None:
    done = aurarouter("model", "import", "nofile.gguf", config=ECHO)
    assert (done.returncode, done.stdout) == (2, "")
    assert "nofile.gguf can't be found" in done.stderr

"""`aurarouter compare` as a user meets it: answers, a table that fits, success flags, exit codes, Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from aurarouter_core.cli.compare import table
from aurarouter_core.comparison import Side
from aurarouter_hooks import Attempt, ErrorInfo, Usage
from fault_server import FaultServer
from faults import half_a_stream, piece, status, stream

Run = Callable[..., Any]
CONFIG = """\
models:
  e: {{provider: echo}}
  far: {{provider: openapi, endpoint: '{url}', price: {{input: 2, output: 4}}}}
  dead: {{provider: openapi, endpoint: 'http://127.0.0.1:9'}}
roles: {{coding: [far, e]}}
"""


@pytest.fixture
def config(fault_server: FaultServer) -> str:
    return CONFIG.format(url=fault_server.url)


def test_the_models_of_the_role_side_by_side(aurarouter: Run, config: str) -> None:
    done = aurarouter("compare", "Write a function", config=config)
    assert (done.returncode, done.stderr) == (0, "")
    far, e, head, *rows = [line for line in done.stdout.splitlines() if line.startswith(("──", "model", "far", "e "))]
    assert far.startswith("── far ─")
    assert e.startswith("── e ─")
    assert "Hello Ada." in done.stdout
    assert head.split() == ["model", "first", "total", "in", "out", "USD", "state"]
    assert [row.split()[0] for row in rows] == ["far", "e"]
    assert rows[0].split()[-4:] == ["7", "3", "0.000026", "ok"]
    assert rows[1].split()[-4:] == ["~3", "~3", "0.000000", "ok"]  # inside this process
    assert max(len(line) for line in done.stdout.splitlines()) <= 80


def test_json_has_success_flags_and_numbers(aurarouter: Run, config: str, fault_server: FaultServer) -> None:
    fault_server.will(half_a_stream())
    done = aurarouter("compare", "hi", "--with", "far", "--with", "e", "--with", "dead", "--json", config=config)
    assert done.returncode == 0
    told = json.loads(done.stdout)
    assert told["success"] is True
    far, e, dead = told["sides"]
    assert [side["success"] for side in (far, e, dead)] == [False, True, False]
    assert (far["text"], far["error"]["type"]) == ("Hello A", "ProviderUnavailableError")
    assert (e["text"], e["error"], e["usage"]["estimated"]) == ("hi", None, True)
    assert e["seconds"] >= e["first_token"] > 0
    assert (dead["text"], dead["error"]["type"]) == ("", "ProviderUnavailableError")
    assert dead["attempts"][0]["outcome"] == "failed"


def test_private_is_asked_only_of_who_may_see_it(aurarouter: Run, config: str, fault_server: FaultServer) -> None:
    done = aurarouter("compare", "my secret", "--private", "--json", config=config)
    assert done.returncode == 0
    sides = {side["model"]: side for side in json.loads(done.stdout)["sides"]}
    assert sides["far"]["error"]["type"] == "PrivacyError"
    assert sides["e"]["text"] == "my secret"
    assert fault_server.bytes_received == 0
    refused = aurarouter("compare", "my secret", "--private", "--with", "far", config=config)
    assert refused.returncode == 4
    assert "[no answer: no model is cleared" in refused.stdout
    assert refused.stdout.splitlines()[-1].split() == ["far", "–", "–", "–", "–", "–", "refused"]


def test_nobody_answered_is_5(aurarouter: Run, config: str, fault_server: FaultServer) -> None:
    fault_server.always(status(500))
    done = aurarouter("compare", "hi", "--with", "far", "--with", "dead", config=config)
    assert done.returncode == 5
    assert done.stdout.count("[no answer: ") == 2
    told = aurarouter("compare", "hi", "--with", "far", "--json", config=config)
    assert (told.returncode, json.loads(told.stdout)["success"]) == (5, False)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["hi", "--with", "e", "--with", "gpt"], 3, "no model is called 'gpt'"),
        (["hi", "-m", "gpt", "--with", "e"], 3, "no model is called 'gpt'"),
        (["hi", "--role", "poet"], 3, "no role is called 'poet'"),
        (["hi", "--with", "e", "--at-once", "0"], 2, "--at-once"),
        ([" "], 2, "the task is empty"),
    ],
)
def test_bad_input_asks_nobody(
    aurarouter: Run, config: str, fault_server: FaultServer, arguments: list[str], code: int, words: str
) -> None:
    done = aurarouter("compare", *arguments, config=config)
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr
    assert fault_server.requests == []


def test_a_role_without_models_is_3(aurarouter: Run) -> None:
    done = aurarouter("compare", "hi", config="models: {e: {provider: echo}}\nroles: {coding: []}\n")
    assert done.returncode == 3
    assert "--with MODEL" in done.stderr


def test_a_model_named_twice_is_asked_once(aurarouter: Run, config: str, fault_server: FaultServer) -> None:
    done = aurarouter("compare", "hi", "-m", "far", "--with", "far", "--json", config=config)
    assert len(json.loads(done.stdout)["sides"]) == 1
    assert len(fault_server.requests) == 1


def test_ctrl_c_ends_all(home: Path, config: str, fault_server: FaultServer) -> None:
    fault_server.always(stream([piece("Hello ")], then="hang"))
    (home / "auraconfig.yaml").write_text(config)
    program = Path(sys.executable).with_name("aurarouter")
    with subprocess.Popen(
        [program, "compare", "hi", "--with", "far", "--with", "e"],
        env=dict(os.environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as comparing:
        assert fault_server.hanging.wait(60)
        comparing.send_signal(signal.SIGINT)
        out, err = comparing.communicate(timeout=60)
    assert (comparing.returncode, out, err.strip()) == (130, "", "interrupted")
    assert fault_server.left.wait(60)


# The table

OK = Side(
    model="a-model-with-a-name-that-goes-on-and-on",
    success=True,
    text="x",
    first_token=123.456,
    seconds=1234.5,
    usage=Usage(input_tokens=1_234_567, output_tokens=98_765, estimated=True),
    cost=123.456789,
)
BAD = Side(model="b", text="x", error=ErrorInfo(type="ProviderRateLimitedError", message="slow down"))


def test_a_long_name_is_cut_so_that_the_table_fits() -> None:
    lines = list(table([OK, BAD], 80))
    assert all(len(line) <= 80 for line in lines)
    assert len({line.index(word) for line, word in zip(lines, ("state", "ok", "incomplete"), strict=True)}) == 1
    assert lines[1].startswith("a-model-with-a-")
    assert "…  123.46 s  1234.50 s  ~1234567  ~98765  ~123.456789  ok" in lines[1]
    assert OK.model in list(table([OK, BAD], 200))[1]


def test_what_it_cost_is_unknown_rather_than_nothing() -> None:
    lines = list(
        table([BAD, evolve(OK, cost=None, attempts=(Attempt(number=1, model="b", provider="p", started=0),))], 80)
    )
    assert [line.split()[-2] for line in lines[1:]] == ["–", "unknown"]


def test_where_there_is_no_room_the_numbers_stand_below_each_other() -> None:
    lines = list(table([OK, BAD], 40))
    assert all(len(line) <= 40 for line in lines)
    assert lines[:2] == [OK.model, "  first  123.46 s"]
    assert lines[-1] == "  state  incomplete"
    assert len(lines) == 14


def test_names_that_would_move_the_cursor_are_shown() -> None:
    assert list(table([Side(model="a\x1b[2J", success=True)], 80))[1].startswith("a\\x1b[2J ")

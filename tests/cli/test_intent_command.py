"""`aurarouter intent`: what there is, how well it is told apart, and thresholds that are written down."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

Run = Callable[..., Any]
CONFIG = """\
models:
  a: {provider: echo}
roles:
  coding: [a]
  support: [a]
  legal: [a]
intents:
  REFUND:  # money back
    role: support
    description: Somebody wants money back.
    examples:
      - I want my money back for order 4411
      - please refund the broken headphones
      - how do I get a refund for a cancelled trip
      - you charged me twice, return the money
  CONTRACT:
    role: legal
    examples:
      - does clause 4 of the contract allow early termination
      - what does the lease say about subletting
      - is this non-disclosure agreement binding
      - when does the supplier contract end
    synonyms: [legalese]
"""
TASKS = [
    ("can I get a refund for the shoes I sent back", "REFUND"),
    ("give me my money back, the order never came", "REFUND"),
    ("I was charged twice for my trip, please refund it", "REFUND"),
    ("refund for a cancelled order", "REFUND"),
    ("does the lease allow early termination", "CONTRACT"),
    ("is the supplier agreement binding", "CONTRACT"),
    ("when does our non-disclosure contract end", "CONTRACT"),
    ("put this into legalese", "CONTRACT"),
    ("Write a Python function that reverses a string", "SIMPLE_CODE"),
    ("What is the capital of France?", "DIRECT"),
    ("who wrote Hamlet", "DIRECT"),
    ("Design a fault-tolerant event sourcing platform and plan the migration", "COMPLEX_REASONING"),
]


@pytest.fixture
def file(home: Path) -> Path:
    path = home / "auraconfig.yaml"
    path.write_text(CONFIG)
    return path


@pytest.fixture
def tasks(tmp_path: Path) -> Path:
    path = tmp_path / "tasks.csv"
    with path.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([("text", "intent"), *TASKS])
    return path


def test_list_shows_built_in_and_own_ones(aurarouter: Run, file: Path) -> None:
    rows = {row["intent"]: row for row in json.loads(aurarouter("intent", "list", "--json").stdout)["intents"]}
    assert list(rows) == ["DIRECT", "SIMPLE_CODE", "COMPLEX_REASONING", "REFUND", "CONTRACT"]
    assert (rows["REFUND"]["role"], rows["REFUND"]["examples"]) == ("support", 4)
    assert 0 < rows["REFUND"]["threshold"] < 1
    assert (rows["DIRECT"]["threshold"], rows["CONTRACT"]["synonyms"]) == (None, ["legalese"])
    assert "words: legalese" in aurarouter("intent", "list").stdout


def test_eval_shows_the_confusion_matrix(aurarouter: Run, file: Path, tasks: Path) -> None:
    told = json.loads(aurarouter("intent", "eval", str(tasks), "--json").stdout)
    assert told["tasks"] == len(TASKS)
    assert told["accuracy"] >= 0.75
    assert told["intents"]["REFUND"]["labelled"] == 4 == sum(told["matrix"]["REFUND"].values())
    assert told["intents"]["CONTRACT"]["recall"] >= 0.5
    assert len(told["wrong_lines"]) == round(len(TASKS) * (1 - told["accuracy"]))
    shown = aurarouter("intent", "eval", str(tasks)).stdout
    assert "has \\ given" in shown
    assert f"{len(TASKS)} tasks, accuracy {told['accuracy']:.3f}" in shown


def test_fit_writes_thresholds_and_keeps_the_file(aurarouter: Run, file: Path, tasks: Path) -> None:
    before = json.loads(aurarouter("intent", "eval", str(tasks), "--json").stdout)
    dry = json.loads(aurarouter("intent", "fit", str(tasks), "--dry-run", "--json").stdout)
    assert file.read_text() == CONFIG
    done = aurarouter("intent", "fit", str(tasks))
    assert done.returncode == 0, done.stderr
    assert "intents.REFUND.threshold: (not set) → " in done.stdout
    assert "recall" in done.stdout
    written = yaml.safe_load(file.read_text())["intents"]
    assert {name: entry["threshold"] for name, entry in written.items()} == dry["thresholds"]
    assert "# money back" in file.read_text()
    after = json.loads(aurarouter("intent", "eval", str(tasks), "--json").stdout)
    assert after["accuracy"] >= before["accuracy"]


def test_fit_needs_tasks_that_are_no_examples(aurarouter: Run, file: Path, tmp_path: Path) -> None:
    path = tmp_path / "same.jsonl"
    lines = [{"text": text, "intent": "REFUND"} for text in yaml.safe_load(CONFIG)["intents"]["REFUND"]["examples"]]
    path.write_text("\n".join(map(json.dumps, lines)))
    done = aurarouter("intent", "fit", str(path))
    assert done.returncode == 2
    assert "no threshold can be fitted" in done.stderr
    assert file.read_text() == CONFIG


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("x.txt", "text,intent\n", "neither a .csv nor a .jsonl file"),
        ("x.csv", "text,intent\n", "holds no task"),
        ("x.csv", "a,b\n1,2\n", "the first line must be 'text,intent'; found 'a,b'"),
        ("x.csv", "text;intent\nhello;DIRECT\n", "the first line must be 'text,intent'; found 'text;intent'"),
        ("x.csv", "Text,Intent\nhello,DIRECT\n", "the first line must be 'text,intent'; found 'Text,Intent'"),
        ("x.csv", "hello,DIRECT\n", "the first line must be 'text,intent'; found 'hello,DIRECT'"),
        ("x.csv", "intent,text\nDIRECT\n", "x.csv:2 has no text"),
        ("x.csv", "text,intent\nhello\n", "x.csv:2 has no intent"),
        ("x.csv", "text,intent\nhello,\n", "x.csv:2 has no intent"),
        ("x.jsonl", '{"text": "hello"}\n', "x.jsonl:1 has no intent"),
        ("x.csv", "text,intent\nhello,REFUNDS\n", "x.csv:2: no intent is called 'REFUNDS'"),
        ("x.jsonl", '{"text": "a", "intent": "DIRECT"}\n[1]\n', "line 2 is no JSON object"),
        ("x.jsonl", "{\n", "line 1 is no JSON"),
        ("x.jsonl", '{"text": 7, "intent": "DIRECT"}\n', "x.jsonl:1 has no text"),
        ("x.csv", "text,intent\n\udcff,DIRECT\n", "x.csv is not UTF-8"),
        ("x.csv", "\udcff\udcfet\0e\0x\0t\0", "x.csv is not UTF-8"),
        ("x.jsonl", '{"text": "caf\udce9", "intent": "DIRECT"}\n', "x.jsonl is not UTF-8"),
    ],
)
def test_a_file_that_says_nothing(
    aurarouter: Run, file: Path, tmp_path: Path, name: str, content: str, says: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content.encode(errors="surrogateescape"))
    done = aurarouter("intent", "eval", str(path))
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr

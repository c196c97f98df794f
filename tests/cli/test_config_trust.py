"""`aurarouter config trust`: an untrusted file is neither used, shown nor edited until the user says so."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


def told(done: Any) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


FOREIGN = "models:\n  e:\n    provider: echo\n    env_key: SOME_KEY\nroles: {coding: [e]}\n"


def test_an_untrusted_file_is_neither_shown_nor_edited_until_it_is_trusted(aurarouter: Run) -> None:
    file = Path("auraconfig.yaml").absolute()
    file.write_text(FOREIGN)
    for arguments in (["show"], ["set", "models.e.timeout", "5"]):
        done = aurarouter("config", *arguments)
        assert done.returncode == 2
        assert f"{file}:4: models.e.env_key: only a trusted file may set this" in done.stderr
    assert file.read_text() == FOREIGN
    unasked = aurarouter("config", "trust")
    assert unasked.returncode == 2
    assert "auraconfig.yaml:4: models.e.env_key" in unasked.stdout
    assert "--yes" in unasked.stderr
    assert aurarouter("config", "show").returncode == 2
    assert aurarouter("config", "trust", "--yes").returncode == 0
    assert aurarouter("config", "show").returncode == 0


def test_a_file_that_is_not_there_is_not_a_matter_of_permissions(aurarouter: Run) -> None:
    done = aurarouter("config", "trust")
    assert done.returncode == 2
    assert done.stderr == "Error: auraconfig.yaml can't be read: there is no such file\nHint: Correct the path.\n"


def test_our_own_edit_of_a_trusted_file_keeps_it_trusted_and_a_foreign_one_does_not(aurarouter: Run) -> None:
    file = Path("auraconfig.yaml")
    file.write_text(FOREIGN)
    assert aurarouter("config", "trust", "--yes").returncode == 0
    assert aurarouter("config", "set", "models.e.timeout", "5").returncode == 0
    assert aurarouter("run", "hello", SOME_KEY="x").stdout == "hello\n"
    file.write_text(file.read_text().replace("SOME_KEY", "OTHER_KEY"))
    done = aurarouter("run", "hello", SOME_KEY="x")
    assert done.returncode == 2
    assert "has changed since you trusted it" in done.stderr
    assert told(aurarouter("config", "trust", "--list", "--json"))[0]["state"] == "changed"


def test_an_edit_that_would_need_trust_is_refused_in_a_file_without_it(aurarouter: Run) -> None:
    file = Path("auraconfig.yaml")
    file.write_text("models: {e: {provider: openapi, endpoint: 'http://127.0.0.1:1/v1'}}\nroles: {coding: [e]}\n")
    assert aurarouter("config", "set", "models.e.timeout", "5").returncode == 0
    before = file.read_text()
    done = aurarouter("config", "set", "models.e.env_key", "SOME_KEY")
    assert done.returncode == 2
    assert "aurarouter config trust" in done.stderr
    assert file.read_text() == before


def test_trust_shows_lists_and_forgets(aurarouter: Run, tmp_path: Path) -> None:
    file = tmp_path / "some.yaml"
    file.write_text('"models\\e[2K": {}\n')
    shown = aurarouter("config", "trust", str(file), "--show")
    assert shown.returncode == 0
    assert "models\\x1b[2K: only a trusted file may set this" in shown.stdout
    assert aurarouter("config", "trust", "--list").stdout == "no file is trusted\n"
    told(aurarouter("config", "trust", str(file), "--yes", "--json"))
    assert told(aurarouter("config", "trust", "--list", "--json"))[0] | {"since": 0} == {
        "path": str(file),
        "since": 0,
        "state": "unchanged",
    }
    assert "trusted no longer" in aurarouter("config", "trust", str(file), "--forget").stdout
    assert told(aurarouter("config", "trust", "--list", "--json")) == []
    assert aurarouter("config", "trust", "/nowhere.yaml", "--yes").returncode == 2


@pytest.mark.parametrize(("answer", "code", "kept"), [("y", 0, 1), ("n", 1, 0)])
def test_trust_asks_on_a_terminal(aurarouter: Run, answer: str, code: int, kept: int) -> None:
    Path("auraconfig.yaml").write_text(FOREIGN)
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    program = Path(sys.executable).with_name("aurarouter")
    done = subprocess.run(
        [program, "config", "trust"], stdin=theirs, capture_output=True, text=True, timeout=60, check=False
    )
    os.close(ours)
    os.close(theirs)
    assert done.returncode == code
    assert "Trust auraconfig.yaml?" in done.stderr
    assert "models.e.env_key" in done.stdout
    assert len(told(aurarouter("config", "trust", "--list", "--json"))) == kept

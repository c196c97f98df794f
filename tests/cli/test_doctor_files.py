"""What `doctor` says of files that are damaged, too new, or open to others; and commands where the folder is gone."""

import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from aurarouter_core import soundness
from aurarouter_core.home import Home
from aurarouter_hooks import AuraRouterError

Run = Callable[..., Any]
CONFIG = """
models: {e: {provider: echo, price: {input: 1, output: 1}}}
roles: {coding: [e]}
budget: {per_day: 5}
limits: {each_app: {requests_per_minute: 6000}}
cache: {enabled: true, temperature: 1}
"""
FILES = ("aurarouter.db", "money.db", "limits.db", "conversations.db", "cache/answers.db")


@pytest.fixture(autouse=True)
def config(home: Path) -> None:
    (home / "auraconfig.yaml").write_text(CONFIG)


def problems(aurarouter: Run) -> list[dict[str, str]]:
    done = aurarouter("doctor", "--json")
    found = [each for each in json.loads(done.stdout) if each["level"] == "problem"]
    assert done.returncode == (1 if found else 0)
    return found


def damage(path: Path) -> None:
    """All but the first page, so that the file still looks like one of ours."""
    content = path.read_bytes()
    path.write_bytes(content[:4096] + bytes(each * 37 % 251 for each in range(len(content) - 4096)))
    for left in ("-wal", "-shm"):
        path.with_name(path.name + left).unlink(missing_ok=True)


@pytest.fixture(scope="module")
def in_use(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which each file of ours is in use, made once."""
    folder = tmp_path_factory.mktemp("used")
    (folder / "auraconfig.yaml").write_text(CONFIG)
    program = Path(sys.executable).with_name("aurarouter")
    for command in (["run", "hello"], ["chat"]):
        environ = {**os.environ, "AURAROUTER_HOME": str(folder)}
        subprocess.run([program, *command], input=b"hello\n", env=environ, cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def used(in_use: Path, home: Path) -> Path:
    """A copy of it that is the test's home."""
    shutil.copytree(in_use, home, dirs_exist_ok=True)
    return home


def test_a_home_in_use_is_well(aurarouter: Run, used: Path) -> None:
    assert all((used / name).exists() for name in FILES)
    assert problems(aurarouter) == []


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_named_once_and_nobody_is_blamed_for_it(aurarouter: Run, used: Path, name: str) -> None:
    damage(used / name)
    aurarouter("run", "hello again")
    found = problems(aurarouter)
    assert [each["hint"] for each in found] == ["Move the file away; a new one is made when needed."], found
    assert str(used / name) in found[0]["what"]
    (used / name).rename(used / "away")
    assert problems(aurarouter) == []


@pytest.mark.parametrize("name", FILES[:2] + FILES[3:4])
def test_a_file_of_a_newer_version_is_named(aurarouter: Run, used: Path, name: str) -> None:
    with closing(sqlite3.connect(used / name)) as connection:
        connection.execute("PRAGMA user_version = 99")
    (found,) = problems(aurarouter)
    assert f"{used / name} is of version 99" in found["what"]
    assert found["hint"].startswith("Update AuraRouter")


def test_a_budget_that_can_not_be_kept_names_its_file(aurarouter: Run, used: Path) -> None:
    damage(used / "money.db")
    done = aurarouter("run", "hello again")
    assert done.returncode == 3
    assert f"the budget can't be kept in {used / 'money.db'}: " in done.stderr


@pytest.mark.parametrize("name", ["apps.json", "keys.json"])
def test_a_damaged_list_is_named(aurarouter: Run, home: Path, name: str) -> None:
    (home / name).write_text('{"a')
    (home / name).chmod(0o600)
    (found,) = problems(aurarouter)
    assert str(home / name) in found["what"]
    assert found["hint"]


def test_files_that_others_can_read_are_named_with_the_way_back(aurarouter: Run, used: Path) -> None:
    used.chmod(0o755)
    (used / "conversations.db").chmod(0o644)  # as a copy that kept no modes
    (found,) = problems(aurarouter)
    assert found["what"] == f"others can read or change conversations.db in {used}"
    subprocess.run(["sh", "-c", found["hint"].removeprefix("Run: ")], check=True)
    assert stat.S_IMODE((used / "conversations.db").stat().st_mode) == 0o600
    (used / "conversations.db").chmod(0o644)
    assert problems(aurarouter) == []  # nobody else gets into the folder


def test_a_file_of_another_user_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = home / "money.db"
    sqlite3.connect(path).close()
    monkeypatch.setattr("aurarouter_core.soundness.os.access", lambda where, _: where != path)
    with pytest.raises(AuraRouterError, match=r"money\.db can't be read and written"):
        soundness.look_through(path)


def test_a_very_large_file_is_not_looked_through_to_its_end(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(sqlite3.connect(home / "a.db")) as connection:
        connection.execute("CREATE TABLE t AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                           "LIMIT 20000) SELECT i FROM n")  # fmt: skip
        connection.commit()
    assert soundness.databases(Home(home)) == [home / "a.db"]
    monkeypatch.setattr(soundness, "SECONDS", -1.0)
    monkeypatch.setattr(soundness, "STEPS", 1)
    soundness.look_through(home / "a.db")


@pytest.mark.parametrize("command", ["run hi", "doctor", "status", "stop", "config path"])
def test_a_folder_that_is_gone_stops_no_command(home: Path, tmp_path: Path, command: str) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    program = Path(sys.executable).parent / "aurarouter"
    line = f'rmdir "$0" && exec "{program}" {command}'
    done = subprocess.run(["sh", "-c", line, str(gone)], cwd=gone, capture_output=True, text=True, check=False)
    assert "No such file or directory" not in done.stderr
    assert done.returncode == (1 if command == "status" else 0), done.stderr

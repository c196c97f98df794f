"""A full disk: nothing waits for it, it is named, the hint is to make room, and private content is still refused."""

import errno
import os
import sqlite3
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from aurarouter_core import database, room
from aurarouter_core.fingerprints import Fingerprints
from aurarouter_core.home import Home
from aurarouter_core.store.schema import STEPS
from aurarouter_hooks import AuraRouterError
from full_disk import on_a_small_disk, possible

READS = ("usage", "trace", "privacy")
CARD = "run 4539148803436467"


@pytest.mark.skipif(not possible(), reason="a file system of our own can't be mounted here (unshare -rm)")
def test_commands_on_a_full_disk(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    commands = (*READS, "doctor", "run hi", CARD)
    seen = on_a_small_disk(folder, 1, "commands", *commands)
    assert {command for command in commands if seen[command]["seconds"] > 9} == set()
    hint = f"Make room: 0 B are free at {folder / 'home'}."
    for command in READS:
        assert seen[command]["code"] == 1
        assert "aurarouter.db can't be read: the disk is full" in seen[command]["err"]
        assert hint in seen[command]["err"]
    assert seen["doctor"]["code"] == 1
    assert f"✗ the disk is full, or nearly: 0 B are free at {folder / 'home'}" in seen["doctor"]["out"]
    assert (seen["run hi"]["code"], seen["run hi"]["out"]) == (0, "hi\n")
    assert seen[CARD]["code"] == 4
    assert hint in seen[CARD]["err"]
    assert "Move" not in str(seen)
    assert "permissions" not in str(seen)
    assert seen["keys"] == []


def failing(code: int, words: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(words)
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(("code", "tries"), [(sqlite3.SQLITE_FULL, 1), (sqlite3.SQLITE_IOERR_SHMSIZE, 1), (261, 3)])
def test_only_who_is_held_up_by_another_waits(code: int, tries: int, tmp_path: Path) -> None:
    made = []

    def work(connection: sqlite3.Connection) -> None:
        made.append(connection)
        if len(made) < 3:
            raise failing(code, "as planned")

    connection = sqlite3.connect(":memory:")
    began = time.monotonic()
    try:
        database._patiently(work, connection)
    except sqlite3.OperationalError:
        assert len(made) == tries == 1
    assert len(made) == tries
    assert time.monotonic() - began < 5
    connection.close()


def test_what_was_full_in_the_middle_is_said_and_undone(tmp_path: Path) -> None:
    connection = database.Database(tmp_path / "a.db", STEPS).write()
    connection.execute(f"PRAGMA max_page_count = {connection.execute('PRAGMA page_count').fetchone()[0]}")
    rows = [(f"{number} {'x' * 1000}",) for number in range(1000)]
    with pytest.raises(sqlite3.OperationalError, match="full"), database.transaction(connection):
        connection.executemany("INSERT INTO dropped VALUES (?, 1)", rows)
    assert not connection.in_transaction
    assert connection.execute("SELECT count(*) FROM dropped").fetchone() == (0,)
    connection.close()


@pytest.mark.parametrize(
    ("error", "free", "hint"),
    [
        (failing(sqlite3.SQLITE_FULL, "full"), 10**9, "Make room: too little is free at "),
        (failing(sqlite3.SQLITE_IOERR, "disk I/O error"), 512, "Make room: 512 B are free at "),
        (failing(sqlite3.SQLITE_IOERR, "disk I/O error"), 10**9, "Check the permissions"),
        (failing(sqlite3.SQLITE_NOTADB, "file is not a database"), 512, "Move the file away"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), 10**9, "Make room: too little is free at "),
        (PermissionError(errno.EACCES, "Permission denied"), 512, "Check the permissions"),
    ],
)
def test_the_hint_is_about_what_is_wrong(
    error: Exception, free: int, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    status = SimpleNamespace(f_bavail=free, f_frsize=1, f_files=0, f_favail=0)
    monkeypatch.setattr(os, "statvfs", lambda _: status)
    told = room.unusable("x can't be read", tmp_path / "missing" / "x", error)
    assert told.hint.startswith(hint)
    assert ("the disk is full" in str(told)) == hint.startswith("Make room")


def test_no_room_for_a_further_file_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    status = SimpleNamespace(f_bavail=10**9, f_frsize=1, f_files=5, f_favail=0)
    monkeypatch.setattr(os, "statvfs", lambda _: status)
    assert room.shortage(tmp_path) == f"no further file fits at {tmp_path}"


def test_a_key_that_could_not_be_written_leaves_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(AuraRouterError, match="can't be made: the disk is full") as caught:
        Fingerprints(Home(home)).of("x")
    assert caught.value.hint.startswith("Make room")
    assert list(home.iterdir()) == []

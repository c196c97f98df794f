"""Edits at once, a full disk and a killed writer: nothing is lost, and the file is the old one or the new one."""

import errno
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from aurarouter_core import atomic
from aurarouter_core.atomic import locked
from aurarouter_core.edit import Set, edit_file
from aurarouter_hooks import ConfigError

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals, modes and links as POSIX has them")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "folder" / "auraconfig.yaml"
    path.parent.mkdir()
    path.write_text("a: 1  # why\n")
    return path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


FULL = """
import resource, sys
from pathlib import Path
from aurarouter_core.edit import Set, edit_file
from aurarouter_hooks import ConfigError
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
try:
    edit_file(Path(sys.argv[1]), [Set(("b",), "x" * 20_000)])
except ConfigError as error:
    print(error)
"""


@posix
def test_a_full_disk_leaves_the_old_file(file: Path) -> None:
    run = subprocess.run([sys.executable, "-c", FULL, str(file)], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == f"{file} can't be written: {os.strerror(errno.EFBIG)}"
    assert file.read_text() == "a: 1  # why\n"
    assert list(file.parent.iterdir()) == [file]


def test_who_waits_too_long_for_the_lock_says_so(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atomic, "PATIENCE", 0.0)
    with locked(file), pytest.raises(ConfigError, match="another process has been changing files"):
        edit_file(file, [Set(("a",), 2)])
    assert file.read_text() == "a: 1  # why\n"
    assert edit_file(file, [Set(("a",), 2)])


HOLDER = """
import sys
from pathlib import Path
from aurarouter_core.atomic import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_lock_dies_with_its_process(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = [sys.executable, "-c", HOLDER, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            monkeypatch.setattr(atomic, "PATIENCE", 0.0)
            with pytest.raises(ConfigError, match="another process"):
                edit_file(file, [Set(("a",), 2)])
        finally:
            holder.kill()
    assert edit_file(file, [Set(("a",), 2)])


@posix
def test_where_folders_have_no_locks_a_file_serves(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    real = fcntl.flock

    def as_on_nfs(handle: int, operation: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        real(handle, operation)

    monkeypatch.setattr(fcntl, "flock", as_on_nfs)
    monkeypatch.setattr(atomic, "PATIENCE", 0.0)
    with locked(file), pytest.raises(ConfigError, match="another process"):
        edit_file(file, [Set(("a",), 2)])
    assert edit_file(file, [Set(("a",), 2)])
    assert mode(file.parent / ".lock") == 0o600


WRITER = """
import sys
from pathlib import Path
from aurarouter_core.edit import Set, edit_file
path, name = Path(sys.argv[1]), sys.argv[2]
print("ready", flush=True)
sys.stdin.readline()
for number in range(100):
    assert edit_file(path, [Set((name, f"key{number}"), {"of": [name, number]})])
"""


def test_two_processes_that_edit_at_once_lose_nothing(file: Path) -> None:
    def start(name: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", WRITER, str(file), name]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    with start("left") as left, start("right") as right:
        for process in (left, right):
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in (left, right):
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        assert [process.wait(60) for process in (left, right)] == [0, 0]
    text = file.read_text()
    wanted = {name: {f"key{number}": {"of": [name, number]} for number in range(100)} for name in ("left", "right")}
    assert yaml.safe_load(text) == {"a": 1, **wanted}
    assert text.startswith("a: 1  # why\n")
    assert list(file.parent.iterdir()) == [file]


# Forks a child for each edit and kills it: at a random moment, or at a random moment of the writing.
KILLER = """
import json, os, random, signal, sys, time
from pathlib import Path
from aurarouter_core.edit import Set, edit_file
path, seed = Path(sys.argv[1]), int(sys.argv[2])
moments = random.Random(seed)
TEXT = path.read_text()
def version(number):
    return TEXT.replace("0  # number", f"{number}  # number")
def edit(number, check=None):
    edit_file(path, [Set((f"section{part}", "number"), number) for part in range(3)], check=check)
def took(check=None):
    start = time.perf_counter()
    edit(1, check)
    edit(0)
    return (time.perf_counter() - start) / 2
whole, now = min(took() for _ in range(3)), 0
outcomes = {"old": 0, "new": 0, "killed": 0, "left": 0}
for turn in range(300):
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        edit(now + 1, (lambda text: os.write(writing, b"x")) if turn % 3 else None)
        os._exit(0)
    if turn % 3:
        os.close(writing)
        os.read(reading, 1)
        time.sleep(moments.uniform(0, whole / 3))
    else:
        os.close(writing)
        time.sleep(moments.uniform(0, whole * 1.5))
    os.close(reading)
    os.kill(child, signal.SIGKILL)
    outcomes["killed"] += os.WIFSIGNALED(os.waitpid(child, 0)[1])
    text = path.read_text()
    assert text in (version(now), version(now + 1)), (turn, text)
    outcomes["new" if text == version(now + 1) else "old"] += 1
    now += text == version(now + 1)
    there = sorted(os.listdir(path.parent))
    assert there in ([path.name], [f".{path.name}.new", path.name]), there
    outcomes["left"] += len(there) - 1
edit(now + 1)
assert path.read_text() == version(now + 1) and os.listdir(path.parent) == [path.name]
print(json.dumps(outcomes))
"""


@posix
def test_who_is_killed_while_writing_leaves_the_old_file_or_the_new(file: Path) -> None:
    file.write_text("".join(f"section{part}:\n  number: 0  # number\n  text: '{'é' * 20_000}'\n" for part in range(3)))
    seed = 20261123
    command = [sys.executable, "-c", KILLER, str(file), str(seed)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert not run.returncode, f"seed {seed}: {run.stderr[-2000:]}"
    outcomes = json.loads(run.stdout)
    print(outcomes)
    assert outcomes["old"] + outcomes["new"] == 300
    assert min(outcomes["old"], outcomes["new"], outcomes["killed"]) > 0

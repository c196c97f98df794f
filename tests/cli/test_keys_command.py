"""`aurarouter keys`: nothing prints a key, no argument is one, and what refers to a key is told."""

import json
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aurarouter_core.keys import WITHOUT

Run = Callable[..., Any]
KEY = "sk-open-sesame"
CONFIG = """\
models:
  cloud:  # ours
    provider: openapi
    endpoint: {url}
    env_key: CLOUD_KEY
  lost: {{provider: echo, api_key: "${{key.nowhere}}"}}
roles: {{coding: [cloud]}}
"""


@pytest.fixture(autouse=True)
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", WITHOUT)


@pytest.fixture
def file(home: Path) -> Path:
    path = home / "auraconfig.yaml"
    path.write_text(CONFIG.format(url="http://127.0.0.1:9"))
    return path


def test_set_list_remove(aurarouter: Run, home: Path, file: Path) -> None:
    said = aurarouter("keys", "set", "openai", stdin=f"{KEY}\n")
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.splitlines() == [
        "the key 'openai' is kept in a file that only you can read",
        "A model uses it with this line in its configuration: api_key: ${key.openai}",
    ]
    assert KEY in (home / "keys.json").read_text()
    listed = aurarouter("keys", "list")
    assert listed.returncode == 0
    assert listed.stdout.startswith("openai ")
    assert listed.stdout.rstrip().endswith("[no model]")
    assert listed.stderr == "✗ lost names the key 'nowhere', which is not kept\n"
    assert aurarouter("keys", "remove", "openai").returncode == 2
    gone = aurarouter("keys", "remove", "openai", "--yes")
    assert (gone.returncode, gone.stdout) == (0, "the key 'openai' is removed\n")
    assert "no key is kept" in aurarouter("keys", "list").stdout
    assert aurarouter("keys", "remove", "openai", "--yes").returncode == 2
    assert KEY not in "".join(done.stdout + done.stderr for done in (said, listed, gone))


def test_a_model_takes_the_key_from_the_next_run_on(aurarouter: Run, home: Path, file: Path, fault_server: Any) -> None:
    file.write_text(CONFIG.format(url=fault_server.url))
    told = json.loads(aurarouter("keys", "set", "openai", "--model", "cloud", "--json", stdin=KEY).stdout)
    assert told == {
        "success": True, "name": "openai", "place": "file", "reference": "${key.openai}", "model": "cloud",
        "file": str(file),
    }  # fmt: skip
    text = file.read_text()
    assert "cloud:  # ours" in text
    assert "api_key: ${key.openai}" in text
    assert KEY not in text
    done = aurarouter("run", "hello", "--json")
    assert done.returncode == 0, done.stderr
    assert fault_server.requests[-1].headers["authorization"] == f"Bearer {KEY}"
    listed = json.loads(aurarouter("keys", "list", "--json").stdout)
    assert [row["models"] for row in listed["keys"]] == [["cloud"]]
    assert listed["missing"] == [{"model": "lost", "name": "nowhere"}]
    asked = aurarouter("keys", "remove", "openai")
    assert asked.returncode == 2
    assert "cloud would be without a key" in asked.stderr
    gone = aurarouter("keys", "remove", "openai", "--yes", "--json")
    assert json.loads(gone.stdout) == {"success": True, "name": "openai", "models": ["cloud"]}
    failed = aurarouter("run", "hello")
    assert failed.returncode == 5
    assert "no key is kept under the name 'openai'" in failed.stderr
    assert "Run: aurarouter keys set openai" in failed.stderr
    told = "".join(run.stdout + run.stderr for run in (done, asked, gone, failed))
    assert KEY not in told
    assert KEY.encode() not in b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())


def test_a_keyring_is_used_where_there_is_one(aurarouter: Run, home: Path, tmp_path: Path) -> None:
    there = {
        "PYTHON_KEYRING_BACKEND": "file_keyring.FileKeyring",
        "FILE_KEYRING": str(tmp_path / "keyring.json"),
        "PYTHONPATH": str(Path(__file__).parents[1] / "peers"),
    }
    said = aurarouter("keys", "set", "openai", stdin=KEY, **there)
    assert said.stdout.startswith("the key 'openai' is kept in the system's keyring\n")
    assert KEY not in (home / "keys.json").read_text()
    assert KEY in (tmp_path / "keyring.json").read_text()
    (row,) = json.loads(aurarouter("keys", "list", "--json", **there).stdout)["keys"]
    assert (row["name"], row["place"]) == ("openai", "keyring")
    locked = aurarouter("keys", "set", "openai", stdin=KEY, FILE_KEYRING_LOCKED="1", **there)
    assert locked.returncode == 2
    assert locked.stderr.startswith("Error: the system's keyring did not take the key 'openai' (KeyringLocked)\nHint:")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "it is empty"),
        (" \n", "it is empty"),
        ("YOUR_API_KEY", "only stands in the place of one"),
        ("<your key>", "only stands in the place of one"),
        (f"{KEY}\nmore", "spaces, line ends"),
        (f"{KEY} more", "spaces, line ends"),
        (f"${{env.{KEY}}}", "spaces, line ends"),
        (f"{KEY}…", "spaces, line ends"),
    ],
)
def test_what_is_no_key_is_refused_and_not_repeated(aurarouter: Run, home: Path, text: str, words: str) -> None:
    done = aurarouter("keys", "set", "openai", stdin=text)
    assert done.returncode == 2
    assert words in done.stderr
    assert KEY not in done.stdout + done.stderr
    assert not (home / "keys.json").exists()


def test_a_key_is_no_argument(aurarouter: Run) -> None:
    assert aurarouter("keys", "set", "openai", KEY).returncode == 2
    done = aurarouter("keys", "set", f"{KEY}/+=", stdin=KEY)
    assert done.returncode == 2
    assert KEY not in done.stderr
    assert aurarouter("keys", "set", "--help").stdout.count("--") == 3


def test_an_unknown_model_is_told_before_the_key_is_asked_for(aurarouter: Run, file: Path, home: Path) -> None:
    done = aurarouter("keys", "set", "openai", "--model", "clowd", stdin=KEY)
    assert done.returncode == 3
    assert "no model is called 'clowd'" in done.stderr
    assert not (home / "keys.json").exists()


def test_a_file_that_others_can_read_is_refused(aurarouter: Run, home: Path) -> None:
    aurarouter("keys", "set", "openai", stdin=KEY)
    (home / "keys.json").chmod(0o644)
    for command in (["list"], ["remove", "openai", "--yes"]):
        done = aurarouter("keys", *command)
        assert done.returncode == 2
        assert f"Hint: Run: chmod 600 {home / 'keys.json'}" in done.stderr


def on_a_terminal(command: list[str], answers: list[tuple[bytes, bytes]]) -> tuple[int, bytes]:
    """Run on a real terminal; each answer is typed once its question is seen."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(command[0], command)
    seen, end = b"", time.monotonic() + 60
    while time.monotonic() < end and select.select([terminal], [], [], 60)[0]:
        try:
            seen += os.read(terminal, 4096)
        except OSError:
            break  # the other end is closed
        if answers and answers[0][0] in seen:
            os.write(terminal, answers.pop(0)[1])
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), seen


def test_on_a_terminal_the_key_is_asked_for_and_not_shown(home: Path) -> None:
    program = str(Path(sys.executable).with_name("aurarouter"))
    code, seen = on_a_terminal([program, "keys", "set", "openai"], [(b"not shown", KEY.encode() + b"\n")])
    assert code == 0
    assert KEY.encode() not in seen
    assert KEY in (home / "keys.json").read_text()
    code, seen = on_a_terminal([program, "keys", "remove", "openai"], [(b"no model uses it", b"n\n")])
    assert code == 130
    assert KEY in (home / "keys.json").read_text()
    code, seen = on_a_terminal([program, "keys", "remove", "openai"], [(b"no model uses it", b"y\n")])
    assert code == 0
    assert KEY not in (home / "keys.json").read_text()


def test_help_opens_no_keyring() -> None:
    script = (
        "import sys; sys.argv = ['aurarouter', 'keys', '--help']\n"
        "from aurarouter_core.cli import main\n"
        "try: main()\n"
        "finally: print('keyring' in sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr == "False\n"

"""`aurarouter gui` as a process: it opens, is raised by a second launch, and ends with 0 and without a word."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from aurarouter_core.daemon.place import Place
from aurarouter_core.daemon.stop import stop
from aurarouter_core.home import Home
from aurarouter_core.sources import find_file
from aurarouter_gui.opening import file_in_force
from grid_node import free_ports

SERVING = """\
import sys
from PySide6.QtCore import QTimer
from aurarouter_gui.views import app, desk
program, start = app.application(), desk.Desk.start
def watched(self):
    start(self)
    self.look = QTimer()
    self.look.timeout.connect(lambda: serve(self))
    self.look.start(50)
def serve(self):
    if not self.ready or self.link.standing.state != "ready":
        return
    condition = self.services.conditions.get("gateway")
    if condition is None or condition.state == "stopped":
        self.services.ask("gateway", "start")
    elif condition.state == "running":
        self.look.stop()
        print(condition.words, flush=True)
desk.Desk.start = watched
sys.exit(app.run(None, "local"))
"""
PROGRAM = str(Path(sys.executable).with_name("aurarouter"))


@pytest.fixture
def environ(home: Path) -> Any:
    (home / "auraconfig.yaml").write_text("models: {first: {provider: echo}}\nroles: {coding: [first]}\n")
    yield {**os.environ, "AURAROUTER_PLUGINS": "echo,gui", "QT_QPA_PLATFORM": "offscreen"}
    for place in Place.all(Home(home)):
        stop(place, force=True)


@pytest.mark.promise("gui.2")
@pytest.mark.promise("compatibility.3")
def test_one_window_and_an_end_without_a_word(environ: dict[str, str], home: Path) -> None:
    window = subprocess.Popen([PROGRAM, "gui"], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        until = time.monotonic() + 60
        while not Place.all(Home(home)):  # the window has asked for its engine, so it is there
            assert time.monotonic() < until
            assert window.poll() is None, window.communicate()
            time.sleep(0.1)
        (home / "sub").mkdir()
        (home / "link.yaml").symlink_to(home / "auraconfig.yaml")
        for file in (None, "auraconfig.yaml", "sub/../auraconfig.yaml", "link.yaml"):
            command = [PROGRAM, "gui", *(["--config", file] if file else [])]
            second = subprocess.run(
                command, cwd=home, env=environ, capture_output=True, text=True, timeout=60, check=False
            )
            assert (second.returncode, second.stderr) == (0, ""), file
            assert "open already" in second.stdout
            assert window.poll() is None
        window.send_signal(signal.SIGINT)
        out, error = window.communicate(timeout=60)
        assert (window.returncode, out, error) == (0, "", "")
    finally:
        window.kill()
        window.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_who_asks_for_its_end_gets_it_and_its_place_is_remembered(
    environ: dict[str, str], home: Path, number: int
) -> None:
    window = subprocess.Popen([PROGRAM, "gui"], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        until = time.monotonic() + 60
        while not Place.all(Home(home)):
            assert time.monotonic() < until
            assert window.poll() is None, window.communicate()
            time.sleep(0.1)
        window.send_signal(number)
        assert window.communicate(timeout=60) == ("", "")
        assert window.returncode == 0
        assert "geometry" in (home / "gui.ini").read_text()
    finally:
        window.kill()
        window.communicate()


def test_the_file_in_force_is_the_kernels(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert file_in_force(None) == (home / "auraconfig.yaml").resolve()
    (home / "auraconfig.yaml").touch()
    other = tmp_path / "other.yaml"
    for make in (None, tmp_path / "auraconfig.yaml", other):
        if make is not None:
            make.touch()
        if make is other:
            monkeypatch.setenv("AURACORE_ROUTER_CONFIG", "other.yaml")
        found = find_file(None, os.environ, tmp_path)
        assert found is not None
        assert file_in_force(None) == found.path.resolve()
    assert file_in_force(Path("~/x.yaml")) == Path.home().resolve() / "x.yaml"


@pytest.mark.parametrize("config", [(), ("--config", "auraconfig.yaml")])
def test_of_windows_opened_at_once_one_stays(environ: dict[str, str], home: Path, config: Sequence[str]) -> None:
    command = [PROGRAM, *config, "gui"]
    windows = [
        subprocess.Popen(command, cwd=home, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    try:
        until = time.monotonic() + 60
        while sum(window.poll() is None for window in windows) > 1:
            assert time.monotonic() < until
            time.sleep(0.1)
        (stays,) = (window for window in windows if window.poll() is None)
        for window in windows:
            if window is not stays:
                out, error = window.communicate()
                assert (window.returncode, error) == (0, "")
                assert "open already" in out
        stays.send_signal(signal.SIGINT)
        assert stays.communicate(timeout=60) == ("", "")
        assert stays.returncode == 0
    finally:
        for window in windows:
            window.kill()
            window.communicate()


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_service_ends_with_its_window_however_that_ends(environ: dict[str, str], home: Path, number: int) -> None:
    (port,) = free_ports(1)
    with (home / "auraconfig.yaml").open("a") as file:
        file.write(f"gateway: {{port: {port}}}\n")
    environ |= {"AURAROUTER_PLUGINS": "echo,gui,gateway", "AURAROUTER_NO_DAEMON": "1"}
    command = [sys.executable, "-c", SERVING]
    window = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert window.stdout is not None
        words = window.stdout.readline()
        child = int(words.rpartition(" ")[2])
        window.send_signal(number)
        out, error = window.communicate(timeout=30)
        assert (out, error) == ("", "")
        assert window.returncode == (0 if number == signal.SIGTERM else -number)
        until = time.monotonic() + 30
        while _lives(child):
            assert time.monotonic() < until
            time.sleep(0.1)
    finally:
        window.kill()
        window.communicate()


def _lives(pid: int) -> bool:
    """A process runs; one that has ended and that nobody has waited for doesn't."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_without_a_screen_there_is_one_clear_line(environ: dict[str, str]) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        environ.pop(name, None)
    done = subprocess.run([PROGRAM, "gui"], env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("Error: there is no screen")
    assert "Hint:" in done.stderr


def test_a_screen_that_is_not_there_is_no_crash(environ: dict[str, str]) -> None:
    environ |= {"QT_QPA_PLATFORM": "xcb", "DISPLAY": ":87"}
    done = subprocess.run([PROGRAM, "gui"], env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2, done.stderr
    assert "Error: no window can be opened here" in done.stderr


def test_the_grid_needs_its_plugin(environ: dict[str, str]) -> None:
    command = [PROGRAM, "gui", "--environment", "auragrid"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "Add 'auragrid' to AURAROUTER_PLUGINS" in done.stderr

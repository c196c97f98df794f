"""Homes with engines in them, which are ended when the tests are done."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aurarouter_core.daemon.place import Place
from aurarouter_core.daemon.stop import stop
from aurarouter_core.home import Home

ECHO = """\
models:
  first: {provider: echo}
  second: {provider: echo, api_key: very-secret}
roles: {coding: [first, second]}
"""


def end_engines(home: Path) -> None:
    for place in Place.all(Home(home)):
        stop(place, force=True)


@pytest.fixture
def engines(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of the test's own with two echo models; its engines end with the test."""
    (home / "auraconfig.yaml").write_text(ECHO)
    monkeypatch.setenv("AURAROUTER_PLUGINS", "echo")
    yield home
    end_engines(home)


@pytest.fixture(scope="module")
def one_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home that the module's tests share, and with it one engine."""
    home = tmp_path_factory.mktemp("home")
    (home / "auraconfig.yaml").write_text(ECHO)
    yield home
    end_engines(home)


@pytest.fixture
def shared(home: Path, one_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That home, in force for the test."""
    monkeypatch.setenv("AURAROUTER_HOME", str(one_home))
    monkeypatch.setenv("AURAROUTER_PLUGINS", "echo")
    return one_home

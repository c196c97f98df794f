"""Where the configuration file is looked for, and what else may stand in its place."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from aurarouter_core import Plugins, load_config
from aurarouter_hooks import ConfigError, ConfigNotFoundError, ConfigUntrustedError

NOBODY = Plugins(discover=False)


@pytest.fixture
def file(home: Path) -> Path:
    path = home / "auraconfig.yaml"
    path.write_text("models: {e: {provider: echo}}\nroles: {coding: [e]}\n")
    return path


@pytest.mark.promise("quick-start.5")
def test_places_in_order(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    by_variable, by_flag = tmp_path / "variable.yaml", tmp_path / "flag.yaml"
    by_variable.write_text("{}")
    by_flag.write_text("{}")
    monkeypatch.setenv("AURACORE_ROUTER_CONFIG", str(by_variable))
    assert load_config(NOBODY).path == by_variable
    assert load_config(NOBODY, path=by_flag).path == by_flag


def test_a_named_file_that_is_missing_is_an_error_even_if_another_exists(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigNotFoundError, match="--config names"):
        load_config(NOBODY, path="nowhere.yaml")
    monkeypatch.setenv("AURACORE_ROUTER_CONFIG", "/nowhere.yaml")
    with pytest.raises(ConfigNotFoundError, match="AURACORE_ROUTER_CONFIG names"):
        load_config(NOBODY)


def to_nothing(place: Path) -> None:
    place.symlink_to("nowhere.yaml")


def to_itself(place: Path) -> None:
    place.symlink_to(place)


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (to_nothing, "a link to nowhere.yaml, where nothing is"),
        (to_itself, "a link that leads in a circle"),
        (Path.mkdir, "a folder"),
        (os.mkfifo, "a named pipe"),
        (lambda place: place.symlink_to("/dev/null"), "a device"),
    ],
)
def test_what_stands_in_a_files_place_is_an_error(make: Callable[[Path], None], what: str, home: Path) -> None:
    assert load_config(NOBODY).path is None
    for place in (home / "auraconfig.yaml", Path("auraconfig.yaml").absolute()):
        make(place)
        with pytest.raises(ConfigError) as caught:
            load_config(NOBODY)
        assert str(caught.value) == f"{place} is {what}, and a configuration file is looked for there"
        with pytest.raises(ConfigNotFoundError, match=f"--config names {place}, which is {what}"):
            load_config(NOBODY, path=place)
    for place in (home / "auraconfig.yaml", Path("auraconfig.yaml")):
        place.rmdir() if place.is_dir() else place.unlink()
    assert load_config(NOBODY).path is None


def test_what_stands_above_is_not_passed_over_and_what_stands_below_is_not_looked_at(file: Path, home: Path) -> None:
    Path("auraconfig.yaml").mkdir()
    with pytest.raises(ConfigError, match="is a folder"):
        load_config(NOBODY)
    Path("auraconfig.yaml").rmdir()
    Path("auraconfig.yaml").write_text("system: {default_timeout: 5}")
    file.unlink(missing_ok=True)
    file.mkdir()
    assert load_config(NOBODY).system.default_timeout == 5


def test_a_harmful_file_in_the_current_directory_is_refused_until_it_is_named(file: Path) -> None:
    Path("auraconfig.yaml").write_text("models: {evil: {provider: openapi, endpoint: 'http://evil.example'}}")
    with pytest.raises(ConfigUntrustedError, match="lies in the current directory"):
        load_config(NOBODY)
    assert list(load_config(NOBODY, path="auraconfig.yaml").models) == ["evil"]


@pytest.mark.parametrize("path", ["~nosuchuser-at-all/x.yaml"])
def test_a_home_that_nobody_has(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="can't be resolved"):
        load_config(NOBODY, path=path)
    monkeypatch.setenv("AURAROUTER_HOME", path)
    with pytest.raises(ConfigError, match="can't be resolved"):
        load_config(NOBODY)


def test_the_users_own_file_is_theirs_from_wherever_it_is_asked_for(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)
    assert load_config(NOBODY).path == file

"""What a configuration leans on is remembered while it can't have changed, and found out again when it may have."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from aurarouter_core import Plugins, loading
from aurarouter_core.daemon import leaning
from aurarouter_core.daemon.leaning import Leaning, leaning_of
from aurarouter_core.remembered import files_of
from aurarouter_hooks import ConfigError

FILE = "models: {e: {provider: echo, api_key: '${env.FIRST}'}}\nroles: {coding: [e]}\n"
FOUND = Leaning(here=False, names=("FIRST",))
BRINGS = """\
import os
from aurarouter_hooks import hookimpl

@hookimpl
def register_settings(environment):
    return {"models": {"e": {"api_key": "${env.THIRD}"}}} if "BRING" in os.environ else None
"""


@pytest.fixture
def reads(home: Path, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """A home whose configuration is known already; notes each time that it is read."""
    (home / "auraconfig.yaml").write_text(FILE)
    monkeypatch.setenv("AURAROUTER_PLUGINS", "echo")
    assert leaning_of(None, None, {}) == FOUND
    noted: list[object] = []
    read = loading.read_layers

    def noting(plugins: Plugins, request: object) -> object:
        noted.append(request)
        return read(plugins, request)  # type: ignore[arg-type]

    monkeypatch.setattr(loading, "read_layers", noting)
    return noted


def test_what_can_not_have_changed_is_not_read_again(home: Path, reads: list[object]) -> None:
    assert leaning_of(None, None, {}) == leaning_of(Plugins(), None, {}) == FOUND
    assert reads == []
    kept = home / "cache" / "engines.json"
    assert kept.stat().st_mode & 0o777 == 0o600


def _other_words(home: Path, _: pytest.MonkeyPatch) -> None:
    (home / "auraconfig.yaml").write_text(FILE.replace("FIRST", "SECOND"))


def _a_variable(_: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURAROUTER_MODELS__E__API_KEY", "${env.SECOND}")


def _a_plugin_switched_on(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _other_words(home, monkeypatch)
    os.utime(home / "auraconfig.yaml", ns=(0, 0))
    monkeypatch.setenv("AURAROUTER_PLUGINS", "echo,cache")


def _a_folder_more_on_the_path(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _other_words(home, monkeypatch)
    monkeypatch.syspath_prepend(str(home))


@pytest.mark.parametrize("change", [_other_words, _a_variable, _a_plugin_switched_on, _a_folder_more_on_the_path])
def test_what_may_have_changed_is_read_again(
    home: Path,
    reads: list[object],
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Path, pytest.MonkeyPatch], None],
) -> None:
    change(home, monkeypatch)
    assert leaning_of(None, None, {}) == Leaning(here=False, names=("SECOND",))
    assert len(reads) == 1


def test_flags_count(reads: list[object]) -> None:
    flags = {"models": {"e": {"model_path": "beside.gguf"}}}
    assert leaning_of(None, None, flags) == Leaning(here=True, names=("FIRST",))
    assert leaning_of(None, None, {}) == FOUND
    assert len(reads) == 1


def test_a_file_that_appears_here_counts_and_is_read_each_time(reads: list[object]) -> None:
    Path("auraconfig.yaml").write_text("models: {}\n")
    for _ in range(2):
        assert leaning_of(None, None, {}).here
    assert len(reads) == 2
    Path("auraconfig.yaml").unlink()
    assert leaning_of(None, None, {}) == FOUND


def test_a_file_that_is_no_yaml_any_more_is_an_error_each_time(home: Path, reads: list[object]) -> None:
    (home / "auraconfig.yaml").write_text("models: [")
    for _ in range(2):
        with pytest.raises(ConfigError):
            leaning_of(None, None, {})
    assert len(reads) == 2


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "others could write it", "another's shape"])
def test_what_is_nothing_of_ours_counts_as_nothing(home: Path, reads: list[object], text: str) -> None:
    kept = home / "cache" / "engines.json"
    if text == "others could write it":
        kept.chmod(0o666)
    elif text == "another's shape":
        (question,) = json.loads(kept.read_text())
        kept.write_text(json.dumps({question: {"seen": {}, "asked": [], "here": False, "names": 3}}))
    else:
        kept.write_text(text)
    assert leaning_of(None, None, {}) == FOUND
    assert len(reads) == 1
    assert leaning_of(None, None, {}) == FOUND
    assert len(reads) == 1, "it was written anew"


def test_a_home_that_can_not_be_written_to_makes_it_slower_and_not_wrong(
    reads: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    (blocked / "cache").write_text("no folder")
    (blocked / "auraconfig.yaml").write_text(FILE)
    monkeypatch.setenv("AURAROUTER_HOME", str(blocked))
    for count in (1, 2):
        assert leaning_of(None, None, {}) == FOUND
        assert len(reads) == count


def test_no_value_of_a_variable_is_written_down(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "auraconfig.yaml").write_text(FILE)
    monkeypatch.setenv("FIRST", "very-secret")
    monkeypatch.setenv("AURAROUTER_MODELS__E__OPTIONS__TOKEN", "quite-secret")
    leaning_of(None, None, {"models": {"e": {"options": {"word": "too-secret"}}}})
    assert "-secret" not in (home / "cache" / "engines.json").read_text()


def test_only_so_many_are_kept(reads: list[object], home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaning, "MOST", 2)
    for number in range(3):
        leaning_of(None, None, {"system": {"retries": number}})
    assert len(json.loads((home / "cache" / "engines.json").read_text())) == 2


def test_a_plugin_that_may_bring_settings_is_asked_each_time(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "plugins" / "bringing-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bringing\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[aurarouter]\nbringing = bringing_settings\n")
    (info.parent / "bringing_settings.py").write_text(BRINGS)
    monkeypatch.syspath_prepend(str(info.parent))
    monkeypatch.setenv("AURAROUTER_PLUGINS", "echo,bringing")
    (home / "auraconfig.yaml").write_text("models: {e: {provider: echo}}\nroles: {coding: [e]}\n")
    assert leaning_of(None, None, {}).names == ()
    monkeypatch.setenv("BRING", "1")
    assert leaning_of(None, None, {}).names == ("THIRD",)
    monkeypatch.delenv("BRING")
    assert leaning_of(None, None, {}).names == ()


def test_a_plugin_that_was_typed_in_has_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typed_in", ModuleType("typed_in"))
    assert files_of(["typed_in", "nowhere"]) == {}

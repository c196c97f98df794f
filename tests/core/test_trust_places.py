"""Trust in a file: for one path and one content, kept in the user's own home, and forgotten when told."""

from pathlib import Path

import pytest

from aurarouter_core import Plugins, load_config
from aurarouter_core.home import Home
from aurarouter_core.trust_store import TrustStore
from aurarouter_hooks import ConfigError, ConfigUntrustedError

NOBODY = Plugins(discover=False)


def test_trust_is_for_one_path_and_one_content(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "models: {a: {provider: x, endpoint: 'https://work.example'}}"
    Path("auraconfig.yaml").write_text(text)
    TrustStore(Home(home)).trust(Path("auraconfig.yaml"), text.encode())
    assert list(load_config(NOBODY).models) == ["a"]
    elsewhere = tmp_path / "clone"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    Path("auraconfig.yaml").write_text(text)
    with pytest.raises(ConfigUntrustedError):
        load_config(NOBODY)
    assert (home / "trust.json").stat().st_mode & 0o777 == 0o600


def test_forgotten_trust_is_none(home: Path) -> None:
    store = TrustStore(Home(home))
    file = Path("auraconfig.yaml")
    file.write_text("privacy: off")
    store.trust(file, file.read_bytes())
    assert store.forget(file)
    assert not store.forget(file)
    with pytest.raises(ConfigUntrustedError):
        load_config(NOBODY)


def test_what_a_file_held_counts_until_the_change_is_settled(home: Path) -> None:
    store = TrustStore(Home(home))
    file = Path("auraconfig.yaml")
    store.trust(file, b"1")
    store.trust(file, b"2", before=b"1")
    assert store.trusts(file, b"1")
    assert store.trusts(file, b"2")
    store.trust(file, b"3", before=b"2")
    assert not store.trusts(file, b"1")
    store.settled(file, b"2")  # comes late: somebody has begun the next change
    assert store.trusts(file, b"2")
    store.settled(file, b"3")
    assert not store.trusts(file, b"2")
    assert store.trusts(file, b"3")


def test_a_list_that_can_not_be_read_trusts_nothing(home: Path) -> None:
    (home / "trust.json").write_text("{]")
    Path("auraconfig.yaml").write_text("privacy: off")
    with pytest.raises(ConfigError, match="list of trusted files"):
        load_config(NOBODY)


@pytest.mark.parametrize("variable", [".", ".aura", "aura/home"])
def test_a_relative_home_would_be_anybodys(variable: str) -> None:
    with pytest.raises(ConfigError, match=r"^AURAROUTER_HOME makes .*another folder wherever you are"):
        load_config(NOBODY, environ={"AURAROUTER_HOME": variable})


def test_where_the_home_of_the_system_is_relative_that_is_what_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "relative")
    for environ in ({}, {"AURAROUTER_HOME": "~/aura"}):
        with pytest.raises(ConfigError, match=r"^HOME makes 'relative/.*another folder wherever you are") as caught:
            load_config(NOBODY, environ=environ)
        assert caught.value.hint.startswith("Set HOME to a whole path")

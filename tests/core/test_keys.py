"""Kept keys, in a real keyring and in a private file; and what may stand where a key belongs."""

import json
import logging
import stat
import threading
from pathlib import Path

import keyring.core
import pytest

from aurarouter_core.config import ModelEntry
from aurarouter_core.home import Home
from aurarouter_core.keys import WITHOUT, KeyStore
from aurarouter_core.references import Reference, keys_of, references, written
from aurarouter_hooks import ConfigError, ProviderAuthError, Secret

KEY = "sk-sesame"


@pytest.fixture(autouse=True)
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """The developer's own keyring is left alone."""
    monkeypatch.setattr(keyring.core, "_keyring_backend", None)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", WITHOUT)


@pytest.fixture
def a_keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A keyring whose content this file is."""
    monkeypatch.setenv("FILE_KEYRING", str(tmp_path / "keyring.json"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "file_keyring.FileKeyring")
    return tmp_path / "keyring.json"


@pytest.fixture
def store(home: Path) -> KeyStore:
    return KeyStore(Home(home))


def revealed(secret: Secret | None) -> str | None:
    return secret.reveal() if secret is not None else None


# Keeping


def test_without_a_keyring_keys_are_in_a_private_file(store: KeyStore, tmp_path: Path) -> None:
    new = KeyStore(Home(tmp_path / "not" / "yet"))
    assert (store.get("openai"), new.kept()) == (None, {})
    for each in (store, new):
        assert each.set("openai", Secret(KEY)).place == "file"
        assert revealed(each.get("openai")) == KEY
        assert stat.S_IMODE(each.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(new.file.parent.stat().st_mode) == 0o700
    assert KEY in store.file.read_text()
    assert KEY not in repr(store.kept())
    first = store.kept()["openai"].since
    store.set("openai", Secret("another"))
    assert revealed(store.get("openai")) == "another"
    assert store.kept()["openai"].since >= first
    assert [store.remove("openai"), store.remove("openai")] == [True, False]
    assert store.get("openai") is None


def test_a_keyring_has_the_key_and_our_file_only_its_name(store: KeyStore, a_keyring: Path, tmp_path: Path) -> None:
    assert store.set("openai", Secret(KEY)).place == "keyring"
    assert revealed(store.get("openai")) == KEY
    assert KEY not in store.file.read_text()
    assert list(json.loads(a_keyring.read_text()).values()) == [KEY]
    store.set("openai", Secret("another"))
    assert list(json.loads(a_keyring.read_text()).values()) == ["another"]
    other = KeyStore(Home(tmp_path / "other"))
    other.set("openai", Secret("of another home"))
    assert revealed(store.get("openai")) == "another"
    assert store.remove("openai")
    assert list(json.loads(a_keyring.read_text()).values()) == ["of another home"]


def test_a_key_moves_to_the_keyring_once_there_is_one(
    store: KeyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.set("openai", Secret("old"))
    monkeypatch.setattr(keyring.core, "_keyring_backend", None)
    monkeypatch.setenv("FILE_KEYRING", str(tmp_path / "keyring.json"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "file_keyring.FileKeyring")
    assert revealed(store.get("openai")) == "old"
    assert store.set("openai", Secret(KEY)).place == "keyring"
    assert "old" not in store.file.read_text()


@pytest.mark.parametrize("backend", ["keyring.backends.fail.Keyring", WITHOUT])
def test_a_keyring_that_keeps_nothing_counts_as_none(
    store: KeyStore, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", backend)
    assert store.set("openai", Secret(KEY)).place == "file"


def test_a_locked_keyring_is_one_clear_error(store: KeyStore, a_keyring: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.set("openai", Secret(KEY))
    monkeypatch.setenv("FILE_KEYRING_LOCKED", "1")
    for act, words in (
        (lambda: store.get("openai"), "did not hand out the key 'openai'"),
        (lambda: store.set("openai", Secret("new")), "did not take the key 'openai'"),
        (lambda: store.remove("openai"), "did not remove the key 'openai'"),
    ):
        with pytest.raises(ConfigError, match=rf"{words} \(KeyringLocked\)") as caught:
            act()
        assert "Unlock it" in caught.value.hint
        assert KEY not in str(caught.value)
    assert set(store.kept()) == {"openai"}


def test_a_keyring_that_lost_a_key_or_is_gone(
    store: KeyStore, a_keyring: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store.set("openai", Secret(KEY))
    a_keyring.unlink()
    with pytest.raises(ConfigError, match="no longer in the system's keyring"):
        store.get("openai")
    monkeypatch.setattr(keyring.core, "_keyring_backend", None)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", WITHOUT)
    with pytest.raises(ConfigError, match="in a keyring of the system, and there is none here"):
        store.get("openai")
    assert store.remove("openai")
    assert "it stays there" in caplog.text
    assert store.kept() == {}


def test_a_keyring_that_was_named_and_does_not_work_is_not_passed_over(
    store: KeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "nowhere.Keyring")
    with pytest.raises(ConfigError, match="can't be opened"):
        store.set("openai", Secret(KEY))
    assert not store.file.exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_file_that_others_can_read_is_refused(store: KeyStore, mode: int) -> None:
    store.set("openai", Secret(KEY))
    store.file.chmod(mode)
    for act in (store.kept, lambda: store.get("openai"), lambda: store.set("b", Secret("x"))):
        with pytest.raises(ConfigError, match="others can read your keys") as caught:
            act()
        assert caught.value.hint == f"Run: chmod 600 {store.file}"
    store.file.chmod(0o600)
    assert revealed(store.get("openai")) == KEY


@pytest.mark.parametrize(
    "text",
    [
        "",
        f'"{KEY}"',
        f"[{KEY}",
        f'{{"a": "{KEY}"}}',
        f'{{"a": {{"place": "file", "since": "{KEY}", "text": "{KEY}"}}}}',
        f'{{"a": {{"place": "{KEY}", "since": 1, "text": "x"}}}}',
        f'{{"a": {{"place": "file", "since": 1, "{KEY}": "x"}}}}',
        '{"a": {"place": "file", "since": 1}}',
    ],
)
def test_a_damaged_file_is_told_without_its_words(store: KeyStore, text: str) -> None:
    store.file.write_text(text)
    store.file.chmod(0o600)
    with pytest.raises(ConfigError, match="it is damaged") as caught:
        store.kept()
    assert KEY not in str(caught.value) + caught.value.hint


def test_many_at_once_lose_nothing(store: KeyStore) -> None:
    threads = [threading.Thread(target=store.set, args=(f"key-{n}", Secret(str(n)))) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {name: revealed(store.get(name)) for name in store.kept()} == {f"key-{n}": str(n) for n in range(8)}


# Referring


def entry(**settings: object) -> ModelEntry:
    keys = {"api_key": Secret(str(settings.pop("api_key")))} if "api_key" in settings else {}
    several = tuple(Secret(str(key)) for key in settings.pop("api_keys", ()))  # type: ignore[attr-defined]
    return ModelEntry(provider="x", api_keys=several, **keys, **settings)  # type: ignore[arg-type]


def found(entry: ModelEntry, **environ: str) -> list[str | None]:
    kept = {"mine": Secret("kept-key"), "void": Secret("changeme")}
    return [revealed(key.secret) for key in keys_of("m", entry, environ, kept.get)]


def test_each_form_of_a_key() -> None:
    assert found(entry()) == [None]
    assert found(entry(api_key=" sk-1 ")) == ["sk-1"]
    assert found(entry(api_key="${env.A}"), A=" from-a\n") == ["from-a"]
    assert found(entry(api_key="${key.mine}")) == ["kept-key"]
    assert found(entry(env_key="A"), A="from-a") == ["from-a"]
    assert found(entry(api_keys=["lit", "${env.A}", "${key.mine}"]), A="from-a") == ["lit", "from-a", "kept-key"]
    assert found(entry(api_key="first", api_keys=["lit", "first"])) == ["first", "lit"]


def test_a_key_is_above_the_name_of_a_variable_and_a_placeholder_is_not() -> None:
    assert found(entry(api_key="of-a-higher-layer", env_key="A"), A="a") == ["of-a-higher-layer"]
    assert found(entry(api_key="YOUR_API_KEY", env_key="A"), A="a") == ["a"]


@pytest.mark.parametrize(
    "text", ["", "YOUR_KEY", "YOUR_GOOGLE_API_KEY", "YOUR_PASTED_KEY", "<your key>", "sk-...", "changeme"]
)
def test_a_placeholder_is_no_key_wherever_it_stands(text: str) -> None:
    assert found(entry(api_key=text, api_keys=[text])) == [None]
    if text:
        assert found(entry(env_key="A", api_keys=["${env.A}"]), A=text) == [None]
    assert found(entry(api_key="${key.void}")) == [None]


@pytest.mark.parametrize(
    "text", ["${sk-sesame}", "${env.sk-sesame}", "${key.}", "${key./sk-sesame}", "Bearer ${env.A}", "$${env.A}", "${"]
)
def test_what_looks_like_a_reference_and_is_none_is_never_sent(text: str) -> None:
    with pytest.raises(ProviderAuthError, match=r"models\.m\.api_key: what stands .* is no ") as caught:
        found(entry(api_key=text), A="a")
    assert "sesame" not in str(caught.value) + caught.value.hint
    assert found(entry(api_keys=[text, "good"]), A="a") == ["good"]


def test_what_is_missing_is_named_with_what_to_do(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(
        ProviderAuthError, match=r"models\.m\.env_key: the environment variable NO is not set"
    ) as caught:
        found(entry(env_key="NO"))
    assert caught.value.hint.startswith("Set NO to the key")
    with pytest.raises(ProviderAuthError, match="no key is kept under the name 'other'") as caught:
        found(entry(api_key="${key.other}"))
    assert caught.value.hint == "Run: aurarouter keys set other"
    with caplog.at_level(logging.WARNING):
        (key,) = keys_of("m", entry(api_keys=["${env.NO}", KEY]), {}, lambda _: None)
    assert (revealed(key.secret), str(key)) == (KEY, "key 2 of 2")
    assert "models.m.api_keys.0: the environment variable NO is not set" in caplog.text
    assert KEY not in caplog.text + repr(key)


def test_a_store_that_fails_is_a_problem_of_the_model_alone(store: KeyStore) -> None:
    store.set("openai", Secret(KEY))
    store.file.chmod(0o644)
    with pytest.raises(ProviderAuthError, match="others can read your keys") as caught:
        keys_of("m", entry(api_key="${key.openai}"), {}, store.get)
    assert "chmod 600" in caught.value.hint


def test_references_of_a_model() -> None:
    model = entry(env_key="A", api_keys=["${key.mine}", "lit", "${nonsense}"])
    assert list(references(model)) == [Reference("env", "A"), Reference("key", "mine")]
    assert list(written(model)) == ["env_key", "api_keys.0", "api_keys.1", "api_keys.2"]
    assert [str(reference) for reference in references(model)] == ["${env.A}", "${key.mine}"]

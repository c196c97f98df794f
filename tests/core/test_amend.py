"""The one way to change the configuration: checked before it is written, whole or not at all."""

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from aurarouter_core import atomic
from aurarouter_core.amend import amend_config, checked
from aurarouter_core.checkup import check_config
from aurarouter_core.edit import Remove, Set
from aurarouter_core.home import Home
from aurarouter_core.in_force import each
from aurarouter_core.plugins import Plugins
from aurarouter_core.request import Request
from aurarouter_core.sources import find_file
from aurarouter_core.trust_store import TrustStore
from aurarouter_hooks import ConfigError, Model, Provider, hookimpl

TIMEOUT = ("models", "a", "timeout")


class Picky(Provider):
    """Objects to a model in the ways that a plugin may."""

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        how = model.options.get("how")
        if how == "field":
            raise ConfigError("no", problems=[f"models.{model.id}.options.how: is silly"], hint="Be serious.")
        if how == "plain":
            raise ConfigError("it can't be")
        if how == "bug":
            raise ZeroDivisionError("sesame")
        if how == "meddle":
            Path(str(model.options["file"])).write_text("models: {}\n")


class Brings:
    """A plugin with a provider and a layer of settings."""

    @hookimpl
    def register_providers(self) -> Mapping[str, type[Provider]]:
        return {"picky": Picky}

    @hookimpl
    def register_settings(self, environment: str) -> Mapping[str, Any] | None:
        return {"system": {"default_timeout": 77.0}} if environment == "auragrid" else None


@pytest.fixture
def plugins() -> Plugins:
    return Plugins(discover=False, extra=[Brings()])


@pytest.fixture
def file(home: Path) -> Path:
    path = home / "auraconfig.yaml"
    path.write_text("models:\n  a: {provider: picky}\n")
    return path


@pytest.mark.parametrize(
    ("how", "line", "words"),
    [
        ("field", 4, "models.a.options.how: is silly"),
        ("plain", 2, "models.a: it can't be"),
        ("bug", 2, "models.a: its provider 'picky' failed with ZeroDivisionError"),
    ],
)
def test_what_a_provider_says_is_a_problem_with_its_line(
    plugins: Plugins, file: Path, how: str, line: int, words: str
) -> None:
    text = f"models:\n  a:\n    provider: picky\n    options: {{how: {how}}}\n"
    (problem,) = checked(plugins, Request(), text).problems
    assert str(problem) == f"{file}:{line}: {words}"
    with pytest.raises(ConfigError) as caught:
        amend_config(plugins, Request(), [Set(("models", "a", "options"), {"how": how})])
    assert [str(problem).partition(": ")[2] for problem in caught.value.problems] == [words]
    assert file.read_text() == "models:\n  a: {provider: picky}\n"


def test_checking_a_text_writes_nothing_and_keeps_the_other_layers(plugins: Plugins, file: Path) -> None:
    request = Request(
        environment="auragrid", environ={"AURAROUTER_HOME": str(file.parent), "AURAROUTER_MODELS__A__TIMEOUT": "7"}
    )
    found = checked(plugins, request, "models: {a: {provider: picky, timeout: 3, price: {input: 1}}}\n")
    assert found.config is not None
    assert found.config.models["a"].timeout == 7.0
    assert found.config.system.default_timeout == 77.0
    assert file.read_text() == "models:\n  a: {provider: picky}\n"
    places = {".".join(setting.path): (setting.layer, setting.place) for setting in each(found.layers)}
    assert places["models.a.timeout"] == ("environment", "AURAROUTER_MODELS__A__TIMEOUT")
    assert places["models.a.price.input"] == ("file", f"{file}:1")
    assert places["system.default_timeout"] == ("plugin Brings", "plugin Brings")
    assert places["system.log_level"] == ("default", "default")


def test_a_change_beside_a_problem_that_moves_to_another_line_is_allowed(plugins: Plugins, file: Path) -> None:
    file.write_text("models:\n  a: {provider: picky}\n  b: {}\n")
    done = amend_config(
        plugins, Request(), [Set(("models", "a", "options"), {"x": 1}), Set(("models", "a", "tags"), ["t"])]
    )
    assert done.config is None  # b is still wrong
    assert yaml.safe_load(file.read_text())["models"]["a"] == {"provider": "picky", "options": {"x": 1}, "tags": ["t"]}
    with pytest.raises(ConfigError, match="is left as it was") as caught:
        amend_config(plugins, Request(), [Set(("models", "c"), {})])
    assert [problem.path for problem in caught.value.problems] == [("models", "c", "provider")]


def test_what_changed_meanwhile_is_not_overwritten(plugins: Plugins, file: Path) -> None:
    text = f"models:\n  a: {{provider: picky, options: {{how: meddle, file: '{file}'}}}}\n"
    file.write_text(text)
    amended = amend_config(plugins, Request(), [Set(("system", "default_timeout"), 5)])
    assert [change.path for change in amended.changed] == [("system", "default_timeout")]
    assert yaml.safe_load(file.read_text()) == {"models": {}, "system": {"default_timeout": 5}}


def test_many_at_once_lose_no_change(plugins: Plugins, file: Path) -> None:
    names = [f"m{number}" for number in range(6)]

    def add(name: str) -> None:
        amend_config(plugins, Request(), [Set(("models", name), {"provider": "picky"})])

    threads = [threading.Thread(target=add, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(yaml.safe_load(file.read_text())["models"]) == {"a", *names}


def test_a_trusted_file_is_trusted_at_every_moment_of_its_change(
    plugins: Plugins, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Path("auraconfig.yaml").absolute()
    here.write_text("models: {a: {provider: picky, env_key: SOME}}\n")
    old = here.read_bytes()
    TrustStore(Home(home)).trust(here, old)
    replaced = []

    def and_look(path: Path, data: bytes, **how: int | None) -> None:
        if path == here:
            check_config(plugins, Request())
            atomic.replace_file(path, data)
            replaced.append(data)
            check_config(plugins, Request())
        else:
            atomic.replace_file(path, data, **how)

    monkeypatch.setattr("aurarouter_core.edit.file.replace_file", and_look)
    amend_config(plugins, Request(), [Set(TIMEOUT, 5)])
    assert replaced == [here.read_bytes()]
    check_config(plugins, Request())
    assert not TrustStore(Home(home)).trusts(here, old)


def test_the_file_of_the_home_is_the_users_while_it_is_being_replaced(
    plugins: Plugins, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)
    file.write_text("models: {a: {provider: picky, env_key: SOME}}\n")
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            atomic.replace_file(file, file.read_bytes())

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(2_000):
            found = find_file(None, os.environ, Path.cwd())
            assert found is not None
            assert found.trusted
    finally:
        stop.set()
        writer.join()


def test_several_changes_of_one_short_form_are_made_one_after_the_other(
    plugins: Plugins, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORDS", "go, run")
    file.write_text("models: {a: {provider: picky}, b: {provider: picky}}\nroles: {x: [a], y: [a]}\n")
    done = amend_config(
        plugins,
        Request(),
        [
            Set(("roles", "x", "models"), ["b"]),
            Set(("roles", "x", "description"), "X"),
            Remove(("roles", "y", "description")),
            Set(("semantic_verbs", "x"), ["go"]),
            Set(("semantic_verbs", "y", "synonyms"), "${env.WORDS}"),
        ],
    )
    assert yaml.safe_load(file.read_text())["roles"] == {"x": {"models": ["b"], "description": "X"}, "y": ["a"]}
    assert yaml.safe_load(file.read_text())["semantic_verbs"] == {"x": ["go"], "y": {"synonyms": "${env.WORDS}"}}
    assert [change.path for change in done.changed][:2] == [("roles", "x", "models"), ("roles", "x", "description")]
    assert done.changed[0].before == ["a"]


def test_settings_of_a_program_are_not_edited(plugins: Plugins) -> None:
    with pytest.raises(ConfigError, match="from a program"):
        amend_config(plugins, Request(settings={}), [Set(TIMEOUT, 5)])


def test_a_key_is_masked_in_what_is_told(plugins: Plugins, file: Path) -> None:
    done = amend_config(plugins, Request(), [Set(("models", "a", "api_key"), "sesame")], literal=True)
    assert "sesame" in file.read_text()
    assert "sesame" not in repr(done)
    assert done.config is not None
    again = amend_config(plugins, Request(), [Set(("models", "a", "api_key"), "${env.SOME}")])
    assert (again.changed[0].before, again.changed[0].after) == ("****", "${env.SOME}")
    assert again.warnings == (f"{file}:2: models.a.api_key: the environment variable SOME is not set",)


def test_a_byte_order_mark_keeps_trust(plugins: Plugins) -> None:
    here = Path("auraconfig.yaml").absolute()
    here.write_bytes(b"\xef\xbb\xbfmodels:\r\n  a: {provider: picky, env_key: SOME}\r\n")
    TrustStore(Home.of()).trust(here, here.read_bytes())
    amend_config(plugins, Request(), [Set(TIMEOUT, 5)])
    assert here.read_bytes() == b"\xef\xbb\xbfmodels:\r\n  a: {provider: picky, env_key: SOME, timeout: 5}\r\n"
    assert TrustStore(Home.of()).trusts(here, here.read_bytes())
    assert check_config(plugins, Request()).config is not None


def test_a_link_in_the_current_directory_is_not_followed(plugins: Plugins, home: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.yaml"
    elsewhere.write_text("{}\n")
    Path("auraconfig.yaml").symlink_to(elsewhere)
    with pytest.raises(ConfigError, match=f"is a link to {elsewhere}"):
        amend_config(plugins, Request(), [Set(("system", "default_timeout"), 5)])
    assert elsewhere.read_text() == "{}\n"


def test_a_file_that_may_hold_a_key_is_for_its_owner_alone(plugins: Plugins, file: Path) -> None:
    file.write_text("models: {a: {provider: picky}}\n")
    file.chmod(0o644)
    amend_config(plugins, Request(), [Set(("models", "a", "api_key"), "sk-mine")], literal=True)
    assert file.stat().st_mode & 0o777 == 0o600

"""`aurarouter config set`: edits that keep the rest of the file and can't make it worse."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

Run = Callable[..., Any]
SECRET = "sesame-0815"
ECHO = "models: {e: {provider: echo}}\nroles: {coding: [e]}\n"


def told(done: Any) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_set_changes_one_value_and_keeps_the_rest(aurarouter: Run, home: Path) -> None:
    file = home / "auraconfig.yaml"
    file.write_text(
        "# mine\nmodels:\n  e: {provider: 'echo'}   # the parrot\n  f:\n    provider: echo\n    timeout: 60 # s\n"
    )
    done = aurarouter("config", "set", "models.f.timeout", "90")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"models.f.timeout: 60 → 90  ({file}:6)\n"
    assert file.read_text().endswith("    timeout: 90 # s\n")
    assert file.read_text().startswith("# mine\nmodels:\n  e: {provider: 'echo'}   # the parrot\n")
    again = aurarouter("config", "set", "models.f.timeout", "90")
    assert "nothing is changed" in again.stdout
    unset = aurarouter("config", "set", "models.f.timeout", "--unset")
    assert "models.f.timeout: 90 → (not set)" in unset.stdout
    assert yaml.safe_load(file.read_text())["models"]["f"] == {"provider": "echo"}


def test_set_reads_the_value_by_the_type_of_the_setting(aurarouter: Run, home: Path) -> None:
    file = home / "auraconfig.yaml"
    file.write_text("models: {gpt-4.1: {provider: echo}}\n")
    for path, value in (
        ("models.gpt-4.1.tags", "private, fast"),
        ("models.gpt-4.1.model_name", "0815"),
        ("models.gpt-4.1.timeout", "10"),
        ("models.gpt-4.1.price", "{input: 2.5}"),
        ("models.gpt-4.1.api_key", "${env.NAME}"),
        ("models.gpt-4.1.options.retry", "[1, 2]"),
        ("system.keep_content", "yes"),
        ("roles.coding", "gpt-4.1"),
        ("roles.coding.description", "Code: and more"),
    ):
        done = aurarouter("config", "set", path, value)
        assert done.returncode == 0, (path, done.stderr)
    assert yaml.safe_load(file.read_text()) == {
        "models": {
            "gpt-4.1": {
                "provider": "echo",
                "tags": ["private", "fast"],
                "model_name": "0815",
                "timeout": 10.0,
                "price": {"input": 2.5},
                "api_key": "${env.NAME}",
                "options": {"retry": [1, 2]},
            }
        },
        "system": {"keep_content": True},
        "roles": {"coding": {"models": ["gpt-4.1"], "description": "Code: and more"}},
    }


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("system.log_level", "LOUD", "system.log_level"),
        ("models.e.tmeout", "3", "unknown key (did you mean 'timeout'?)"),
        ("models.e.timeout", "soon", "models.e.timeout: expected a number, got text"),
        ("models.e.provider", "openapi", "models.e.endpoint: is missing"),
        ("roles.coding", "e,ghost", "no model is called 'ghost'"),
        ("models..x", "1", "no path of a setting"),
        ("models.e.options", "{a: ", "can't be read as YAML"),
        ("system.log_level.x", "1", "system.log_level"),
        ("models.e.timeout", "--unste", "No such option"),
    ],
)
def test_set_refuses_what_would_be_wrong_and_writes_nothing(
    aurarouter: Run, home: Path, path: str, value: str, words: str
) -> None:
    file = home / "auraconfig.yaml"
    file.write_text(ECHO)
    done = aurarouter("config", "set", path, value)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert file.read_text() == ECHO


def test_an_old_problem_does_not_stop_an_edit_and_a_new_one_does(aurarouter: Run, home: Path) -> None:
    file = home / "auraconfig.yaml"
    file.write_text("models: {e: {provider: echo}}\nroles: {coding: [ghost]}\n")
    assert aurarouter("config", "set", "models.e.timeout", "5").returncode == 0
    worse = aurarouter("config", "set", "models.e.timeout", "-5")
    assert worse.returncode == 2
    assert "models.e.timeout" in worse.stderr
    assert "ghost" not in worse.stderr
    assert "timeout: 5" in file.read_text()


def test_without_a_file_set_makes_the_users_own(aurarouter: Run, home: Path) -> None:
    done = told(aurarouter("config", "set", "system.default_timeout", "30", "--json"))
    file = home / "auraconfig.yaml"
    assert (done["file"], done["created"]) == (str(file), True)
    assert done["changed"] == [{"path": ["system", "default_timeout"], "before": None, "after": 30, "line": 2}]
    assert yaml.safe_load(file.read_text()) == {"system": {"default_timeout": 30}}
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_key_does_not_get_into_the_file_by_accident(aurarouter: Run, home: Path) -> None:
    file = home / "auraconfig.yaml"
    file.write_text(ECHO)
    for path, value in (
        ("models.e.api_key", SECRET),
        ("models.e.api_keys", f"{SECRET},b"),
        ("models.e.env_key", f"{SECRET}"),
        ("models.e.options", f"{{token: {SECRET}}}"),
        ("models.e.endpoint", f"http://me:{SECRET}@127.0.0.1"),
    ):
        done = aurarouter("config", "set", path, value)
        assert done.returncode == 2, path
        assert "aurarouter keys set NAME" in done.stderr
        assert SECRET not in done.stdout + done.stderr
        assert file.read_text() == ECHO
    done = aurarouter("config", "set", "models.e.api_key", SECRET, "--literal")
    assert done.returncode == 0
    assert SECRET in file.read_text()
    assert SECRET not in done.stdout + done.stderr


def test_set_says_what_hides_the_new_value(aurarouter: Run, home: Path) -> None:
    (home / "auraconfig.yaml").write_text(ECHO)
    hidden = aurarouter("config", "set", "models.e.timeout", "5", AURAROUTER_MODELS__E__TIMEOUT="7")
    assert hidden.returncode == 0
    assert "models.e.timeout is not in force: AURAROUTER_MODELS__E__TIMEOUT sets it" in hidden.stderr
    still = aurarouter("config", "set", "models.e.timeout", "--unset", AURAROUTER_MODELS__E__TIMEOUT="7")
    assert "models.e.timeout is still set: AURAROUTER_MODELS__E__TIMEOUT says so" in still.stderr


def test_set_changes_the_file_that_is_named(aurarouter: Run, home: Path, tmp_path: Path) -> None:
    (home / "auraconfig.yaml").write_text(ECHO)
    other = tmp_path / "other.yaml"
    other.write_text(ECHO)
    assert aurarouter("config", "set", "models.e.timeout", "5", "--file", str(other)).returncode == 0
    assert (home / "auraconfig.yaml").read_text() == ECHO
    assert yaml.safe_load(other.read_text())["models"]["e"]["timeout"] == 5
    assert aurarouter("config", "set", "models.e.timeout", "5", "--unset").returncode == 2

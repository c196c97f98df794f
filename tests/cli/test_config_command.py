"""`aurarouter config show`, `path` and `schema`: what is in force, where it comes from, and no secret in it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

Run = Callable[..., Any]
SECRET = "sesame-0815"
WITH_SECRETS = f"""\
models:
  My-Model.v2:
    provider: openapi
    endpoint: https://me:{SECRET}@example.com/v1?code={SECRET}&api-version=3
    api_key: {SECRET}
    api_keys: [{SECRET}, '${{env.SPARE}}']
    parameters: {{max_tokens: 5}}
    options:
      headers: {{Authorization: Bearer {SECRET}, X-Trace: 'on'}}
      args: [--api-key, {SECRET}, '--token={SECRET}', --max-tokens, '5']
      env: {{GITHUB_TOKEN: {SECRET}}}
      password: 4711
  e: {{provider: echo, env_key: SOME_KEY}}
roles: {{coding: [e, My-Model.v2]}}
"""
ECHO = "models: {e: {provider: echo}}\nroles: {coding: [e]}\n"


def told(done: Any) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("arguments", [["show"], ["show", "--origin"], ["show", "--json"], ["check"]])
def test_no_output_holds_a_secret(aurarouter: Run, arguments: list[str]) -> None:
    done = aurarouter("config", *arguments, config=WITH_SECRETS, AURAROUTER_MODELS__E__API_KEY=SECRET)
    assert done.returncode == 0, done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert "4711" not in done.stdout


def test_what_is_no_secret_is_shown_as_it_is_written(aurarouter: Run) -> None:
    shown = yaml.safe_load(aurarouter("config", "show", config=WITH_SECRETS).stdout)
    model = shown["models"]["My-Model.v2"]
    assert model["endpoint"] == "https://****@example.com/v1?code=****&api-version=3"
    assert model["api_keys"] == ["****", "${env.SPARE}"]
    assert model["parameters"] == {"max_tokens": 5}
    assert model["options"]["headers"] == {"Authorization": "****", "X-Trace": "on"}
    assert model["options"]["args"] == ["--api-key", "****", "--token=****", "--max-tokens", "5"]
    assert shown["models"]["e"] == {"provider": "echo", "env_key": "SOME_KEY"}
    assert shown["system"]["default_timeout"] == 120.0
    assert shown["roles"] == {"coding": {"models": ["e", "My-Model.v2"]}}


def test_a_path_may_hold_a_name_with_dots(aurarouter: Run) -> None:
    assert aurarouter("config", "show", "models.My-Model.v2.provider", config=WITH_SECRETS).stdout == "openapi\n"
    assert aurarouter("config", "show", 'models."My-Model.v2".api_key', config=WITH_SECRETS).stdout == "'****'\n"
    assert aurarouter("config", "show", "system.default_timeout", config=WITH_SECRETS).stdout == "120.0\n"
    assert told(aurarouter("config", "show", "roles.coding", "--json", config=ECHO))["settings"]["models"] == ["e"]


def test_an_environment_that_nobody_knows_is_refused(aurarouter: Run) -> None:
    done = aurarouter("config", "show", "--environment", "auragird")
    assert (done.returncode, "'auragird' is not one of" in done.stderr) == (2, True)


def test_a_path_that_is_not_there_names_the_nearest(aurarouter: Run) -> None:
    done = aurarouter("config", "show", "models.e.provder", config=ECHO)
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean models.e.provider?" in done.stderr


@pytest.mark.promise("not-applied.1")
def test_origin_says_for_each_setting_where_it_comes_from(aurarouter: Run, home: Path) -> None:
    done = aurarouter("config", "show", "--origin", config=WITH_SECRETS, AURAROUTER_MODELS__E__TIMEOUT="7")
    lines = done.stdout.splitlines()
    file = home / "named.yaml"
    assert f'models."My-Model.v2".provider: openapi  # {file}:3' in lines
    assert f"""models."My-Model.v2".options.password: '****'  # {file}:12""" in lines
    assert "models.e.timeout: 7.0  # AURAROUTER_MODELS__E__TIMEOUT" in lines
    assert "system.default_timeout: 120.0  # default" in lines
    rows = {tuple(row["path"]): row for row in told(aurarouter("config", "show", "--origin", "--json"))["settings"]}
    assert rows["roles", "coding", "models"]["layer"] == "defaults"
    assert rows["system", "log_level"]["layer"] == "default"


def test_a_configuration_with_problems_is_shown_too(aurarouter: Run) -> None:
    done = aurarouter("config", "show", config="models: {a: {provider: echo, tags: x}}\nsytem: {}\n")
    assert done.returncode == 2
    assert yaml.safe_load(done.stdout)["models"]["a"]["tags"] == "x"
    assert "named.yaml:1: models.a.tags: expected a list" in done.stderr
    assert "named.yaml:2: sytem: unknown section (did you mean 'system'?)" in done.stderr


def test_a_file_that_is_no_yaml_is_one_located_error(aurarouter: Run) -> None:
    for arguments in (["show"], ["check"], ["set", "system.log_level", "INFO"]):
        done = aurarouter("config", *arguments, config="models: [\n")
        assert done.returncode == 2
        assert "is not valid YAML" in done.stderr
        assert "named.yaml:2" in done.stderr
        assert "Traceback" not in done.stderr


def test_path_names_the_file_and_every_place(aurarouter: Run, home: Path, tmp_path: Path) -> None:
    nothing = told(aurarouter("config", "path", "--json"))
    assert nothing["file"] is None
    assert [row["state"] for row in nothing["searched"]] == ["not given", "not given", "missing", "missing"]
    (home / "auraconfig.yaml").write_text(ECHO)
    assert aurarouter("config", "path").stdout.splitlines()[0] == str(home / "auraconfig.yaml")
    Path("auraconfig.yaml").write_text("system: {log_level: ERROR}\n")
    here = told(aurarouter("config", "path", "--json"))
    assert [row["state"] for row in here["searched"]] == ["not given", "not given", "in force", "passed over"]
    Path("auraconfig.yaml").write_text("gateway: {}\n")
    assert told(aurarouter("config", "path", "--json"))["searched"][2]["state"] == "not trusted"
    other = tmp_path / "other.yaml"
    other.write_text(ECHO)
    named = told(aurarouter("config", "path", "--json", AURACORE_ROUTER_CONFIG=str(other)))
    assert named["file"] == str(other)
    missing = aurarouter("config", "path", AURACORE_ROUTER_CONFIG="/nowhere.yaml")
    assert missing.returncode == 2
    assert "AURACORE_ROUTER_CONFIG names /nowhere.yaml" in missing.stderr


def test_schema_is_json_and_holds_every_section(aurarouter: Run) -> None:
    schema = json.loads(aurarouter("config", "schema").stdout)
    assert {"system", "models", "roles", "semantic_verbs", "intents"} <= set(schema["properties"])

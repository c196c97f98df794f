"""`aurarouter config`: what is in force and why, every mistake at once, edits that can't make it worse, trust."""

import json
import os
import pty
import subprocess
import sys
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


# What is in force


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


# Every mistake at once

MISTAKES = """\
system: {log_level: LOUD, default_timeout: never}
models:
  a: {provider: echo, tmeout: 3}
  b: {provider: openapi}
  c: {provider: openapi, endpoint: 'ftp://x'}
  d: {provider: echo, timeout: -1, tags: fast, timeout: -1}
  e: {model_name: x}
roles: {coding: [a, ghost]}
intents: {X: {role: nobody}}
gui: {}
"""


def test_check_tells_every_mistake_with_its_line(aurarouter: Run) -> None:
    done = aurarouter("config", "check", "--json", config=MISTAKES)
    assert done.returncode == 2
    problems = {(problem["line"], ".".join(problem["path"])) for problem in json.loads(done.stdout)["problems"]}
    assert problems == {
        (1, "system.log_level"),
        (1, "system.default_timeout"),
        (3, "models.a.tmeout"),
        (6, ""),  # its timeout stands there twice
        (4, "models.b.endpoint"),  # what its provider says
        (5, "models.c.endpoint"),
        (6, "models.d.timeout"),
        (6, "models.d.tags"),
        (7, "models.e.provider"),
        (8, "roles.coding.models"),
        (9, "intents.X.role"),
        (10, "gui"),
    }
    text = aurarouter("config", "check", config=MISTAKES)
    assert text.returncode == 2
    assert "✗ 12 problems: " in text.stdout


def test_a_pipe_in_the_files_place_is_an_error_and_is_not_waited_for(aurarouter: Run, home: Path) -> None:
    file = home / "auraconfig.yaml"
    os.mkfifo(file)
    for command in (("config", "show"), ("run", "hi"), ("config", "check", str(file))):
        done = aurarouter(*command)
        assert (done.returncode, done.stdout) == (2, "")
        assert str(file) in done.stderr


def test_check_tells_of_an_address_that_is_none(aurarouter: Run) -> None:
    config = 'models:\n  a:\n    provider: openapi\n    endpoint: "http://[::1"\nroles: {coding: [a]}\n'
    done = aurarouter("config", "check", config=config)
    assert done.returncode == 2
    assert "named.yaml:4: models.a.endpoint: is not a usable address" in done.stdout


def test_check_warns_of_what_only_fails_when_used(aurarouter: Run) -> None:
    config = (
        "models:\n"
        "  a: {provider: olama}\n"
        "  b: {provider: echo, env_key: NOT_SET}\n"
        "  c: {provider: echo, options: {x: '${env.NOT_SET}'}}\n"
        "  d: {provider: echo, api_key: '${key.unknown}'}\n"
        "roles: {coding: []}\n"
    )
    done = aurarouter("config", "check", config=config, AURAROUTER_MODELS__ZZ__TIMEOUT="3")
    assert done.returncode == 0
    warnings = [line for line in done.stdout.splitlines() if line.startswith("• ")]
    for words in (
        "named.yaml:2: models.a.provider: no installed plugin brings the provider 'olama'",
        "named.yaml:3: models.b.env_key: the environment variable NOT_SET is not set",
        "named.yaml:4: models.c.options: the environment variable NOT_SET is not set",
        "named.yaml:5: models.d.api_key: no key is kept under the name 'unknown'",
        "named.yaml:6: roles.coding: names no model",
        "AURAROUTER_MODELS__ZZ__TIMEOUT: nothing is called 'models.zz'",
    ):
        assert any(words in warning for warning in warnings), (words, warnings)
    assert len(warnings) == 6
    assert "✓ no problems" in done.stdout


def test_check_finds_what_only_shows_when_all_is_put_together(aurarouter: Run, tmp_path: Path) -> None:
    words = tmp_path / "words.yaml"
    words.write_text("""\
intents:
  ASK: {role: coding, synonyms: [fine, "---"]}
semantic_verbs:
  coding: [fine, one two three four five]
""")
    done = aurarouter("config", "check", str(words))
    assert done.returncode == 2
    assert "words.yaml:2: intents.ASK.synonyms: synonym '---' has 0 words; 1 to 4 are possible" in done.stdout
    assert "words.yaml:4: semantic_verbs.coding: synonym 'one two three four five' has 5 words" in done.stdout
    intents = tmp_path / "intents.yaml"
    lines = [f"  I{n}: {{role: coding, examples: [number {n}]}}" for n in range(17)]
    intents.write_text("\n".join(["intents:", *lines]))
    done = aurarouter("config", "check", str(intents))
    assert done.returncode == 2
    assert "intents.yaml:1: intents: 17 intents have examples; 16 are possible" in done.stdout


def test_check_judges_a_named_file_as_if_it_were_in_force(aurarouter: Run, home: Path, tmp_path: Path) -> None:
    (home / "auraconfig.yaml").write_text(ECHO)
    other = tmp_path / "other.yaml"
    other.write_text("roles: {coding: [ghost]}\n")
    assert aurarouter("config", "check").returncode == 0
    done = aurarouter("config", "check", str(other))
    assert done.returncode == 2
    assert f"{other}:1: roles.coding.models: no model is called 'ghost'" in done.stdout
    assert aurarouter("config", "check", "nowhere.yaml").returncode == 2


# Edits


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


# Places and trust


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


FOREIGN = "models:\n  e:\n    provider: echo\n    env_key: SOME_KEY\nroles: {coding: [e]}\n"


def test_an_untrusted_file_is_neither_shown_nor_edited_until_it_is_trusted(aurarouter: Run) -> None:
    file = Path("auraconfig.yaml").absolute()
    file.write_text(FOREIGN)
    for arguments in (["show"], ["set", "models.e.timeout", "5"]):
        done = aurarouter("config", *arguments)
        assert done.returncode == 2
        assert f"{file}:4: models.e.env_key: only a trusted file may set this" in done.stderr
    assert file.read_text() == FOREIGN
    unasked = aurarouter("config", "trust")
    assert unasked.returncode == 2
    assert "auraconfig.yaml:4: models.e.env_key" in unasked.stdout
    assert "--yes" in unasked.stderr
    assert aurarouter("config", "show").returncode == 2
    assert aurarouter("config", "trust", "--yes").returncode == 0
    assert aurarouter("config", "show").returncode == 0


def test_a_file_that_is_not_there_is_not_a_matter_of_permissions(aurarouter: Run) -> None:
    done = aurarouter("config", "trust")
    assert done.returncode == 2
    assert done.stderr == "Error: auraconfig.yaml can't be read: there is no such file\nHint: Correct the path.\n"


def test_our_own_edit_of_a_trusted_file_keeps_it_trusted_and_a_foreign_one_does_not(aurarouter: Run) -> None:
    file = Path("auraconfig.yaml")
    file.write_text(FOREIGN)
    assert aurarouter("config", "trust", "--yes").returncode == 0
    assert aurarouter("config", "set", "models.e.timeout", "5").returncode == 0
    assert aurarouter("run", "hello", SOME_KEY="x").stdout == "hello\n"
    file.write_text(file.read_text().replace("SOME_KEY", "OTHER_KEY"))
    done = aurarouter("run", "hello", SOME_KEY="x")
    assert done.returncode == 2
    assert "has changed since you trusted it" in done.stderr
    assert told(aurarouter("config", "trust", "--list", "--json"))[0]["state"] == "changed"


def test_an_edit_that_would_need_trust_is_refused_in_a_file_without_it(aurarouter: Run) -> None:
    file = Path("auraconfig.yaml")
    file.write_text("models: {e: {provider: openapi, endpoint: 'http://127.0.0.1:1/v1'}}\nroles: {coding: [e]}\n")
    assert aurarouter("config", "set", "models.e.timeout", "5").returncode == 0
    before = file.read_text()
    done = aurarouter("config", "set", "models.e.env_key", "SOME_KEY")
    assert done.returncode == 2
    assert "aurarouter config trust" in done.stderr
    assert file.read_text() == before


def test_trust_shows_lists_and_forgets(aurarouter: Run, tmp_path: Path) -> None:
    file = tmp_path / "some.yaml"
    file.write_text('"models\\e[2K": {}\n')
    shown = aurarouter("config", "trust", str(file), "--show")
    assert shown.returncode == 0
    assert "models\\x1b[2K: only a trusted file may set this" in shown.stdout
    assert aurarouter("config", "trust", "--list").stdout == "no file is trusted\n"
    told(aurarouter("config", "trust", str(file), "--yes", "--json"))
    assert told(aurarouter("config", "trust", "--list", "--json"))[0] | {"since": 0} == {
        "path": str(file),
        "since": 0,
        "state": "unchanged",
    }
    assert "trusted no longer" in aurarouter("config", "trust", str(file), "--forget").stdout
    assert told(aurarouter("config", "trust", "--list", "--json")) == []
    assert aurarouter("config", "trust", "/nowhere.yaml", "--yes").returncode == 2


@pytest.mark.parametrize(("answer", "code", "kept"), [("y", 0, 1), ("n", 1, 0)])
def test_trust_asks_on_a_terminal(aurarouter: Run, answer: str, code: int, kept: int) -> None:
    Path("auraconfig.yaml").write_text(FOREIGN)
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    program = Path(sys.executable).with_name("aurarouter")
    done = subprocess.run(
        [program, "config", "trust"], stdin=theirs, capture_output=True, text=True, timeout=60, check=False
    )
    os.close(ours)
    os.close(theirs)
    assert done.returncode == code
    assert "Trust auraconfig.yaml?" in done.stderr
    assert "models.e.env_key" in done.stdout
    assert len(told(aurarouter("config", "trust", "--list", "--json"))) == kept


def test_schema_is_json_and_holds_every_section(aurarouter: Run) -> None:
    schema = json.loads(aurarouter("config", "schema").stdout)
    assert {"system", "models", "roles", "semantic_verbs", "intents"} <= set(schema["properties"])

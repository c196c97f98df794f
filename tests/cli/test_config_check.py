"""`aurarouter config check`: every mistake at once, with its line."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., Any]
ECHO = "models: {e: {provider: echo}}\nroles: {coding: [e]}\n"
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

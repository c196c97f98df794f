"""A wrong configuration says all that is wrong with it, and where."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from aurarouter_core import Plugins, load_config
from aurarouter_hooks import ConfigError, Problem, Secret

TEN_MISTAKES = """\
system:
  log_level: LOUD
  default_timeout: -1
models:
  fast:
    provider: openapi
    endpont: http://127.0.0.1:8080
    context_length: many
    tags: quick
    price: {input: -3}
  slow:
    model_name: big
  slow:
    provider: openapi
    asset: {source: nowhere, file: ../up.gguf}
roles:
  coding: [fast, sloww]
  router:
    models: [fast]
    chian: [slow]
sematic_verbs:
  coding: [hack]
"""
WHERE = [
    (2, "system.log_level", "must be in"),
    (3, "system.default_timeout", "must be > 0"),
    (7, "models.fast.endpont", "did you mean 'endpoint'?"),
    (8, "models.fast.context_length", "expected a whole number, got text"),
    (9, "models.fast.tags", "expected a list of words"),
    (10, "models.fast.price.input", "must be >= 0"),
    (13, "", "'slow' stands here twice"),
    (15, "models.slow.asset.source", "must be a scheme"),
    (15, "models.slow.asset.file", "must be a plain file name"),
    (17, "roles.coding.models", "did you mean 'slow'?"),
    (20, "roles.router.chian", "unknown key"),
    (21, "sematic_verbs", "did you mean 'semantic_verbs'?"),
]
NOBODY = Plugins(discover=False)


def problems_of(**arguments: Any) -> list[Problem]:
    with pytest.raises(ConfigError) as caught:
        load_config(**{"plugins": NOBODY, **arguments})
    return list(caught.value.problems)


def test_every_mistake_of_a_file_has_its_line(home: Path) -> None:
    (home / "auraconfig.yaml").write_text(TEN_MISTAKES)
    found = sorted(problems_of(), key=lambda problem: (problem.line or 0, problem.path))
    assert [(problem.line, ".".join(problem.path)) for problem in found] == [
        (line, path) for line, path, _ in sorted(WHERE, key=lambda entry: (entry[0], entry[1].split(".")))
    ]
    for line, path, words in WHERE:
        assert any(
            problem.line == line and ".".join(problem.path) == path and words in problem.what for problem in found
        ), (line, path, words)
    assert {problem.source for problem in found} == {str(home / "auraconfig.yaml")}


def test_the_program_tells_them_all_and_exits_with_2(aurarouter: Callable[..., Any], home: Path) -> None:
    ran = aurarouter("explain", "hi", config=TEN_MISTAKES)
    assert ran.returncode == 2
    for line, path, words in WHERE:
        lines = [said for said in ran.stderr.splitlines() if f"named.yaml:{line}: " in said]
        assert any(path in said and words in said for said in lines), (line, path, words)
    told = json.loads(aurarouter("explain", "hi", "--json", config=TEN_MISTAKES).stdout)
    assert len(told["problems"]) == len(WHERE)
    assert {problem["line"] for problem in told["problems"]} == {line for line, _, _ in WHERE}


def test_a_problem_names_the_layer_that_it_comes_from(home: Path, make_plugin: Any) -> None:
    (home / "auraconfig.yaml").write_text("models:\n  a: {provider: x}\n")
    brings = make_plugin("cell", register_settings=lambda environment: {"models": {"a": {"context_length": 0}}})
    found = problems_of(
        plugins=Plugins(discover=False, extra=[brings]),
        environ={
            "AURAROUTER_HOME": str(home),
            "AURAROUTER_MODELS__A__TIMEOUT": "-1",
            "AURAROUTER_SYSTEM__KEEP_CONTENT": "maybe",
        },
        overrides={"system": {"log_level": "LOUD"}},
    )
    assert sorted(str(problem) for problem in found) == [
        "AURAROUTER_MODELS__A__TIMEOUT: models.a.timeout: must be > 0.0: -1.0",
        "AURAROUTER_SYSTEM__KEEP_CONTENT: expected true or false, got text",
        "flags: system.log_level: must be in ('DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL') (got 'LOUD')",
        "plugin cell: models.a.context_length: must be > 0: 0",
    ]


def test_a_plugins_section_is_checked_with_the_rest(home: Path, make_plugin: Any) -> None:
    @frozen(kw_only=True)
    class Cache:
        """Where answers are kept.

        Attributes:
            size: How many.
            token: Who may ask.
        """

        size: int = 1
        token: Secret | None = None

    plugins = Plugins(discover=False, extra=[make_plugin("p", register_config=lambda: {"cache": Cache})])
    (home / "auraconfig.yaml").write_text("system: {log_level: LOUD}\ncache:\n  size: big\n  colour: red\n  token: 5\n")
    assert [(problem.line, problem.path[-1]) for problem in problems_of(plugins=plugins)] == [
        (1, "log_level"), (3, "size"), (5, "token"), (4, "colour"),
    ]  # fmt: skip


def test_a_plugins_section_that_is_the_kernels_names_who_brings_it(make_plugin: Any) -> None:
    @frozen
    class Models:
        """Takes what is ours."""

    plugins = Plugins(discover=False, extra=[make_plugin("p", register_config=lambda: {"models": Models})])
    with pytest.raises(ConfigError, match=r"test_config_problems\..*Models\) brings the section 'models'") as caught:
        load_config(plugins, settings={})
    assert "AURAROUTER_WITHOUT" in caught.value.hint


def test_merged_and_aliased_settings_are_found_where_they_stand(home: Path) -> None:
    (home / "auraconfig.yaml").write_text(
        "models:\n  a: &base\n    provider: x\n    timeout: -1\n  b:\n    <<: *base\n    tags: 5\n"
    )
    assert {(problem.line, problem.path) for problem in problems_of()} == {
        (4, ("models", "a", "timeout")), (4, ("models", "b", "timeout")), (7, ("models", "b", "tags")),
    }  # fmt: skip


def test_what_is_right_is_still_checked_beside_what_is_wrong(home: Path) -> None:
    (home / "auraconfig.yaml").write_text(
        "models: {a: {provider: x}, b: {colour: 1}}\nroles: {coding: [a, nobody], analysis: {models: 5}}\n"
        "intents: {ODE: {role: poetry}, TALE: {role: analysis}}\n"
    )
    assert sorted(".".join(problem.path) for problem in problems_of()) == [
        "intents.ODE.role", "models.b.colour", "models.b.provider", "roles.analysis.models", "roles.coding.models",
    ]  # fmt: skip


def test_what_is_missing_is_told_where_the_rest_stands(home: Path) -> None:
    (home / "auraconfig.yaml").write_text("models:\n  x:\n    model_name: y\n")
    (problem,) = problems_of(environ={"AURAROUTER_HOME": str(home), "AURAROUTER_MODELS__X__TIMEOUT": "5"})
    assert str(problem) == f"{home}/auraconfig.yaml:2: models.x.provider: is missing"


def test_two_variables_for_one_setting(home: Path) -> None:
    (home / "auraconfig.yaml").write_text("models: {my-m: {provider: x}}")
    both = {"AURAROUTER_MODELS__MY_M__TIMEOUT": "5", "AURAROUTER_MODELS__my_m__TIMEOUT": "9"}
    (problem,) = problems_of(environ={"AURAROUTER_HOME": str(home), **both})
    assert (
        str(problem)
        == "AURAROUTER_MODELS__my_m__TIMEOUT: AURAROUTER_MODELS__MY_M__TIMEOUT sets the same; keep one of them"
    )


def test_both_names_of_a_chain_are_a_problem(home: Path) -> None:
    (home / "auraconfig.yaml").write_text("models: {a: {provider: x}}\nroles: {coding: {models: [a], chain: [a]}}")
    (problem,) = problems_of()
    assert (problem.line, problem.path, problem.what) == (2, ("roles", "coding", "chain"), "unknown key")


def test_no_model_is_called_what_leaves_the_choice_to_the_router(home: Path) -> None:
    (home / "auraconfig.yaml").write_text(
        "models:\n  auto: {provider: x}\n  role:coding: {provider: x}\n  intent:y: {provider: x}\n"
        "  automatic: {provider: x}\n  roles: {provider: x}\n  Auto: {provider: x}\n"
        "roles: {coding: [auto, automatic]}"
    )
    found = problems_of()
    assert [(problem.line, problem.path[1]) for problem in found] == [(2, "auto"), (3, "role:coding"), (4, "intent:y")]
    assert "can't be models' names" in found[0].what


def test_the_name_of_a_variable_is_never_a_variable(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SESAME", "hunter two")
    (home / "auraconfig.yaml").write_text("models: {a: {provider: x, env_key: '${env.SESAME}'}}")
    (problem,) = problems_of()
    assert "hunter" not in str(problem)

"""A file that makes no sense is one clear error or all its problems at once, and what can't be read is not quoted."""

from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from aurarouter_core import Plugins, load_config
from aurarouter_core.layers import Layers
from aurarouter_core.structure import build
from aurarouter_hooks import ConfigError

NOBODY = Plugins(discover=False)


def test_every_problem_at_once(make_plugin: Any) -> None:
    @frozen(kw_only=True)
    class Cache:
        enabled: bool = False

    with pytest.raises(ConfigError) as caught:
        load_config(
            Plugins(discover=False, extra=[make_plugin("p", register_config=lambda: {"cache": Cache})]),
            settings={
                "sytem": {},
                "system": {"log_level": "LOUD", "default_timeout": "long"},
                "models": {"a": {"endpoint": "x"}, "b": {"provider": "x", "tags": "fast", "colour": 1}},
                "roles": {"coding": ["a", "bee"]},
                "cache": {"enabled": "yes"},
            },
        )
    assert sorted(map(str, caught.value.problems)) == [
        "settings: cache.enabled: expected true or false, got text",
        "settings: models.a.provider: is missing",
        "settings: models.b.colour: unknown key",
        "settings: models.b.tags: expected a list of words",
        "settings: roles.coding.models: no model is called 'bee'",
        "settings: system.default_timeout: expected a number, got text",
        "settings: system.log_level: must be in ('DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL') (got 'LOUD')",
        "settings: sytem: unknown section (did you mean 'system'?)",
    ]


def test_a_role_that_names_an_unknown_model_is_a_problem() -> None:
    with pytest.raises(ConfigError) as caught:
        build(Layers.of({"models": {"bean": {"provider": "x"}}, "roles": {"coding": ["been"]}}))
    (problem,) = caught.value.problems
    assert problem.what == "no model is called 'been' (did you mean 'bean'?)"
    assert problem.path == ("roles", "coding", "models")


@pytest.mark.parametrize("text", ["[1, 2]", "models: [", "\x00", "a: &a [*a]", "models: {a: !!python/name:os.system }"])
def test_a_file_that_makes_no_sense_is_one_clear_error(home: Path, text: str) -> None:
    (home / "auraconfig.yaml").write_text(text)
    with pytest.raises(ConfigError, match=r"auraconfig\.yaml|the configuration"):
        load_config(NOBODY)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("models: {a: {provider: x, 1: 2, y: 3}}", "models.a.1: unknown key"),
        ("models: {a: {provider: x, null: 2}}", "models.a.None: unknown key"),
        ("models: {1: {provider: x}}", "models.1: a name must be text, and this is a whole number; put it in quotes"),
        ("models: {a: }", "models.a: expected a mapping, got nothing"),
        ("models: {'': {provider: x}}", ": a name is empty"),
        ("models: {a: {provider: x, timeout: .nan}}", "models.a.timeout: must be > 0.0: nan"),
        ("models: {a: {provider: x, timeout: -1}}", "models.a.timeout: must be > 0.0: -1.0"),
        ("models: {a: {provider: x, context_length: 0}}", "models.a.context_length: must be > 0: 0"),
        ("models: {a: {provider: x, price: {input: .nan}}}", "models.a.price.input: must be >= 0.0: nan"),
        ("models: {a: {provider: x, asset: {source: nope, file: x}}}", "must be a scheme, a colon and a location"),
        ("models: {a: {provider: x, asset: {source: 'a:b', file: ../x}}}", "must be a plain file name"),
        ("system: {log_level: LOUD}", "log_level: must be in"),
        ("models: &a {b: *a}", "nested more than 50 levels deep"),
        (f"a: {'[' * 3000}{']' * 3000}", ""),
        ("a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
            f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(8)
        ), "holds more than"),
    ],
)  # fmt: skip
def test_whatever_a_file_holds_it_is_a_configuration_or_a_config_error(home: Path, text: str, problem: str) -> None:
    (home / "auraconfig.yaml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_config(NOBODY)
    assert problem in "\n".join(map(str, caught.value.problems))


def test_what_can_not_be_read_is_not_quoted(home: Path) -> None:
    (home / "auraconfig.yaml").write_text("models: {a: {provider: x, api_key: sk-sesame, ]")
    with pytest.raises(ConfigError) as caught:
        load_config(NOBODY)
    assert "sesame" not in str(caught.value.problems)
    (home / "auraconfig.yaml").write_text("models: {a: {provider: x}}")
    environ = {"AURAROUTER_HOME": str(home), "AURAROUTER_MODELS__A__PARAMETERS": "{token: sk-sesame, ]"}
    with pytest.raises(ConfigError) as caught:
        load_config(NOBODY, environ=environ)
    assert "sesame" not in str(caught.value.problems)


def test_a_key_that_stands_twice_is_an_error(home: Path) -> None:
    (home / "auraconfig.yaml").write_text("models:\n  a: {provider: x}\n  b: {provider: x}\n  a: {provider: y}\n")
    with pytest.raises(ConfigError) as caught:
        load_config(NOBODY)
    assert [str(problem) for problem in caught.value.problems] == [f"{home}/auraconfig.yaml:4: 'a' stands here twice"]

"""Configuration: what is in force with and without a file, how layers merge, and what the environment sets."""

from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from aurarouter_core import Plugins, load_config
from aurarouter_core.layers import Layer, Layers, merged
from aurarouter_core.sources import ROLES
from aurarouter_core.structure import build
from aurarouter_hooks import ConfigError, Secret

NOBODY = Plugins(discover=False)
FILE = """
system: {log_level: INFO, default_timeout: 60}
models:
  My-Model.v2:
    provider: ollama
    endpoint: http://localhost:11434
    model_name: qwen
    tags: [private, fast]
    parameters: {temperature: 0.1, num_ctx: 4096}
  other: {provider: openapi}
roles:
  coding: [My-Model.v2, other]
  reasoning: {models: [other], description: thinks}
  router: {chain: [other]}
semantic_verbs:
  coding: [hack]
  reasoning: {synonyms: [ponder]}
"""


@pytest.fixture
def file(home: Path) -> Path:
    path = home / "auraconfig.yaml"
    path.write_text(FILE)
    return path


@pytest.mark.promise("quick-start.2")
@pytest.mark.promise("quick-start.4")
@pytest.mark.promise("not-applied.3")
@pytest.mark.promise("file-format.4")
@pytest.mark.promise("file-format.20")
def test_the_file_in_the_home_is_used(file: Path) -> None:
    config = load_config(NOBODY)
    assert config.path == file
    assert config.models["My-Model.v2"].parameters == {"temperature": 0.1, "num_ctx": 4096}
    assert config.roles["coding"].models == ("My-Model.v2", "other")
    assert config.roles["reasoning"].models == config.roles["router"].models == ("other",)
    assert config.semantic_verbs["reasoning"].synonyms == ("ponder",)


@pytest.mark.promise("precedence.6")
def test_with_no_file_every_role_names_the_embedded_model() -> None:
    config = load_config(NOBODY)
    assert set(config.roles) == set(ROLES)
    assert {entry.models for entry in config.roles.values()} == {("smollm2",)}
    assert config.models["smollm2"].provider == "llamacpp"


def test_beside_a_file_the_embedded_model_is_there_if_a_role_names_it(home: Path) -> None:
    path = home / "auraconfig.yaml"
    path.write_text("models: {a: {provider: x}}\nroles: {coding: [a, smollm2]}\n")
    config = load_config(NOBODY)
    assert set(config.models) == {"a", "smollm2"}
    assert set(config.roles) == {"coding"}
    path.write_text("models: {a: {provider: x}}\nroles: {coding: [a]}\n")
    assert set(load_config(NOBODY).models) == {"a"}


@pytest.mark.promise("precedence.1")
@pytest.mark.promise("precedence.3")
def test_layers_merge_deeply_and_the_highest_wins(file: Path, make_plugin: Any) -> None:
    plugin = make_plugin(
        "cell",
        register_settings=lambda environment: {
            "system": {"default_timeout": 30, "log_level": "ERROR"},
            "models": {"My-Model.v2": {"model_name": "from the plugin"}},
        },
    )
    config = load_config(
        Plugins(discover=False, extra=[plugin]),
        environ={
            "AURAROUTER_SYSTEM__DEFAULT_TIMEOUT": "20",
            "AURAROUTER_HOME": str(file.parent),
        },
        overrides={"system": {"keep_content": True}},
    )
    assert config.system.keep_content is True
    assert config.system.default_timeout == 20
    assert config.system.log_level == "ERROR"
    entry = config.models["My-Model.v2"]
    assert (entry.model_name, entry.endpoint, entry.tags) == (
        "from the plugin",
        "http://localhost:11434",
        ("private", "fast"),
    )


@pytest.mark.parametrize(
    ("name", "value", "path", "expected"),
    [
        ("AURAROUTER_MODELS__MY_MODEL_V2__API_KEY", "12345", "api_key", Secret("12345")),
        ("AURAROUTER_MODELS__My-Model.v2__ENDPOINT", "http://10.0.0.9:1", "endpoint", "http://10.0.0.9:1"),
        ("AURAROUTER_MODELS__MY_MODEL_V2__TAGS", "a, b", "tags", ("a", "b")),
        ("AURAROUTER_MODELS__MY_MODEL_V2__TIMEOUT", "5", "timeout", 5.0),
        ("AURAROUTER_MODELS__MY_MODEL_V2__CONTEXT_LENGTH", "3", "context_length", 3),
        (
            "AURAROUTER_MODELS__MY_MODEL_V2__PARAMETERS__NUM_CTX",
            "8192",
            "parameters",
            {"temperature": 0.1, "num_ctx": 8192},
        ),
    ],
)
@pytest.mark.promise("precedence.2")
@pytest.mark.promise("environment.1")
@pytest.mark.promise("environment.6")
def test_the_environment_reaches_any_key_with_its_type(
    file: Path, name: str, value: str, path: str, expected: object
) -> None:
    config = load_config(NOBODY, environ={"AURAROUTER_HOME": str(file.parent), name: value})
    assert getattr(config.models["My-Model.v2"], path) == expected
    assert list(config.models) == ["My-Model.v2", "other"]


def test_the_environment_sets_a_roles_chain(file: Path) -> None:
    environ = {"AURAROUTER_HOME": str(file.parent), "AURAROUTER_ROLES__CODING__MODELS": "other"}
    assert load_config(NOBODY, environ=environ).roles["coding"].models == ("other",)


@pytest.mark.parametrize("value", ["other", " other , My-Model.v2", "[other]"])
def test_the_environment_may_use_a_short_form(file: Path, value: str) -> None:
    environ = {"AURAROUTER_HOME": str(file.parent), "AURAROUTER_ROLES__REASONING": value}
    role = load_config(NOBODY, environ=environ).roles["reasoning"]
    assert role.models == (("other", "My-Model.v2") if "," in value else ("other",))
    assert role.description == "thinks"


def test_a_variable_below_a_single_value_or_an_empty_section_harms_nothing(home: Path) -> None:
    (home / "auraconfig.yaml").write_text("models:\nroles: {coding: [smollm2]}\n")
    environ = {
        "AURAROUTER_HOME": str(home),
        "AURAROUTER_SYSTEM__LOG_LEVEL__DEEPER": "1",
        "AURAROUTER_MODELS__A__TIMEOUT": "1",
        "AURAROUTER_SYSTEM__DEFAULT_ROLE": "",
        "AURAROUTER__": "1",
    }
    config = load_config(NOBODY, environ=environ)
    assert [warning.split(":")[0] for warning in config.warnings] == sorted(environ.keys() - {"AURAROUTER_HOME"})
    assert config.system.default_role == "coding"


@pytest.mark.promise("not-applied.2")
def test_names_that_match_nothing_warn_and_create_nothing(file: Path) -> None:
    environ = {
        "AURAROUTER_HOME": str(file.parent),
        "AURAROUTER_MODELS__MY_MODEL_V3__API_KEY": "k",
        "AURAROUTER_SYSTEM__LOG_LEVL": "DEBUG",
        "AURAROUTER_OFLINE": "1",
    }
    config = load_config(NOBODY, environ=environ)
    assert list(config.models) == ["My-Model.v2", "other"]
    assert [warning.split(":")[0] for warning in config.warnings] == [
        "AURAROUTER_MODELS__MY_MODEL_V3__API_KEY",
        "AURAROUTER_OFLINE",
        "AURAROUTER_SYSTEM__LOG_LEVL",
    ]
    assert "did you mean 'My-Model.v2'?" in config.warnings[0]
    assert "did you mean AURAROUTER_OFFLINE?" in config.warnings[1]
    assert "did you mean 'log_level'?" in config.warnings[2]


def test_an_ambiguous_name_and_a_wrong_type_are_errors(home: Path) -> None:
    (home / "auraconfig.yaml").write_text("models: {a-b: {provider: x}, a.b: {provider: x}}")
    environ = {
        "AURAROUTER_HOME": str(home),
        "AURAROUTER_MODELS__A_B__API_KEY": "k",
        "AURAROUTER_SYSTEM__DEFAULT_TIMEOUT": "soon",
    }
    with pytest.raises(ConfigError) as caught:
        load_config(NOBODY, environ=environ)
    problems = "\n".join(map(str, caught.value.problems))
    assert "'A_B' could mean 'a-b' or 'a.b'" in problems
    assert "expected a number, got text" in problems


def test_null_sections_are_empty() -> None:
    assert build(Layers.of({"models": None, "roles": None})).models == {}


def test_keys_never_show(file: Path) -> None:
    config = load_config(
        NOBODY, environ={"AURAROUTER_HOME": str(file.parent), "AURAROUTER_MODELS__OTHER__API_KEY": "sk-sesame"}
    )
    assert config.models["other"].api_key == Secret("sk-sesame")
    assert "sesame" not in repr(config)


def test_merging_leaves_the_layers_alone() -> None:
    low = {"a": {"b": 1}}
    assert merged([Layer("high", {"a": {"c": 2}}), Layer("low", low)]) == {"a": {"b": 1, "c": 2}}
    assert low == {"a": {"b": 1}}


def test_a_program_may_bring_its_settings_itself(file: Path) -> None:
    environ = {"AURAROUTER_MODELS__A__TIMEOUT": "5"}
    settings = {"models": {"a": {"provider": "x"}}, "roles": {"coding": ["a"]}}
    config = load_config(NOBODY, settings=settings, environ=environ)
    assert (list(config.models), config.models["a"].timeout, config.path) == (["a"], 5.0, None)
    assert settings == {"models": {"a": {"provider": "x"}}, "roles": {"coding": ["a"]}}
    with pytest.raises(ConfigError, match="not from both"):
        load_config(NOBODY, settings=settings, path=file)


def test_a_plugin_can_not_take_a_section_of_the_kernel(make_plugin: Any) -> None:
    @frozen(kw_only=True)
    class Mine:
        x: int = 0

    plugins = Plugins(discover=False, extra=[make_plugin("p", register_config=lambda: {"system": Mine})])
    with pytest.raises(ConfigError, match="brings the section 'system'"):
        load_config(plugins)


def test_a_file_without_models_and_roles_keeps_the_embedded_model(home: Path) -> None:
    (home / "auraconfig.yaml").write_text("system: {log_level: DEBUG}")
    assert set(load_config(NOBODY).roles) == set(ROLES)

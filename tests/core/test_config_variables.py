"""`${env.NAME}` in a setting."""

from pathlib import Path
from typing import Any

import pytest

from aurarouter_core import Config, Plugins, Router, Task, load_config
from aurarouter_hooks import AllModelsFailedError, ConfigError, Secret

NOBODY = Plugins(discover=False)


def load(home: Path, text: str, **variables: str) -> Config:
    (home / "auraconfig.yaml").write_text(text)
    return load_config(NOBODY, environ={"AURAROUTER_HOME": str(home), **variables})


def test_it_stands_for_text_numbers_lists_and_parts_of_text(home: Path) -> None:
    text = """
system: {default_timeout: "${env.PATIENCE}", keep_content: "${env.KEEP}"}
models:
  a:
    provider: x
    endpoint: http://${env.HOST}:${env.PORT}/v1
    timeout: ${env.PATIENCE}
    tags: ${env.TAGS}
    capabilities: [tools, "${env.MORE}"]
    parameters: {temperature: "${env.WARMTH}", deep: [{stop: "${env.HOST}!"}]}
    price: {input: "${env.PATIENCE}"}
    model_name: $${env.HOST} stays
"""
    variables = {"PATIENCE": "7", "KEEP": "yes", "HOST": "127.0.0.1", "PORT": "81", "TAGS": "private, fast"}
    config = load(home, text, **variables, MORE="vision", WARMTH="0.5")
    model = config.models["a"]
    assert (config.system.default_timeout, config.system.keep_content) == (7.0, True)
    assert (model.endpoint, model.timeout, model.tags) == ("http://127.0.0.1:81/v1", 7.0, ("private", "fast"))
    assert model.capabilities == ("tools", "vision")
    assert model.parameters == {"temperature": 0.5, "deep": [{"stop": "127.0.0.1!"}]}
    assert model.price is not None
    assert model.price.input == 7.0
    assert model.model_name == "${env.HOST} stays"


def test_it_is_put_in_place_after_merging(home: Path) -> None:
    config = load(
        home,
        "models: {a: {provider: x, endpoint: 'http://${env.LOST}'}}",
        AURAROUTER_MODELS__A__ENDPOINT="http://${env.HOST}",
        HOST="found.example",
    )
    assert config.models["a"].endpoint == "http://found.example"
    assert config.models["a"].unset == ()


def test_a_key_stays_a_reference_until_it_is_used(home: Path) -> None:
    config = load(home, "models: {a: {provider: x, api_key: '${env.KEY}', api_keys: ['${env.TWO}']}}", KEY="sesame")
    assert config.models["a"].api_key == Secret("${env.KEY}")
    assert config.models["a"].api_keys == (Secret("${env.TWO}"),)


async def test_an_unset_one_is_a_problem_of_that_model_alone(home: Path, plugins: Plugins) -> None:
    (home / "auraconfig.yaml").write_text("""
models:
  lost: {provider: here, endpoint: "http://${env.NOWHERE}", timeout: "${env.NEVER}", options: {seen: []}}
  found: {provider: here, options: {seen: []}}
roles: {coding: [lost, found], analysis: [lost]}
""")
    async with Router(plugins=plugins) as router:
        done = await router.run(Task("hi", role="coding"))
        assert done.text == "found says hello"
        failed = done.trace.attempts[0].error
        assert failed is not None
        assert "models.lost.endpoint: the environment variable NOWHERE is not set" in failed.message
        with pytest.raises(AllModelsFailedError, match="NEVER"):
            await router.run(Task("hi", role="analysis"))
        assert (await router.health())["lost"].state == "misconfigured"


def test_an_unset_one_elsewhere_is_a_problem_of_the_file(home: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(home, "system:\n  log_level: ${env.LEVEL}\nroles:\n  coding: ['${env.WHO}']\n")
    assert [(problem.line, problem.what) for problem in caught.value.problems] == [
        (2, "the environment variable LEVEL is not set"),
        (4, "the environment variable WHO is not set"),
    ]


@pytest.mark.parametrize("written", ["${env.}", "${env.A B}", "${env.1}"])
def test_what_is_no_name_is_said(home: Path, written: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(home, f"models: {{a: {{provider: x, model_name: '{written}'}}}}")
    assert "must hold the name of a variable" in caught.value.problems[0].what


@pytest.mark.parametrize(
    "text",
    [
        "system: {log_level: '${env.SECRET}'}",
        "system: {default_timeout: '${env.SECRET}'}",
        "models: {a: {provider: x, context_length: '${env.SECRET}'}}",
        "models: {a: {provider: x, asset: {source: '${env.SECRET}', file: '../${env.SECRET}'}}}",
    ],
)
def test_what_a_variable_holds_is_never_shown(home: Path, text: str, caplog: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        load(home, text, SECRET="sk-sesame")
    assert "sesame" not in f"{caught.value} {caught.value.problems} {caught.value.hint} {caplog.text}"

"""The JSON Schema says what the loader says, but for what only one of the two can know."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from aurarouter_core import Plugins, load_config
from aurarouter_core.config import ModelEntry
from aurarouter_core.schema import json_schema
from aurarouter_hooks import ConfigError

NOBODY = Plugins(discover=False)
ENVIRON = {"NUMBER": "3", "YES": "true", "WORDS": "a, b", "LEVEL": "info", "NAME": "x"}
CLOSED = Draft7Validator(json_schema({}))

ALIKE = {
    "one key": "system: {log_level: DEBUG}",
    "lower case": "system: {log_level: debug}",
    "mixed case": "system: {log_level: Debug}",
    "level from a variable": "system: {log_level: '${env.LEVEL}'}",
    "no such level": "system: {log_level: LOUD}",
    "level in other words": "system: {log_level: DEBUGGING}",
    "level is a number": "system: {log_level: 10}",
    "section without a value": "system:",
    "section is a list": "system: [log_level]",
    "section is text": "system: loud",
    "unknown key": "system: {log_leval: DEBUG}",
    "unknown section": "sytem: {log_level: DEBUG}",
    "whole number for a number": "system: {default_timeout: 3}",
    "number is zero": "system: {default_timeout: 0}",
    "number is too large": "system: {default_timeout: 1.0e+9}",
    "number in quotes": "system: {default_timeout: '3'}",
    "number from a variable": "system: {default_timeout: '${env.NUMBER}'}",
    "number partly from a variable": "system: {default_timeout: '${env.NUMBER}.5'}",
    "escaped variable is no number": "system: {default_timeout: '$${env.NUMBER}'}",
    "other reference is no number": "system: {default_timeout: '${key.NUMBER}'}",
    "number is true": "system: {default_timeout: true}",
    "true": "system: {keep_content: true}",
    "true from a variable": "system: {keep_content: '${env.YES}'}",
    "1 for true": "system: {keep_content: 1}",
    "text without a value": "system: {default_role: }",
    "text from a variable": "system: {default_role: 'my-${env.NAME}'}",
    "a model": "models: {a: {provider: echo}}",
    "models without a value": "models:",
    "models as a list": "models: [a]",
    "model without a value": "models: {a: }",
    "model without a provider": "models: {a: {timeout: 3}}",
    "model named by a number": "models: {1: {provider: echo}}",
    "model without a name": "models: {'': {provider: echo}}",
    "settings without a value": "models: {a: {provider: echo, timeout: , price: , asset: , capabilities: , api_key: }}",
    "tags": "models: {a: {provider: echo, tags: [private]}}",
    "tags from a variable": "models: {a: {provider: echo, tags: '${env.WORDS}'}}",
    "tags as text": "models: {a: {provider: echo, tags: private}}",
    "tags of numbers": "models: {a: {provider: echo, tags: [1]}}",
    "tags without a value": "models: {a: {provider: echo, tags: }}",
    "key": "models: {a: {provider: echo, api_key: '${env.NOT_SET}'}}",
    "key is a number": "models: {a: {provider: echo, api_key: 12345}}",
    "keys": "models: {a: {provider: echo, api_keys: ['${key.ONE}', '${env.TWO}']}}",
    "keys from one variable": "models: {a: {provider: echo, api_keys: '${env.WORDS}'}}",
    "anything in parameters": "models: {a: {provider: echo, parameters: {top_p: 1, stop: [x], deep: {er: null}}}}",
    "parameters as a list": "models: {a: {provider: echo, parameters: [top_p]}}",
    "asset": "models: {a: {provider: echo, asset: {source: 'url:x', file: x.gguf, size: 3}}}",
    "asset from variables": "models: {a: {provider: echo, asset: {source: '${env.NAME}:y', file: '${env.NAME}'}}}",
    "asset without its file": "models: {a: {provider: echo, asset: {source: 'url:x'}}}",
    "asset with no scheme": "models: {a: {provider: echo, asset: {source: nowhere, file: x}}}",
    "asset above its folder": "models: {a: {provider: echo, asset: {source: 'url:x', file: ..}}}",
    "asset in another folder": "models: {a: {provider: echo, asset: {source: 'url:x', file: ../x}}}",
    "asset of no size": "models: {a: {provider: echo, asset: {source: 'url:x', file: x, size: 0}}}",
    "half a token": "models: {a: {provider: echo, context_length: 1.5}}",
    "price": "models: {a: {provider: echo, price: {input: 0, cached_input: 0.5}}}",
    "negative price": "models: {a: {provider: echo, price: {input: -1}}}",
    "unknown price": "models: {a: {provider: echo, price: {imput: 1}}}",
    "a model called auto": "models: {auto: {provider: echo}}",
    "a model called like a role": "models: {'role:x': {provider: echo}}",
    "a model called like an intent": "models: {'intent:x': {provider: echo}}",
    "a model called otherwise": "{models: {automatic: {provider: echo}, 'a:b': {provider: echo}}}",
    "what is no setting": "models: {a: {provider: echo, unset: [x]}}",
    "role, short": "{models: {a: {provider: echo}}, roles: {coding: [a]}}",
    "role, long": "{models: {a: {provider: echo}}, roles: {coding: {models: [a], description: x}}}",
    "role, older name": "{models: {a: {provider: echo}}, roles: {coding: {chain: [a]}}}",
    "role as text": "{models: {a: {provider: echo}}, roles: {coding: a}}",
    "role of numbers": "roles: {coding: [1]}",
    "role without a value": "roles: {coding: }",
    "empty role": "roles: {coding: []}",
    "verbs, short": "semantic_verbs: {coding: [code up]}",
    "verbs, long": "semantic_verbs: {coding: {synonyms: [code up]}}",
    "verbs by the name of another list": "semantic_verbs: {coding: {models: [code up]}}",
    "intent": "{roles: {coding: []}, intents: {X: {role: coding}}}",
    "intent without a role": "intents: {X: {description: y}}",
    "intent as text": "{roles: {coding: []}, intents: {X: coding}}",
}

ONLY_THE_LOADER_SEES = {
    "a role names no model": "roles: {coding: [nobody]}",
    "an intent names no role": "intents: {X: {role: nobody}}",
    "a key stands twice": "system: {log_level: DEBUG, log_level: INFO}",
    "what a variable holds": "system: {default_timeout: '${env.NAME}'}",
    "that a variable is not set": "system: {default_timeout: '${env.NOT_SET}'}",
    "how a variable is called": "system: {default_role: '${env.no name}'}",
    "2.0 is no whole number": "models: {a: {provider: echo, context_length: 2.0}}",
    "a number that is none": "system: {default_timeout: .nan}",
}
ONLY_THE_SCHEMA_MISSES = {
    "another layer brings what is missing": "{models: {smollm2: {timeout: 3}}, roles: {coding: [smollm2]}}",
}


def accepted(text: str, folder: Path) -> tuple[bool, bool]:
    """(by the loader, by the schema)."""
    file = folder / "file.yaml"
    file.write_text(text)
    try:
        loads = bool(load_config(NOBODY, path=file, environ=ENVIRON))
    except ConfigError:
        loads = False
    return loads, CLOSED.is_valid(yaml.safe_load(text))


def test_it_is_a_schema() -> None:
    Draft7Validator.check_schema(json_schema())


@pytest.mark.parametrize("case", ALIKE)
def test_the_loader_and_the_schema_agree(case: str, tmp_path: Path) -> None:
    loads, fits = accepted(ALIKE[case], tmp_path)
    assert loads == fits


def test_both_answers_are_well_represented(tmp_path: Path) -> None:
    yes = sum(accepted(text, tmp_path)[0] for text in ALIKE.values())
    assert min(yes, len(ALIKE) - yes) >= 25


@pytest.mark.parametrize("case", ONLY_THE_LOADER_SEES)
def test_what_only_the_loader_can_see(case: str, tmp_path: Path) -> None:
    assert accepted(ONLY_THE_LOADER_SEES[case], tmp_path) == (False, True)


@pytest.mark.parametrize("case", ONLY_THE_SCHEMA_MISSES)
def test_what_only_the_schema_objects_to(case: str, tmp_path: Path) -> None:
    assert accepted(ONLY_THE_SCHEMA_MISSES[case], tmp_path) == (True, False)


SETTINGS = st.dictionaries(
    st.sampled_from([item.name for item in attrs.fields(ModelEntry)]),
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-2, 10**12),
        st.floats(allow_nan=False).filter(lambda number: not number.is_integer()),
        st.sampled_from(["", "x", "a:b", "..", "${env.NUMBER}", "${env.WORDS}", "${key.A}"]),
        st.lists(st.sampled_from(["private", "${env.NAME}", 1]), max_size=2),
        st.dictionaries(st.sampled_from(["input", "source", "file"]), st.sampled_from([1, "a:b", None]), max_size=2),
    ),
    max_size=4,
)


@given(SETTINGS)
def test_whatever_a_model_holds_the_two_agree(entry: dict[str, Any]) -> None:
    settings = {"models": {"a": {"provider": "echo", **entry}}}
    try:
        unset = load_config(NOBODY, settings=settings, environ=ENVIRON).models["a"].unset
    except ConfigError as error:
        said = [str(problem) for problem in error.problems]
        # The schema can't know what a variable holds: words may stand where a number belongs.
        assert not CLOSED.is_valid(settings) or "${env." in str(entry), said
    else:
        assert not unset
        assert CLOSED.is_valid(settings)


def test_every_key_is_explained() -> None:
    missing: list[str] = []

    def walk(schema: Mapping[str, Any], path: str) -> None:
        for key, below in schema.get("properties", {}).items():
            if not below["description"].endswith("."):
                missing.append(f"{path}.{key}")
            walk(below, f"{path}.{key}")
        if isinstance(schema.get("additionalProperties"), dict):
            walk(schema["additionalProperties"], f"{path}.NAME")

    walk(json_schema(), "")
    assert missing == []


def test_keys_are_marked_as_such() -> None:
    model = json_schema()["properties"]["models"]["additionalProperties"]["properties"]
    assert model["api_key"]["writeOnly"]
    assert model["api_keys"]["items"]["writeOnly"]


def test_a_section_that_nobody_brings_is_allowed_only_where_plugins_are_not_known() -> None:
    settings = {"mine": {"anything": 1}}
    assert Draft7Validator(json_schema()).is_valid(settings)
    assert not CLOSED.is_valid(settings)

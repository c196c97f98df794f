"""Settings as they are shown: no secret anywhere, references as written, paths that can be read back."""

from typing import Any

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from aurarouter_core import dotted, kinds
from aurarouter_core.shown import MASK, as_yaml, masked, on_one_line, printable
from aurarouter_core.structure import KERNEL_SECTIONS
from aurarouter_hooks import Secret

SECRET = "sesame-0815"


@frozen(kw_only=True)
class Section:
    """A plugin's section, one of whose keys is typed and one only named like it."""

    listen: Secret | None = None
    tokens: tuple[Secret, ...] = ()
    password: str = ""
    keyboard: str = ""
    key_file: str = ""


SECTIONS = {**KERNEL_SECTIONS, "some": Section}


@pytest.mark.parametrize(
    "settings",
    [
        {"models": {"a": {"api_key": SECRET}}},
        {"models": {"a": {"api_keys": ["${env.A}", SECRET]}}},
        {"models": {"a": {"api_keys": {"wrong": SECRET}}}},
        {"models": {"a": {"api_kye": SECRET}}},  # misspelt
        {"models": {"a": {"env_key": SECRET}}},  # the key itself, not its variable
        {"models": {"a": {"endpoint": f"https://{SECRET}@h/x"}}},
        {"models": {"a": {"endpoint": f"https://h/x?a=1&sig={SECRET}#f"}}},
        {"models": {"a": {"options": {"apiKey": SECRET}}}},
        {"models": {"a": {"options": {"X-API-KEY": SECRET}}}},
        {"models": {"a": {"options": {"headers": {"Proxy-Authorization": f"Basic {SECRET}"}}}}},
        {"models": {"a": {"options": {"headers": [f"X-Api-Key: {SECRET}"]}}}},
        {"models": {"a": {"options": {"headers": [{"name": "Authorization", "value": SECRET}]}}}},
        {"models": {"a": {"options": {"credentials": {"user": SECRET, "more": [SECRET]}}}}},
        {"models": {"a": {"options": {"args": ["--api-key", SECRET]}}}},
        {"models": {"a": {"options": {"args": [f"--access-token={SECRET}"]}}}},
        {"models": {"a": {"options": {"note": f"sk-{SECRET}-{SECRET}"}}}},
        {"models": {"a": {"options": {"note": f"Bearer {SECRET}"}}}},
        {"models": SECRET and {"a": {"options": [[{"secret": SECRET}]]}}},
        {"some": {"listen": SECRET}},
        {"some": {"tokens": [SECRET]}},
        {"some": {"password": SECRET}},
        {"nobody": {"knows": {"client_secret": SECRET}}},
    ],
)
def test_a_secret_is_masked_wherever_it_stands(settings: dict[str, Any]) -> None:
    shown = masked(settings, SECTIONS)
    assert SECRET not in repr(shown)
    assert MASK in repr(shown)
    assert masked(shown, SECTIONS) == shown


@pytest.mark.parametrize(
    "settings",
    [
        {"models": {"a": {"api_key": "${env.NAME}", "api_keys": ["${key.name}"], "env_key": "NAME_2"}}},
        {"models": {"a": {"parameters": {"max_tokens": 5, "stop": ["token"]}, "options": {"tokenizer": "bpe"}}}},
        {"models": {"a": {"endpoint": "https://h:8/v1?api-version=2024-10-21", "model_name": "hf/some-model-name-7b"}}},
        {"models": {"a": {"options": {"headers": {"Authorization": "Bearer ${env.NAME}"}}}}},
        {"models": {"a": {"options": {"args": ["--max-tokens", "5", "--keyboard", "us"]}}}},
        {"models": {"a": {"endpoint": "https://${env.USER}:${env.PW}@h/?key=${key.a}"}}},
        {"some": {"keyboard": "us", "key_file": "/etc/key.pem"}},
        {"roles": {"coding": {"description": "Basic reasoning: no key needed"}}},
        {"system": {"keep_content": True, "default_timeout": 1.5, "log_level": None}},
    ],
)
def test_what_is_no_secret_stays(settings: dict[str, Any]) -> None:
    assert masked(settings, SECTIONS) == settings


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
OPEN = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)


@given(inside=OPEN, before=WORDS, name=st.sampled_from(["api_key", "Token", "clientSecret", "X-Auth", "PASSWORD"]))
def test_no_surrounding_lets_a_secret_through(inside: Any, before: str, name: str) -> None:
    settings = {"models": {"a": {"options": {before: [inside, {name: {"x": [SECRET, inside]}}]}}}}
    assert SECRET not in repr(masked(settings, SECTIONS))


@given(value=OPEN)
def test_masking_ends_and_changes_nothing_the_second_time(value: Any) -> None:
    once = masked(value)
    assert masked(once) == once


@given(value=OPEN)
def test_what_a_terminal_would_obey_is_escaped(value: Any) -> None:
    assert on_one_line(value).isprintable()
    assert as_yaml(value).replace("\n", "").isprintable()
    assert printable(value).isprintable()


@given(path=st.lists(WORDS, min_size=1, max_size=5))
def test_a_path_that_is_shown_can_be_read_back(path: list[str]) -> None:
    settings: Any = None
    for name in reversed(path):
        settings = {name: settings}
    assert dotted.found(dotted.shown(path), settings, Any) == tuple(path)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("models.My-Model.v2.timeout", ("models", "My-Model.v2", "timeout")),
        ("models.My-Model.v2.options.a.b", ("models", "My-Model.v2", "options", "a", "b")),
        ("models.gpt-4.1.timeout", ("models", "gpt-4.1", "timeout")),  # not there yet
        ("models.gpt-4.1", ("models", "gpt-4.1")),
        ('models."gpt-4.1".tags', ("models", "gpt-4.1", "tags")),
        ("roles.my.role", ("roles", "my.role")),
        ("system.log_level", ("system", "log_level")),
    ],
)
def test_a_name_with_dots_needs_no_quotes(text: str, path: tuple[str, ...]) -> None:
    assert dotted.found(text, {"models": {"My-Model.v2": {}, "My-Model": {}}}, SECTIONS) == path


@pytest.mark.parametrize("text", ["", ".", "a.", ".a", "a..b", '"a', 'a."b"c'])
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="path"):
        dotted.found(text, {}, SECTIONS)


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("5", ("models", "a", "timeout"), 5),
        ("5", ("models", "a", "model_name"), "5"),
        ("a, b", ("models", "a", "tags"), ["a", "b"]),
        ("[a, b]", ("models", "a", "tags"), ["a", "b"]),
        ("${env.X}", ("models", "a", "timeout"), "${env.X}"),
        ("a,b", ("roles", "coding"), ["a", "b"]),
        ("{models: [a]}", ("roles", "coding"), {"models": ["a"]}),
        ("a,b", ("models", "a", "options", "x"), "a,b"),
        ("off", ("system", "keep_content"), False),
    ],
)
def test_a_text_means_what_its_place_asks_for(text: str, path: tuple[str, ...], value: object) -> None:
    read = kinds.read(text, kinds.at(SECTIONS, path))
    assert (type(read), read) == (type(value), value)

"""A file while it is edited: no secret shows, what would be wrong is known before, and nobody's change is lost."""

from pathlib import Path

import pytest

from aurarouter_core import Draft, Plugins, Request
from aurarouter_core.structure import KERNEL_SECTIONS
from aurarouter_core.veil import Veil
from aurarouter_hooks import ConfigError

TEXT = """\
# api_key: sk-an-old-key-in-a-comment
models:
  a:
    provider: remote   # mine
    api_key: 'sesame'
    endpoint: https://me:letmein@example.com/v1
    options: {headers: [{name: Authorization, value: open}], size: 3}
  b: {provider: remote, api_key: "${env.KEY}"}
roles: {coding: [a, b]}
"""


@pytest.fixture
def file(home: Path) -> Path:
    path = home / "auraconfig.yaml"
    path.write_text(TEXT)
    return path


@pytest.fixture
def draft(file: Path, plugins: Plugins) -> Draft:
    return Draft(plugins, Request())


def test_no_secret_shows_and_all_come_back(draft: Draft) -> None:
    for secret in ("sesame", "letmein", "open", "old-key"):
        assert secret not in draft.text
    for kept in ("# mine", "${env.KEY}", "size: 3", "roles: {coding: [a, b]}"):
        assert kept in draft.text
    assert draft._whole(draft.text) == TEXT


@pytest.mark.parametrize(
    "text",
    [
        "models:\n  a:\n    api_key: |\n      some words\n",
        "models:\n  a:\n    api_key: >\n      long\n      words\n    provider: x\n",
        'models:\n  a:\n    api_keys: [one, \'two\', "th\\"ree"]\n',
        "# é\nmodels:\n  ü: {api_key: ß, model_name: é}\n",
        "models: [\n  api_key: broken\n",
        'models: {a: {api_key: "****1"}, b: {api_key: x}}\n',
        "base: &b {api_key: hidden}\nmodels: {a: {<<: *b}}\n",
        "",
    ],
)
def test_a_veil_is_taken_off_again(text: str) -> None:
    veil = Veil(KERNEL_SECTIONS)
    shown = veil.put_on(text)
    assert veil.take_off(shown) == text
    assert veil.put_on(shown) == shown
    for secret in ("some words", "long", "one", "two", "ß", "broken", "hidden", ": x}"):
        assert secret not in shown or secret not in text


def test_a_setting_changes_the_text_and_keeps_the_rest(draft: Draft, file: Path) -> None:
    text = draft.change(draft.text, ("models", "a", "timeout"), "7")
    text = draft.change(text, ("models", "a", "tags"), "fast, mine")
    text = draft.change(text, ("models", "b", "provider"), "here")
    assert file.read_text() == TEXT
    assert [line for line in draft.diff(text) if line[0] in "+-"] == [
        '-  b: {provider: remote, api_key: "${env.KEY}"}',
        "+    timeout: 7",
        "+    tags:",
        "+      - fast",
        "+      - mine",
        '+  b: {provider: here, api_key: "${env.KEY}"}',
    ]
    done = draft.save(text)
    assert done.config is not None
    assert (done.config.models["a"].timeout, done.config.models["a"].tags) == (7.0, ("fast", "mine"))
    assert "api_key: 'sesame'" in file.read_text()
    assert draft.diff(text) == []
    with pytest.raises(ConfigError, match=r"models\.a\.timeout"):
        draft.change(text, ("models", "a", "timeout"), "[")


def test_what_would_be_wrong_is_told_with_its_line_and_not_written(draft: Draft, file: Path) -> None:
    bad = draft.text.replace("coding: [a, b]", "coding: [a, ghost]")
    (problem,) = draft.look(bad).problems
    assert (problem.line, problem.path) == (9, ("roles", "coding", "models"))
    with pytest.raises(ConfigError, match="left as it was") as caught:
        draft.save(bad)
    assert caught.value.problems == (problem,)
    with pytest.raises(ConfigError) as no_yaml:
        draft.look("models: [\n")
    assert no_yaml.value.problems[0].line == 2
    assert file.read_text() == TEXT


def test_a_key_that_is_written_into_it_is_refused(draft: Draft, file: Path) -> None:
    text = draft.text.replace('"${env.KEY}"', "abracadabra")
    with pytest.raises(ConfigError, match="a key into the file") as caught:
        draft.save(text)
    assert "abracadabra" not in str(caught.value) + caught.value.hint
    assert file.read_text() == TEXT
    draft.save(text, literal=True)
    assert "abracadabra" in file.read_text()
    assert "abracadabra" not in draft.text
    assert file.stat().st_mode & 0o77 == 0


def test_somebody_elses_change_is_not_lost(draft: Draft, file: Path) -> None:
    file.write_text(TEXT + "system: {retries: 2}\n")
    with pytest.raises(ConfigError, match="somebody else") as caught:
        draft.save(draft.text + "system: {retries: 3}\n")
    assert "again" in caught.value.hint
    assert "retries: 2" in file.read_text()


def test_a_broken_file_can_be_mended(file: Path, plugins: Plugins) -> None:
    file.write_text("models: [\n  api_key: sesame\n")
    draft = Draft(plugins, Request())
    assert "sesame" not in draft.text
    done = draft.save("models: {a: {provider: here}}\nroles: {coding: [a]}\n")
    assert done.config is not None
    assert list(done.config.models) == ["a"]


def test_a_first_file_is_made_and_lines_end_as_before(home: Path, plugins: Plugins) -> None:
    draft = Draft(plugins, Request())
    assert draft.text == ""
    done = draft.save("system: {retries: 2}\n")
    assert done.created
    done.file.write_bytes(b"system:\r\n  retries: 2\r\n")
    again = Draft(plugins, Request())
    again.save(again.text.replace("2", "3"))
    assert done.file.read_bytes() == b"system:\r\n  retries: 3\r\n"


def test_every_setting_is_listed_with_its_origin_and_its_words(draft: Draft) -> None:
    found = draft.look(draft.text)
    rows = {setting.path: setting for setting in draft.settings(found, "models")}
    assert rows["models", "a", "api_key"].value == "****"
    assert (rows["models", "a", "provider"].layer, rows["models", "a", "provider"].line) == ("file", 4)
    assert rows["models", "a", "timeout"].layer == "default"
    assert {"system", "models", "roles"} <= set(draft.sections)
    assert "Seconds" in draft.about(("models", "a", "timeout"))
    assert draft.about(("roles",))
    assert draft.is_switch(("system", "keep_content"))
    assert not draft.is_switch(("system", "retries"))


@pytest.mark.parametrize(
    "value",
    ["|\n      open sesame\n      and more", ">-\n      open sesame", "\n      open sesame", "\n      - open sesame"],
)
def test_in_a_broken_file_a_secret_of_several_lines_is_hidden_too(value: str) -> None:
    veil = Veil(KERNEL_SECTIONS)
    text = f"models:\n  a:\n    api_key: {value}\n    endpoint: kept\n  ]broken\n"
    shown = veil.put_on(text)
    assert "sesame" not in shown
    assert "more" not in shown
    assert "endpoint: kept" in shown
    assert veil.take_off(shown) == text


def test_a_stand_in_that_stands_for_nothing_is_never_written(draft: Draft, file: Path) -> None:
    with pytest.raises(ConfigError, match="stands for no secret"):
        draft.save(draft.text.replace('"${env.KEY}"', '"****77"'))
    assert file.read_text() == TEXT

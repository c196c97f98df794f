"""`capabilities` takes the words that there are: another would rule its model out for reasons that nobody sees."""

from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from aurarouter_core import Plugins, load_config
from aurarouter_core.ability_names import ABILITIES
from aurarouter_core.checkup import check_config
from aurarouter_core.request import Request
from aurarouter_core.schema import json_schema
from aurarouter_hooks import Capabilities, ConfigError


@pytest.mark.parametrize(
    ("word", "meant"), [("embeddings", "embed"), ("tool", "tools"), ("Vision", "vision"), ("qqq", "")]
)
def test_an_unknown_word_is_told_with_its_line_and_what_is_meant(tmp_path: Path, word: str, meant: str) -> None:
    path = tmp_path / "named.yaml"
    path.write_text(f"models:\n  a:\n    provider: echo\n    capabilities: [vision, {word}]\nroles: {{coding: [a]}}\n")
    (problem,) = check_config(Plugins(), Request(path=path)).problems
    assert "named.yaml:4: models.a.capabilities: " in str(problem)
    assert f"is called '{word}'" in str(problem)
    assert (f"did you mean '{meant}'?" in str(problem)) == bool(meant)


def test_the_words_are_those_of_the_contract() -> None:
    assert Capabilities.__doc__
    assert f"Any of {', '.join(ABILITIES)};" in Capabilities.__doc__.replace('"', "")
    settings = {"models": {"a": {"provider": "echo", "capabilities": [*ABILITIES]}}}
    assert load_config(Plugins(), settings=settings).models["a"].capabilities == ABILITIES


def test_a_variables_text_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MORE", "swordfish")
    for words in (["vision", "${env.MORE}"], "${env.MORE}"):
        with pytest.raises(ConfigError) as caught:
            load_config(Plugins(), settings={"models": {"a": {"provider": "echo", "capabilities": words}}})
        assert "what ${env.MORE} holds does not fit here" in str(caught.value.problems)
        assert "swordfish" not in str(caught.value.problems)
    with pytest.raises(ConfigError) as caught:
        load_config(
            Plugins(), settings={"models": {"a": {"provider": "echo", "capabilities": ["tool", "${env.MORE}"]}}}
        )
    assert "is called 'tool'" in str(caught.value.problems)


def test_the_schema_knows_them_as_well() -> None:
    schema = Draft7Validator(json_schema({}))
    for words, fits in ((["embed"], True), (["${env.MORE}"], True), (["embeddings"], False)):
        assert schema.is_valid({"models": {"a": {"provider": "echo", "capabilities": words}}}) is fits

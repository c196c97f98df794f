"""The sample configuration loads as it stands and with everything switched on, and leaves no setting out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args, get_type_hints

import attrs
import pytest
import yaml
from jsonschema import Draft7Validator

from aurarouter_core import Plugins, Router, Task, load_config
from aurarouter_core.asset_settings import AssetEntry, Assets
from aurarouter_core.budget_settings import AppBudget, Budget
from aurarouter_core.config import (
    IntentEntry,
    ModelEntry,
    PriceEntry,
    RoleEntry,
    System,
    VerbsEntry,
    settings_of,
)
from aurarouter_core.plan_settings import Plans
from aurarouter_core.privacy_settings import PatternEntry, Privacy
from aurarouter_core.prompts import Prompts
from aurarouter_core.schema import json_schema
from aurarouter_core.sources import EMBEDDED
from aurarouter_core.structure import KERNEL_SECTIONS
from aurarouter_hooks.values import AssetSpec

SAMPLE = Path(__file__).parents[2] / "manifests" / "sample_config.yaml"
NOBODY = Plugins(discover=False)
KINDS = (
    System,
    ModelEntry,
    AssetEntry,
    PriceEntry,
    RoleEntry,
    VerbsEntry,
    IntentEntry,
    Privacy,
    PatternEntry,
    Budget,
    AppBudget,
    Plans,
    Prompts,
    Assets,
)


@pytest.fixture
def everything(tmp_path: Path) -> Path:
    """The sample with all settings that are switched off switched on."""
    file = tmp_path / "everything.yaml"
    file.write_text(re.sub(r"^(\s*)#(?=[^\s#])", r"\1", SAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE))
    return file


def keys(file: Path) -> dict[type, set[str]]:
    """Which attributes of each configuration class the file names as keys, each at its own place."""
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    models = list(data["models"].values())
    entries: dict[type, list[Any]] = {
        System: [data["system"]],
        ModelEntry: models,
        AssetEntry: [model["asset"] for model in models if "asset" in model],
        PriceEntry: [model["price"] for model in models if "price" in model],
        RoleEntry: list(data["roles"].values()),
        VerbsEntry: list(data["semantic_verbs"].values()),
        IntentEntry: list(data["intents"].values()),
        Privacy: [data["privacy"]],
        PatternEntry: list(data["privacy"]["patterns"].values()),
        Budget: [data["budget"]],
        AppBudget: list(data["budget"].get("apps", {}).values()),
        Plans: [data["plans"]],
        Prompts: [data["prompts"]],
        Assets: [data["assets"]],
    }
    return {
        kind: {key for entry in found if isinstance(entry, Mapping) for key in entry} for kind, found in entries.items()
    }


def test_it_loads_as_it_stands() -> None:
    loaded = load_config(NOBODY, path=SAMPLE)
    assert loaded.path == SAMPLE
    assert loaded.warnings == ()
    assert set(loaded.models) == {"local", "embedded", "cloud"}


@pytest.mark.promise("file-format.1")
def test_it_routes_as_it_stands() -> None:
    router = Router(load_config(NOBODY, path=SAMPLE), NOBODY)
    decision = router.decide(Task("Write a Python function that reverses a string"))
    assert decision.role == "coding"
    assert list(decision.vetoes) == ["local", "cloud", "embedded"]  # no plugin is there to reach them
    assert router.decide(Task("these commits", intent="RELEASE_NOTES")).role == "summarization"
    assert router.snapshot.analyser.resolve("nitpick") == "reviewer"


def test_its_first_line_tells_editors_of_the_schema_beside_it() -> None:
    first = SAMPLE.read_text(encoding="utf-8").splitlines()[0]
    found = re.fullmatch(r"# yaml-language-server: \$schema=(\./\S+)", first)
    assert found
    assert json.loads((SAMPLE.parent / found[1]).read_bytes())["$schema"] == json_schema()["$schema"]


def test_it_fits_the_schema_as_it_stands_and_with_everything_switched_on(everything: Path) -> None:
    for schema in (json_schema(), json_schema({})):
        for file in (SAMPLE, everything):
            errors = Draft7Validator(schema).iter_errors(yaml.safe_load(file.read_text(encoding="utf-8")))
            assert [error.message for error in errors] == []


def test_it_loads_with_everything_switched_on(everything: Path) -> None:
    as_it_stands, all_on = load_config(NOBODY, path=SAMPLE), load_config(NOBODY, path=everything)
    assert set(all_on.models) - set(as_it_stands.models) == {"my-file", "parrot"}
    assert all_on.models["cloud"].api_key
    assert len(all_on.models["cloud"].api_keys) == 2


def classes_in(kind: Any) -> set[type]:
    """The configuration classes that a type is made of."""
    inside = get_type_hints(kind).values() if attrs.has(kind) else get_args(kind)
    found = {kind} if attrs.has(kind) else set()
    return found.union(*(classes_in(part) for part in inside))


def test_every_class_of_the_configuration_is_looked_at() -> None:
    assert set().union(*(classes_in(kind) for kind in KERNEL_SECTIONS.values())) == set(keys(SAMPLE))


def test_every_section_is_in_it() -> None:
    assert set(yaml.safe_load(SAMPLE.read_text(encoding="utf-8"))) == set(KERNEL_SECTIONS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_setting_is_in_it(everything: Path, kind: type) -> None:
    assert keys(everything)[kind] == {attribute.name for attribute in settings_of(kind)}


def test_both_forms_of_roles_and_verbs_are_in_it() -> None:
    data = yaml.safe_load(SAMPLE.read_text(encoding="utf-8"))
    for section in ("roles", "semantic_verbs"):
        assert {type(entry) for entry in data[section].values()} == {list, dict}


def test_the_programs_settings_stand_at_their_defaults() -> None:
    loaded = load_config(NOBODY, path=SAMPLE)
    assert (loaded.system, loaded.plans, loaded.prompts) == (System(), Plans(), Prompts())


def test_the_embedded_model_is_the_real_one() -> None:
    data = yaml.safe_load(SAMPLE.read_text(encoding="utf-8"))
    assert data["models"]["embedded"]["asset"] == EMBEDDED["models"]["smollm2"]["asset"]
    assert set(data["models"]["embedded"]["asset"]) == {
        *(attribute.name for attribute in attrs.fields(AssetSpec) if attribute.name not in ("scheme", "location")),
        "source",
    }


def test_no_key_is_in_it(everything: Path) -> None:
    text = everything.read_text(encoding="utf-8")
    models = yaml.safe_load(text)["models"].values()
    given = {key for model in models for key in (model.get("api_key"), *model.get("api_keys", []))}
    assert given == {None, "${env.EXAMPLE_API_KEY}", "${env.EXAMPLE_API_KEY_2}", "${key.example}"}
    assert not re.search(r"sk-|AIza|ghp_", text)


@pytest.mark.parametrize("kind", KINDS)
def test_every_setting_is_explained(kind: type) -> None:
    """Where a setting first stands, words stand beside it or at most two lines above."""
    lines = SAMPLE.read_text(encoding="utf-8").splitlines()
    for attribute in settings_of(kind):
        first = next(i for i, line in enumerate(lines) if re.match(rf"\s*#?{attribute.name}:", line.lstrip()))
        assert any(re.search(r"# \S", line) for line in lines[first - 2 : first + 1]), attribute.name

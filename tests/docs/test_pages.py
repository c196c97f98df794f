"""What the pages say is so: their programs run and print what stands below them, their settings load and act."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

import aurarouter_hooks
from aurarouter_core import Plugins, load_config
from aurarouter_core.config import System
from aurarouter_core.environment import RESERVED
from aurarouter_core.models import PLACEHOLDERS, key_of
from aurarouter_core.sources import ROLES
from aurarouter_core.structure import KERNEL_SECTIONS
from aurarouter_hooks import ConfigError, ProviderAuthError

ROOT = Path(__file__).parents[2]
EMBED, CONFIGURATION = "docs/embed.md", "docs/configuration.md"
PROGRAMS = 6
NOBODY = Plugins(discover=False)

Blocks = Callable[[str, str], list[str]]
Program = Callable[[Path], str]


def test_each_program_on_the_page_is_followed_by_what_it_prints(blocks_of: Blocks) -> None:
    text = (ROOT / EMBED).read_text(encoding="utf-8")
    assert re.findall(r"^```(python|text)$", text, re.MULTILINE) == ["python", "text"] * PROGRAMS
    assert len(blocks_of(EMBED, "python")) == PROGRAMS


@pytest.mark.parametrize("number", range(PROGRAMS))
def test_a_program_prints_what_the_page_says(blocks_of: Blocks, run_program: Program, number: int) -> None:
    (config,) = blocks_of(EMBED, "yaml")
    Path("router.yaml").write_text(config, encoding="utf-8")
    program = Path("program.py")
    program.write_text(blocks_of(EMBED, "python")[number], encoding="utf-8")
    assert run_program(program) == blocks_of(EMBED, "text")[number]


def test_every_error_in_the_table_exists() -> None:
    rows = re.findall(r"^\| (`\w+Error`.*?) \|", (ROOT / EMBED).read_text(encoding="utf-8"), re.MULTILINE)
    names = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert len(names) == 8
    assert all(issubclass(getattr(aurarouter_hooks, name), aurarouter_hooks.AuraRouterError) for name in names)


def test_the_example_runs(run_program: Program) -> None:
    printed = run_program(ROOT / "examples" / "embed_kernel.py").splitlines()
    asked = [line for line in printed if line.startswith("> ")]
    assert len(asked) == 4
    assert "[sleepy is asleep] def reverse(text): return text[::-1]" in printed[2]
    assert "role reasoning, chain thinker" in printed[4]
    assert "In short: it went well." in printed[8]
    assert printed[-1].strip() == "no model is called 'nobody'. Known models: clerk, coder, sleepy, thinker."


@pytest.fixture
def files(blocks_of: Blocks, tmp_path: Path) -> list[Path]:
    """The configurations on the page about them."""
    paths = []
    for number, text in enumerate(blocks_of(CONFIGURATION, "yaml")):
        paths.append(tmp_path / f"{number}.yaml")
        paths[-1].write_text(text, encoding="utf-8")
    return paths


def test_the_configurations_load(files: list[Path]) -> None:
    small, keys = files
    config = load_config(NOBODY, path=small)
    assert config.roles["coding"].models == ("local-qwen", "cloud")
    assert set(config.models) == {"local-qwen", "cloud"}
    assert set(load_config(NOBODY, path=keys).models) == {"by-name", "in-other-words"}


def test_a_role_may_name_the_built_in_model(files: list[Path]) -> None:
    files[0].write_text(files[0].read_text().replace("[cloud, local-qwen]", "[cloud, smollm2]"))
    assert set(load_config(NOBODY, path=files[0]).models) == {"local-qwen", "cloud", "smollm2"}


def test_the_variables_act(blocks_of: Blocks, files: list[Path]) -> None:
    (console,) = blocks_of(CONFIGURATION, "console")
    exports = [shlex.split(line.removeprefix("$ export ")) for line in console.splitlines()]
    environ = {name: value for (export,) in exports for name, _, value in [export.partition("=")]}
    assert len(environ) == 4
    config = load_config(NOBODY, path=files[0], environ=environ)
    assert config.warnings == ()
    assert config.system.log_level == "DEBUG"
    assert config.models["local-qwen"].endpoint == "http://192.168.1.50:8080"
    assert config.models["local-qwen"].tags == ("private",)
    assert config.models["cloud"].parameters == {"temperature": 0.2}
    assert config.roles["coding"].models == ("cloud", "local-qwen")


def test_a_variable_that_fits_nothing_only_warns_and_one_that_fits_two_is_an_error(files: list[Path]) -> None:
    config = load_config(NOBODY, path=files[0], environ={"AURAROUTER_MODELS__LOCAL_QWAN__TIMEOUT": "3"})
    assert "did you mean 'local-qwen'?" in config.warnings[0]
    assert set(config.models) == {"local-qwen", "cloud"}
    files[0].write_text(files[0].read_text().replace("  cloud:", "  local.qwen: {provider: openapi}\n  cloud:"))
    with pytest.raises(ConfigError) as caught:
        load_config(NOBODY, path=files[0], environ={"AURAROUTER_MODELS__LOCAL_QWEN__TIMEOUT": "3"})
    assert "'local-qwen'" in caught.value.problems[0]
    assert "'local.qwen'" in caught.value.problems[0]


def test_a_key_is_read_when_the_model_is_used(files: list[Path]) -> None:
    models = load_config(NOBODY, path=files[1]).models
    for name in ("by-name", "in-other-words"):
        key = key_of(name, models[name], {"EXAMPLE_API_KEY": "s3cret"})
        assert key is not None
        assert key.reveal() == "s3cret"
        assert str(key) == "****"
        with pytest.raises(ProviderAuthError, match="EXAMPLE_API_KEY is not set"):
            key_of(name, models[name], {})


def test_the_page_names_every_section_role_switch_and_placeholder() -> None:
    text = (ROOT / CONFIGURATION).read_text(encoding="utf-8")
    wanted = {*KERNEL_SECTIONS, *ROLES, *RESERVED, *(attribute.name for attribute in attrs.fields(System))}
    assert [name for name in sorted(wanted) if f"`{name}`" not in text] == []
    assert [start for start in PLACEHOLDERS if f"`{start}" not in text] == []

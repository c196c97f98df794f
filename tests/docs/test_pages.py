"""What the pages say is so: their programs run and print what stands below them, their settings load and act."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

import aurarouter_hooks
from aurarouter_core import Plugins, load_config
from aurarouter_core.cli import cli
from aurarouter_core.config import System, settings_of
from aurarouter_core.environment import RESERVED
from aurarouter_core.home import Home
from aurarouter_core.keys import PLACEHOLDERS
from aurarouter_core.references import keys_of
from aurarouter_core.sources import ROLES
from aurarouter_core.structure import KERNEL_SECTIONS
from aurarouter_core.trust import HARMLESS_MODEL, HARMLESS_SECTIONS, HARMLESS_SYSTEM
from aurarouter_core.trust_store import TrustStore
from aurarouter_hooks import ConfigError, ConfigUntrustedError, ProviderAuthError, Secret

ROOT = Path(__file__).parents[2]
EMBED, CONFIGURATION = "docs/embed.md", "docs/configuration.md"
PAGES = (EMBED, CONFIGURATION, "docs/configuration-reference.md", "docs/plans.md")
PROGRAMS = 7
NOBODY = Plugins(discover=False)

Blocks = Callable[[str, str], list[str]]
Program = Callable[[Path], str]
Run = Callable[..., subprocess.CompletedProcess[str]]


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
    assert len(names) == 10
    assert all(issubclass(getattr(aurarouter_hooks, name), aurarouter_hooks.AuraRouterError) for name in names)


def test_the_example_runs(run_program: Program) -> None:
    printed = run_program(ROOT / "examples" / "embed_kernel.py").splitlines()
    asked = [line for line in printed if line.startswith("> ")]
    assert len(asked) == 4
    assert "[sleepy is asleep] def reverse(text): return text[::-1]" in printed[2]
    assert "role reasoning, chain thinker" in printed[4]
    assert "In short: it went well." in printed[8]
    assert printed[-1].strip() == "no model is called 'nobody'. Known models: clerk, coder, sleepy, thinker."


YAML = ("small", "untrusted", "variables", "keys", "broken")
TEXT = ("refused", "wrong", "printed")


@pytest.fixture
def files(blocks_of: Blocks, tmp_path: Path) -> dict[str, Path]:
    """The configurations on the page about them, by what they show."""
    paths = {}
    for name, text in zip(YAML, blocks_of(CONFIGURATION, "yaml"), strict=True):
        paths[name] = tmp_path / f"{name}.yaml"
        paths[name].write_text(text, encoding="utf-8")
    return paths


@pytest.fixture
def said(blocks_of: Blocks) -> dict[str, str]:
    """What the page says that the program says, by when."""
    return dict(zip(TEXT, blocks_of(CONFIGURATION, "text"), strict=True))


def test_the_configurations_load(files: dict[str, Path]) -> None:
    config = load_config(NOBODY, path=files["small"])
    assert config.roles["coding"].models == ("local-qwen", "cloud")
    assert set(config.models) == {"local-qwen", "cloud"}
    assert set(load_config(NOBODY, path=files["untrusted"]).models) == {"helpful"}  # named, so trusted
    assert set(load_config(NOBODY, path=files["keys"]).models) == {"by-name", "in-other-words", "kept", "several"}


def test_a_role_may_name_the_built_in_model(files: dict[str, Path]) -> None:
    file = files["small"]
    file.write_text(file.read_text().replace("[cloud, local-qwen]", "[cloud, smollm2]"))
    assert set(load_config(NOBODY, path=file).models) == {"local-qwen", "cloud", "smollm2"}


def test_a_file_in_the_current_directory_is_refused_as_the_page_says(
    aurarouter: Run, files: dict[str, Path], said: dict[str, str], home: Path
) -> None:
    here = Path("auraconfig.yaml")
    here.write_text(files["untrusted"].read_text())
    done = aurarouter("explain", "hello")
    assert done.returncode == 2
    assert done.stderr.replace(str(Path.cwd()), "/home/me/project") == said["refused"]
    TrustStore(Home(home)).trust(here, here.read_bytes())
    assert load_config(NOBODY).path == here.resolve()
    here.write_text(files["untrusted"].read_text() + "# changed\n")
    with pytest.raises(ConfigUntrustedError):
        load_config(NOBODY)


def test_the_page_names_every_harmless_setting_and_no_other(blocks_of: Blocks) -> None:
    text = (ROOT / CONFIGURATION).read_text(encoding="utf-8")
    (paragraph,) = re.findall(r"^These settings are harmless.*?\n\n", text, re.MULTILINE | re.DOTALL)
    harmless = HARMLESS_SYSTEM | HARMLESS_MODEL | HARMLESS_SECTIONS | {"endpoint", "${…}"}
    assert set(re.findall(r"`(.*?)`", paragraph)) == harmless


def test_the_variables_act(blocks_of: Blocks, files: dict[str, Path]) -> None:
    (console,) = blocks_of(CONFIGURATION, "console")
    exports = [shlex.split(line.removeprefix("$ export ")) for line in console.splitlines()]
    environ = {name: value for (export,) in exports for name, _, value in [export.partition("=")]}
    assert len(environ) == 4
    config = load_config(NOBODY, path=files["small"], environ=environ)
    assert config.warnings == ()
    assert config.system.log_level == "DEBUG"
    assert config.models["local-qwen"].endpoint == "http://192.168.1.50:8080"
    assert config.models["local-qwen"].tags == ("private",)
    assert config.models["cloud"].parameters == {"temperature": 0.2}
    assert config.roles["coding"].models == ("cloud", "local-qwen")


def test_a_variable_that_fits_nothing_only_warns_and_one_that_fits_two_is_an_error(files: dict[str, Path]) -> None:
    file = files["small"]
    config = load_config(NOBODY, path=file, environ={"AURAROUTER_MODELS__LOCAL_QWAN__TIMEOUT": "3"})
    assert "did you mean 'local-qwen'?" in config.warnings[0]
    assert set(config.models) == {"local-qwen", "cloud"}
    file.write_text(file.read_text().replace("  cloud:", "  local.qwen: {provider: openapi}\n  cloud:"))
    with pytest.raises(ConfigError) as caught:
        load_config(NOBODY, path=file, environ={"AURAROUTER_MODELS__LOCAL_QWEN__TIMEOUT": "3"})
    (problem,) = caught.value.problems
    assert "'local-qwen'" in problem.what
    assert "'local.qwen'" in problem.what


def test_variables_in_values_are_put_in_place(files: dict[str, Path]) -> None:
    environ = {"GPU_HOST": "10.1.2.3", "GPU_TIMEOUT": "45", "GPU_TAGS": "private, fast"}
    model = load_config(NOBODY, path=files["variables"], environ=environ).models["gpu-box"]
    assert (model.endpoint, model.timeout, model.tags) == ("http://10.1.2.3:8080", 45.0, ("private", "fast"))
    assert model.parameters == {"stop": ["${env.NAME}"]}
    assert model.unset == ()


def test_a_variable_that_is_not_set_is_that_models_problem_alone(files: dict[str, Path]) -> None:
    environ = {"GPU_HOST": "10.1.2.3", "GPU_TAGS": ""}
    models = load_config(NOBODY, path=files["variables"], environ=environ).models
    assert len(models["gpu-box"].unset) == 1
    assert "GPU_TIMEOUT is not set" in models["gpu-box"].unset[0]
    assert models["local"].unset == ()


def test_a_key_is_read_when_the_model_is_used(files: dict[str, Path]) -> None:
    environ, kept = {"EXAMPLE_API_KEY": "s3cret"}, {"example": Secret("hidden")}
    found = {}
    for name, entry in load_config(NOBODY, path=files["keys"], environ={}).models.items():
        found[name] = [key.secret.reveal() for key in keys_of(name, entry, environ, kept.get) if key.secret]
        assert "s3cret" not in repr(entry)
        with pytest.raises(ProviderAuthError, match=r"EXAMPLE_API_KEY is not set|no key is kept under .*'example'"):
            keys_of(name, entry, {}, lambda _: None)
    assert found == {
        "by-name": ["s3cret"],
        "in-other-words": ["s3cret"],
        "kept": ["hidden"],
        "several": ["s3cret", "hidden"],
    }


def test_mistakes_are_told_as_the_page_says(aurarouter: Run, files: dict[str, Path], said: dict[str, str]) -> None:
    Path("broken.yaml").write_text(files["broken"].read_text())
    done = aurarouter("--config", "broken.yaml", "explain", "hello")
    assert (done.returncode, done.stderr) == (2, said["wrong"])


def test_the_program_about_settings_prints_what_the_page_says(
    blocks_of: Blocks, run_program: Program, said: dict[str, str]
) -> None:
    (text,) = blocks_of(CONFIGURATION, "python")
    program = Path("program.py")
    program.write_text(text, encoding="utf-8")
    assert run_program(program) == said["printed"]


def test_every_command_on_the_page_exists() -> None:
    text = (ROOT / CONFIGURATION).read_text(encoding="utf-8")
    (table,) = re.findall(r"^\| command \|.*?\n\n", text, re.MULTILINE | re.DOTALL)
    cells = "\n".join(row.split(" | ")[0] for row in table.splitlines())
    named = {tuple(found.split()) for found in re.findall(r"`(?:aurarouter )?([a-z]+(?: [a-z]+)*)", cells)}
    missing = []
    for words in named:
        command: click.Command | None = cli
        for word in words:
            if isinstance(command, click.Group):
                command = command.get_command(click.Context(command), word)
        if command is None:
            missing.append(" ".join(words))
    assert len(named) > 10
    assert missing == []


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_points_to_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    assert links
    assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []


def test_the_page_names_every_section_role_switch_and_placeholder() -> None:
    text = (ROOT / CONFIGURATION).read_text(encoding="utf-8")
    wanted = {*KERNEL_SECTIONS, *ROLES, *RESERVED, *(attribute.name for attribute in settings_of(System))}
    assert [name for name in sorted(wanted) if f"`{name}`" not in text] == []
    assert [start for start in PLACEHOLDERS if f"`{start}" not in text] == []


def _without_json(command: click.Command, context: click.Context) -> Iterator[str]:
    """The commands at the end of the tree that have no `--json`."""
    if not isinstance(command, click.Group):
        if not any("--json" in parameter.opts for parameter in command.params):
            yield str(command.name)
        return
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from _without_json(found, click.Context(found, parent=context))


def test_the_readme_names_the_commands_without_json() -> None:
    named = re.search(r"each command but (.*?)\s+has\s+`--json`", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert named is not None
    assert re.findall(r"`(\w+)`", named[1]) == [*_without_json(cli, click.Context(cli))]

"""A plain install is the kernel and its command line: few parts, no plugin, and it says how to get more."""

import json
from typing import Any

import pytest

pytestmark = pytest.mark.house
PARTS = {"attrs", "cattrs", "click", "pluggy", "pyyaml", "typing-extensions", "aurarouter"}
FOREIGN = {"httpx", "aiohttp", "PySide6", "nats", "grpc", "mcp", "llama_cpp", "anthropic", "openai", "numpy"}


@pytest.mark.promise("overview.1")
@pytest.mark.promise("compatibility.5")
def test_it_brings_these_parts_and_no_others(kernel_venv: Any) -> None:
    listed = json.loads(kernel_venv.ok("pip", "list", "--format=json"))
    names = {entry["name"].lower().replace(".", "-").replace("_", "-") for entry in listed}
    assert names - {"pip", "setuptools"} == PARTS


def test_it_works_without_any_plugin(kernel_venv: Any) -> None:
    assert "no plugins are installed" in kernel_venv.ok("aurarouter", "plugins")
    explained = json.loads(kernel_venv.run("aurarouter", "explain", "Write a haiku", "--json").stdout)
    assert explained["decision"]["analysis"]["intent"]
    refused = kernel_venv.run("aurarouter", "run", "Write a haiku")
    assert refused.returncode == 2
    assert "no installed plugin brings the provider 'llamacpp'" in refused.stderr
    assert "pip install" in refused.stderr
    assert "[assets,llamacpp]" in refused.stderr


def test_nothing_foreign_is_imported(kernel_venv: Any) -> None:
    script = (
        "import sys, aurarouter, aurarouter_core as core;"
        "from aurarouter_core import Plugins, Router, Task, hotpath, load_config;"
        "Router(load_config()).decide(Task('hello'));"
        "print(hotpath.IMPLEMENTATION, *sorted({name.split('.')[0] for name in sys.modules}))"
    )
    implementation, *modules = kernel_venv.ok("python", "-c", script).split()
    assert implementation == "cython"
    assert not FOREIGN & set(modules)


@pytest.mark.promise("compatibility.2")
@pytest.mark.parametrize("name", ["gui", "start", "serve", "grid"])
def test_known_commands_of_absent_plugins_say_what_to_install(kernel_venv: Any, name: str) -> None:
    done = kernel_venv.run("aurarouter", name, "--environment", "auragrid", "up")
    assert done.returncode == 2
    assert f"'{name}' belongs to the plugin" in done.stderr
    assert "Hint: " in done.stderr
    assert done.stdout == ""


def test_help_imports_neither_plugins_nor_what_they_need(kernel_venv: Any) -> None:
    script = (
        "import sys; sys.argv = ['aurarouter', '--help']\n"
        "from aurarouter_core.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print('MODULES', *sys.modules)"
    )
    kernel_venv.ok("python", "-c", script)
    modules = set(kernel_venv.ok("python", "-c", script).split("MODULES")[1].split())
    assert not modules & {"cattrs", "yaml", "sqlite3", "asyncio", "attrs", "pluggy", "importlib.metadata"}

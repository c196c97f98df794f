"""Four ways in which a plugin can be broken: each is named, three harm nobody, the last fails closed."""

import json
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.house
PYPROJECT = """
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
[project]
name = "aurarouter-broken"
version = "1.0.0"
[project.entry-points.aurarouter]
raises = "broken_raises"
misspelt = "broken_misspelt"
observer = "broken_observer"
vetoer = "broken_vetoer"
[tool.setuptools]
py-modules = ["broken_raises", "broken_misspelt", "broken_observer", "broken_vetoer"]
"""
MODULES = {
    "raises": "raise RuntimeError('deliberate')\n",
    "misspelt": "def register_provider(): return {}\n",
    "observer": "def task_finished(trace): raise RuntimeError('deliberate')\n",
    "vetoer": "def veto_models(models): raise RuntimeError('deliberate')\n",
}


@pytest.fixture(scope="module")
def venv(new_venv: Any, checkout: Path, kernel_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    project = tmp_path_factory.mktemp("broken")
    (project / "pyproject.toml").write_text(PYPROJECT)
    for name, body in MODULES.items():
        head = "from aurarouter_hooks import hookimpl\n@hookimpl\n" if body.startswith("def") else ""
        (project / f"broken_{name}.py").write_text(head + body)
    made = new_venv("broken")
    made.install(kernel_wheel)
    made.install(checkout / "providers" / "echo", project)
    made.home.mkdir()
    (made.home / "auraconfig.yaml").write_text("models: {e: {provider: echo}}\nroles: {coding: [e]}\n")
    return made


def test_three_harm_nobody(venv: Any) -> None:
    done = venv.run("aurarouter", "run", "hello", AURAROUTER_WITHOUT="vetoer")
    assert (done.returncode, done.stdout) == (0, "hello\n")
    assert "plugin 'raises' is left out" in done.stderr
    assert "plugin 'misspelt' is left out" in done.stderr
    assert "plugin 'observer' raised in task_finished" in done.stderr


def test_the_fourth_refuses_every_task(venv: Any) -> None:
    done = venv.run("aurarouter", "run", "hello")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "plugin 'vetoer' failed in veto_models" in done.stderr
    assert "AURAROUTER_WITHOUT=vetoer" in done.stderr


def test_doctor_names_all_four(venv: Any) -> None:
    venv.run("aurarouter", "run", "hello", AURAROUTER_WITHOUT="vetoer")
    done = venv.run("aurarouter", "doctor", "--json")
    assert done.returncode == 1
    problems = "\n".join(found["what"] for found in json.loads(done.stdout) if found["level"] == "problem")
    assert "plugin 'raises' is broken and left out: RuntimeError: deliberate" in problems
    assert "plugin 'misspelt' is broken and left out: PluginError: no hook is called 'register_provider'" in problems
    assert "plugin 'observer' raised in task_finished" in problems
    assert "plugin 'vetoer' failed in veto_models" in problems
    assert "echo" not in problems

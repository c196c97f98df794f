"""The example of a provider over HTTP: installed as any plugin is, it is found, answers, and keeps the contract."""

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "custom_provider"
LINES = 60


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that pip has put it into, out of a copy elsewhere."""
    folder = tmp_path_factory.mktemp("custom")
    copy = folder / "copy"
    copy.mkdir()
    for name in ("pyproject.toml", "aurarouter_custom.py"):
        shutil.copy2(EXAMPLE / name, copy / name)
    pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--target", folder / "installed", copy], check=True)
    return folder / "installed"


@pytest.fixture
def server() -> Iterator[str]:
    """The example's own server."""
    command = [sys.executable, str(EXAMPLE / "talk_server.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.terminate()


@pytest.mark.house
def test_it_is_found_and_answers(aurarouter: Callable[..., Any], installed: Path, server: str) -> None:
    path = os.pathsep.join([str(installed), *filter(None, [os.environ.get("PYTHONPATH")])])
    config = f"models: {{talk: {{provider: custom, endpoint: {server}}}}}\nroles: {{coding: [talk]}}\n"
    done = aurarouter("run", "-m", "talk", "Hello there, server", "--json", config=config, PYTHONPATH=path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["text"].strip() == "Hello there, server"
    assert told["attempts"][0]["provider"] == "custom"
    listed = aurarouter("plugins", PYTHONPATH=path)
    assert "custom" in listed.stdout
    wrong = config.replace("provider: custom", "provider: custom, api_key: open nothing")
    refused = aurarouter("run", "-m", "talk", "Hello", config=wrong, PYTHONPATH=path)
    assert refused.returncode == 5
    assert "no such key" in refused.stderr
    assert "open nothing" not in refused.stderr


@pytest.mark.house
def test_it_keeps_the_contract(installed: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=EXAMPLE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(installed), *filter(None, sys.path)])},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_it_is_short() -> None:
    """Lines that are neither empty nor documentation."""
    source = (EXAMPLE / "aurarouter_custom.py").read_text(encoding="utf-8")
    documented = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.AsyncFunctionDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            documented |= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    lines = [line for number, line in enumerate(source.splitlines(), 1) if line.strip() and number not in documented]
    assert len(lines) <= LINES

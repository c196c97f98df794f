"""A command that a message hints at can be pasted as it stands, whatever the names in it."""

import ast
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import aurarouter_core

Run = Callable[..., Any]
NAMED = '{provider: echo, asset: {source: "url:http://127.0.0.1:9/x", file: x.gguf, size: 1}}'


def hinted(text: str) -> list[str]:
    """The words that a shell makes of the command at a line's end."""
    (line,) = (line for line in text.splitlines() if "aurarouter " in line)
    return shlex.split(line[line.index("aurarouter ") :])[1:]


def test_a_models_name_is_one_word(aurarouter: Run, home: Path) -> None:
    (home / "auraconfig.yaml").write_text("models: {e: {provider: echo}}\nroles: {coding: [e]}\n")
    add = ("model", "add", "a b", "--provider", "echo")
    role, of, _, *models = hinted(aurarouter(*add).stderr)
    assert aurarouter(role, of, "coding", *models).returncode == 0
    config, to, path, _ = hinted(aurarouter(*add).stderr)
    changed = aurarouter(config, to, path.replace("SETTING", "timeout"), "7")
    assert (changed.returncode, changed.stderr) == (0, "")
    assert 'models."a b".timeout' in changed.stdout


@pytest.mark.parametrize("command", [("run", "hello"), ("doctor",)])
def test_a_file_that_is_fetched_is_too(aurarouter: Run, command: tuple[str, ...]) -> None:
    config = f"models: {{a b: {NAMED.replace('echo', 'llamacpp')}}}\nroles: {{coding: [a b]}}\n"
    done = aurarouter(*command, config=config, AURAROUTER_OFFLINE="1")
    assert "aurarouter model pull 'a b'" in done.stdout + done.stderr


def test_so_is_a_path(aurarouter: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "a b"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "auraconfig.yaml").write_text("models: {m: {provider: openapi, endpoint: 'http://example.org/v1'}}\n")
    assert hinted(aurarouter("run", "hello").stderr) == ["config", "trust", str(folder / "auraconfig.yaml")]


def test_the_kernels_hints_fit_every_surface() -> None:
    """An option alone says nothing to who works in the window: it is named with its command, or as what it is."""
    bare = []
    for file in sorted(Path(aurarouter_core.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.keyword) and node.arg == "hint":
                constants = [part.value for part in ast.walk(node.value) if isinstance(part, ast.Constant)]
                words = " ".join(value for value in constants if isinstance(value, str))
                if re.search(r"(^|\W)--[a-z]", words) and not re.search("aurarouter [a-z-]|command line", words):
                    bare.append(f"{file.name}: {words}")
    assert bare == []

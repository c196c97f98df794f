"""The echo folder is the template: copied elsewhere, renamed, installed, it is found and answers."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.house


def test_a_renamed_copy_is_discovered_and_answers(
    new_venv: Any, checkout: Path, kernel_wheel: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "elsewhere" / "parrot"
    shutil.copytree(checkout / "providers" / "echo", copy)
    (copy / "aurarouter_echo.py").rename(copy / "aurarouter_parrot.py")
    for path in (copy / "pyproject.toml", copy / "aurarouter_parrot.py"):
        path.write_text(path.read_text().replace("echo", "parrot").replace("Echo", "Parrot"))
    venv = new_venv("parrot")
    venv.install(kernel_wheel)
    venv.install(copy)
    config = tmp_path / "auraconfig.yaml"
    config.write_text("models: {polly: {provider: parrot}}\nroles: {coding: [polly]}\n")
    answer = venv.ok("aurarouter", "--config", config, "run", "Hello,\nPolly", "--json")
    told = json.loads(answer)
    assert told["text"] == "Hello,\nPolly"
    assert told["attempts"][0]["provider"] == "parrot"
    assert "parrot" in venv.ok("aurarouter", "plugins")

"""The page about keys: its commands run and print what stands there, and its configuration takes turns."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from aurarouter_core import Plugins, load_config
from aurarouter_core.keys import WITHOUT
from aurarouter_core.references import keys_of
from aurarouter_core.rotation import LIMITED, REFUSED
from aurarouter_hooks import Secret

PAGE = "docs/keys.md"
Blocks = Callable[[str, str], list[str]]


@pytest.fixture
def text() -> str:
    return (Path(__file__).parents[2] / PAGE).read_text(encoding="utf-8")


def test_the_commands_print_what_the_page_says(blocks_of: Blocks, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", WITHOUT)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")
    (home / "auraconfig.yaml").write_text(blocks_of(PAGE, "yaml")[0].replace("api_keys", "#"))
    monkeypatch.chdir(home)
    Path("key.txt").write_text("sk-sesame\n")
    ran = 0
    for block in blocks_of(PAGE, "console"):
        for command, expected in re.findall(r"^\$ (.*)\n((?:[^$].*\n)*)", block, re.MULTILINE):
            done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
            printed = re.sub(r"\d{4}-\d\d-\d\d", "2026-01-31", done.stdout).replace(f"{home}/", "")
            assert printed == expected
            ran += 1
    assert ran == 3


def test_the_configuration_takes_turns(blocks_of: Blocks, tmp_path: Path) -> None:
    file = tmp_path / "auraconfig.yaml"
    file.write_text(blocks_of(PAGE, "yaml")[0])
    entry = load_config(Plugins(discover=False), path=file).models["cloud"]
    kept = {"first": Secret("1"), "second": Secret("2")}
    found = keys_of("cloud", entry, {"THIRD_KEY": "3"}, kept.get)
    assert [key.secret and key.secret.reveal() for key in found] == ["1", "2", "3"]


def test_the_numbers_and_names_are_right(text: str) -> None:
    assert (REFUSED, LIMITED) == (3600, 60)
    assert f"`PYTHON_KEYRING_BACKEND={WITHOUT}`" in text

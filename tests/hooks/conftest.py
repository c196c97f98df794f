"""Takes the Python out of our pages and makes real modules of it."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def page() -> Callable[[str], str]:
    """The text of a page, by its path in the repository."""
    return lambda path: (ROOT / path).read_text(encoding="utf-8")


@pytest.fixture
def blocks() -> Callable[[str], list[str]]:
    """The Python blocks of a text, in order."""
    return lambda text: re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.fixture
def as_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], ModuleType]:
    """Write a source to a file and import it under a name, for the length of the test."""

    def load(source: str, name: str) -> ModuleType:
        file = tmp_path / f"{name}.py"
        file.write_text(source, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        spec.loader.exec_module(module)
        return module

    return load

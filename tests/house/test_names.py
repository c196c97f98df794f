"""Names that others rely on: folder = extra = entry point, and no name of ours is left for an index to answer."""

import re
import runpy
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import setuptools

ROOT = Path(__file__).parents[2]
SHELVES = ("providers", "aurarouter_plugins")
PROJECTS = sorted(path.parent for shelf in SHELVES for path in (ROOT / shelf).glob("*/pyproject.toml"))


@pytest.mark.parametrize("folder", PROJECTS, ids=lambda folder: folder.name)
def test_a_plugins_names_follow_its_folder(folder: Path) -> None:
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    module = f"aurarouter_{folder.name.replace('-', '_')}"
    assert project["name"] == f"aurarouter-{folder.name}"
    (place,) = project["entry-points"]["aurarouter"].items()
    assert (place[0], place[1].partition(":")[0]) == (folder.name, module)
    assert (folder / f"{module}.py").is_file() or (folder / module / "__init__.py").is_file()


@pytest.mark.parametrize("folder", [ROOT, *PROJECTS], ids=lambda folder: folder.name)
def test_every_requirement_is_bounded_and_ours_by_our_major(folder: Path) -> None:
    project = tomllib.loads((folder / "pyproject.toml").read_text())
    needs = project["project"].get("dependencies", []) + project["build-system"]["requires"]
    for need in needs:
        assert "<" in need, f"{need} has no upper bound"
        if need.startswith("aurarouter"):
            assert need == "aurarouter>=1,<2"


@pytest.mark.parametrize("release", ["", "1"])
def test_extras_are_folders_in_a_checkout_and_names_in_a_release(monkeypatch: pytest.MonkeyPatch, release: str) -> None:
    seen: dict[str, Any] = {}
    monkeypatch.setenv("AURAROUTER_RELEASE", release)
    monkeypatch.setenv("AURAROUTER_NO_SPEEDUPS", "1")
    monkeypatch.setattr(setuptools, "setup", lambda **given: seen.update(given))
    runpy.run_path(str(ROOT / "setup.py"))
    extras = seen["extras_require"]
    assert set(extras) == {folder.name for folder in PROJECTS} | {"all", "dev", "keyring", "opentelemetry", "re2"}
    assert not any(re.match(r"aurarouter-llamacpp(?!-)", need) for need in extras["all"])
    for folder in PROJECTS:
        named = f"aurarouter-{folder.name}"
        assert extras[folder.name] == [f"{named}>=1,<2" if release else f"{named} @ {folder.as_uri()}"]


def test_no_tracked_file_names_a_path_of_this_machine() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        text = (ROOT / name).read_text(encoding="utf-8", errors="replace") if (ROOT / name).is_file() else ""
        for path in (f"{ROOT}/", f"{Path.home()}/"):
            assert path not in text, f"{name} holds {path}"

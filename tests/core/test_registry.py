"""Registering model files: routable at once, in no role, and nothing changes when something is wrong."""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from aurarouter_core import AssetRegistry, Plugins, Router, Task, load_config
from aurarouter_hooks import AssetError, AuraRouterError, ConfigError, UnknownModelError
from gguf_files import gguf

BEFORE = "# mine\nmodels:\n  e: {provider: echo}  # keep\nroles: {coding: [e]}\n"
HUGE = b"GGUF" + struct.pack("<IQQ", 3, 2**60, 1)


@pytest.fixture
def file(home: Path) -> Path:
    """A model file in the folder of models."""
    (home / "auraconfig.yaml").write_text(BEFORE)
    (home / "models").mkdir()
    path = home / "models" / "new.gguf"
    path.write_bytes(gguf())
    return path


@pytest.fixture
def router(file: Path) -> Router:
    plugins = Plugins()
    return Router(load_config(plugins), plugins)


def state(home: Path) -> dict[str, bytes]:
    """Every small file of the home, without what a lock or a trace leaves."""
    return {str(path): path.read_bytes() for path in home.rglob("*") if path.suffix in (".yaml", ".json", ".gguf")}


@pytest.mark.promise("registration.2")
@pytest.mark.promise("registration.6")
@pytest.mark.promise("registration.8")
async def test_it_is_routable_at_once_and_in_no_role(router: Router, file: Path, home: Path) -> None:
    async with router:
        done = await AssetRegistry(router).register_asset(
            "v2", str(file), "local", "coding, local,coding", provider="echo"
        )
        assert (done.in_force, done.path, done.config) == (True, file, home / "auraconfig.yaml")
        assert (await router.run(Task("hello", model="v2"))).text == "hello"
        assert router.snapshot.config.roles["coding"].models == ("e",)
        (asset,) = await AssetRegistry(router).list_assets()
    text = (home / "auraconfig.yaml").read_text()
    assert text.startswith(BEFORE.split("roles")[0].rstrip("\n"))
    assert yaml.safe_load(text)["models"]["v2"] == {
        "provider": "echo",
        "model_path": str(file),
        "tags": ["coding", "local"],
    }
    assert (asset.model_id, asset.repo, asset.tags, asset.roles) == ("v2", "local", ("coding", "local"), ())
    assert (asset.registered, asset.configured, asset.missing, asset.architecture) == (True, True, False, "llama")


@pytest.mark.promise("registration.7")
async def test_the_provider_is_the_one_of_the_specification(router: Router, file: Path, home: Path) -> None:
    await AssetRegistry(router).register_asset("v2", "new.gguf", tags=["a"])
    assert router.snapshot.config.models["v2"].provider == "llamacpp"
    assert yaml.safe_load((home / "auraconfig.yaml").read_text())["models"]["v2"]["provider"] == "llamacpp"


async def test_missing_files_are_flagged_and_scanned_ones_found(router: Router, file: Path, home: Path) -> None:
    registry = AssetRegistry(router)
    await registry.register_asset("v2", file, provider="echo")
    (home / "models" / "other.gguf").write_bytes(gguf())
    (home / "models" / "part.gguf").write_bytes(gguf()[:-1])
    file.unlink()
    assert [(one.model_id, one.missing) for one in await registry.list_assets()] == [("v2", True)]
    found = [(one.model_id, one.path.name) for one in await registry.list_assets(scan=True)]
    assert found == [("v2", "new.gguf"), ("", "other.gguf")]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda file: file.write_bytes(gguf()[:-1]), "it was cut off"),
        (lambda file: file.write_text("hello, I am a text"), "does not begin with 'GGUF'"),
        (lambda file: file.write_bytes(HUGE), "it lists 1152921504606846976 tensors"),
        (lambda file: file.unlink(), "can't be found"),
    ],
)
async def test_a_file_that_is_no_model_changes_nothing(
    router: Router, file: Path, home: Path, make: Callable[[Path], Any], words: str
) -> None:
    make(file)
    before = state(home)
    with pytest.raises(AssetError, match=words) as caught:
        await AssetRegistry(router).register_asset("v2", file, provider="echo")
    assert caught.value.hint
    assert state(home) == before


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "link.gguf", "model-00001-of-00002.gguf"])
async def test_what_lies_outside_is_refused(router: Router, file: Path, home: Path, tmp_path: Path, path: str) -> None:
    outside = tmp_path / "outside.gguf"
    outside.write_bytes(gguf())
    (home / "models" / "link.gguf").symlink_to(outside)
    (home / "models" / "model-00001-of-00002.gguf").write_bytes(gguf())
    (home / "models" / "model-00002-of-00002.gguf").symlink_to(outside)
    before = state(home)
    with pytest.raises(AssetError, match="lies outside of the folders") as caught:
        await AssetRegistry(router).register_asset("v2", path, provider="echo")
    assert "assets.roots" in caught.value.hint
    assert state(home) == before


@pytest.mark.parametrize("name", ["e", "", "../x", "a b", "auto", "role:coding", "${env.HOME}", "x" * 129, 7])
async def test_an_id_that_is_taken_or_none_is_refused(router: Router, file: Path, home: Path, name: Any) -> None:
    before = state(home)
    with pytest.raises(AuraRouterError, match=r"is called 'e' already|can't be a model's id"):
        await AssetRegistry(router).register_asset(name, file, provider="echo")
    assert {path: data for path, data in state(home).items() if "registry.json" not in path} == before
    assert await AssetRegistry(router).list_assets() == []


async def test_a_configuration_that_can_t_be_written_changes_nothing(router: Router, file: Path, home: Path) -> None:
    (home / ".auraconfig.yaml.new").mkdir()  # in the way of the new version, for root too
    before = state(home)
    with pytest.raises(ConfigError, match="can't be written"):
        await AssetRegistry(router).register_asset("v2", file, provider="echo")
    assert {path: data for path, data in state(home).items() if "registry.json" not in path} == before
    assert await AssetRegistry(router).list_assets() == []


async def test_it_is_taken_out_and_its_file_stays(router: Router, file: Path) -> None:
    registry = AssetRegistry(router)
    await registry.register_asset("v2", file, provider="echo")
    with pytest.raises(AssetError, match="was not downloaded by AuraRouter"):
        await registry.unregister_asset("v2", delete_file=True)
    with pytest.raises(ConfigError, match="serves coding"):
        await registry.unregister_asset("e")
    done = await registry.unregister_asset("v2")
    assert (done.path, done.deleted, file.exists()) == (file, False, True)
    assert await registry.list_assets() == []
    with pytest.raises(UnknownModelError):
        await registry.unregister_asset("v2")

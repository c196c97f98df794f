"""A file of the hub becomes a model by one call, and its place is written to the configuration."""

from pathlib import Path

import pytest
import yaml

from aurarouter_core import AssetRegistry, Plugins, Router, load_config
from aurarouter_core.pull import fetch_model, wanted
from aurarouter_hooks import AssetError
from gguf_files import gguf
from hub_server import HubServer


@pytest.mark.promise("future.19")
async def test_a_file_of_the_hub_becomes_a_model(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "auraconfig.yaml").write_text("models: {e: {provider: echo}}\nroles: {coding: [e]}\n")
    plugins = Plugins()
    with HubServer({"tiny.gguf": gguf(), "text.gguf": b"no model"}) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        async with Router(load_config(plugins), plugins) as router:
            with pytest.raises(AssetError, match="2 model files") as caught:
                await wanted(router, "hf:maker/small")
            assert "hf:maker/small/tiny.gguf" in (caught.value.hint or "")
            with pytest.raises(AssetError, match="GGUF"):
                await fetch_model(router, await wanted(router, "hf:maker/small/text.gguf"), lambda *_: None)
            done = await fetch_model(router, await wanted(router, "hf:maker/small/tiny.gguf"), lambda *_: None)
            (asset,) = await AssetRegistry(router).list_assets(scan=True)
        digest = hub.digest("tiny.gguf")
    assert (done.model_id, done.path) == ("tiny", home / "models" / "tiny.gguf")
    assert (asset.model_id, asset.downloaded, asset.roles) == ("tiny", True, ())
    entry = yaml.safe_load((home / "auraconfig.yaml").read_text())["models"]["tiny"]["asset"]
    assert (entry["source"], entry["sha256"]) == ("hf:maker/small/tiny.gguf", digest)

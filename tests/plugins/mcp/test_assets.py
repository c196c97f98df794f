"""Model files are registered, listed and taken out by tools, in a kernel that is near and in the shared engine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from mcp import Client

from aurarouter_core import Home, attach
from aurarouter_core.daemon.place import Place
from aurarouter_core.daemon.stop import stop
from aurarouter_mcp.server import server
from gguf_files import gguf

CONFIG = "# mine\nmodels: {here: {provider: echo}}\nroles: {coding: [here]}\n"


@pytest.fixture
def file(home: Path) -> Path:
    """A model file in the folder of models."""
    (home / "auraconfig.yaml").write_text(CONFIG)
    (home / "models").mkdir()
    path = home / "models" / "finetuned.gguf"
    path.write_bytes(gguf())
    return path


Opening = Callable[[], AbstractAsyncContextManager[Client]]


@pytest.fixture(params=["near", "shared"])
def opened(
    request: pytest.FixtureRequest, home: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Opening]:
    """Opens a client of a server whose kernel is near or shared."""
    monkeypatch.setenv("AURAROUTER_NO_DAEMON", str(int(request.param == "near")))

    @asynccontextmanager
    async def opening() -> AsyncIterator[Client]:
        async with attach(surface="mcp") as engine, Client(server(engine, await engine.section("mcp"))) as client:
            yield client

    yield opening
    for place in Place.all(Home(home)):
        stop(place, force=True)


async def call(client: Client, tool: str, **given: Any) -> tuple[bool, Any]:
    told = await client.call_tool(tool, given)
    return bool(told.is_error), told.structured_content if not told.is_error else str(told.content)


@pytest.mark.promise(
    "registration.1", "registration.2", "registration.3", "registration.4", "registration.5", "future.21"
)
async def test_a_file_becomes_a_model_at_once(opened: Opening, file: Path, home: Path) -> None:
    async with opened() as client:
        wrong, done = await call(
            client, "register_asset", model_id="v2", file_path=str(file), repo="local", tags="coding,local,fine-tuned"
        )
        assert not wrong, done
        assert (done["model_id"], done["path"], done["in_force"]) == ("v2", str(file), True)
        written = yaml.safe_load((home / "auraconfig.yaml").read_text())
        assert written["models"]["v2"] == {
            "provider": "llamacpp",
            "model_path": str(file),
            "tags": ["coding", "local", "fine-tuned"],
        }
        assert written["roles"] == {"coding": ["here"]}
        _, models = await call(client, "list_models")
        assert [model["id"] for model in models["models"]] == ["here", "v2"]
        _, decided = await call(client, "explain_route", task="hello", model="v2")
        assert "v2" in str(decided)
        _, listed = await call(client, "list_assets")
        assert [(one["model_id"], one["tags"], one["roles"]) for one in listed["assets"]] == [
            ("v2", ["coding", "local", "fine-tuned"], [])
        ]
        wrong, done = await call(client, "unregister_asset", model_id="v2")
        assert (wrong, file.exists()) == (False, True)
        _, listed = await call(client, "list_assets", scan=True)
        assert [(one["model_id"], one["path"]) for one in listed["assets"]] == [("", str(file))]


async def test_what_cannot_be_registered_is_told_and_changes_nothing(
    opened: Opening, tmp_path: Path, home: Path
) -> None:
    async with opened() as client:
        outside = tmp_path / "outside.gguf"
        outside.write_bytes(gguf())
        (home / "models" / "no.gguf").write_bytes(b"no model")
        for given, kind in (
            ({"model_id": "v2", "file_path": str(outside)}, "AssetError"),
            ({"model_id": "v2", "file_path": "../auraconfig.yaml"}, "AssetError"),
            ({"model_id": "v2", "file_path": "no.gguf"}, "AssetError"),
            ({"model_id": "auto", "file_path": "finetuned.gguf"}, "AssetNameError"),
            ({"model_id": "here", "file_path": "finetuned.gguf"}, "ConfigError"),
            ({"model_id": "v2"}, "file_path"),
            ({"model_id": "v2", "file_path": "finetuned.gguf", "provider": "x"}, "provider"),
        ):
            wrong, told = await call(client, "register_asset", **given)
            assert wrong
            assert kind in told
        wrong, told = await call(client, "unregister_asset", model_id="nobody")
        assert (wrong, "UnknownModelError" in told) == (True, True)
        assert (home / "auraconfig.yaml").read_text() == CONFIG


@pytest.mark.usefixtures("file")
async def test_what_changes_something_is_off_over_a_network_unless_it_is_switched_on(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AURAROUTER_NO_DAEMON", "1")
    changing = {"register_asset", "unregister_asset"}
    switched = "mcp: {tools: {register_asset: {enabled: true}, list_models: {enabled: false}}}\n"
    for more, off in (("", changing), (switched, {"unregister_asset", "list_models"})):
        (home / "auraconfig.yaml").write_text(CONFIG + more)
        async with attach(surface="mcp") as engine:
            async with Client(server(engine, await engine.section("mcp"))) as client:
                here = {tool.name for tool in (await client.list_tools()).tools}
            async with Client(server(engine, await engine.section("mcp"), network=True)) as client:
                far = {tool.name for tool in (await client.list_tools()).tools}
        assert here - far | ({"list_models"} - here) == off

"""The asset sources `hf` and `url`: searched, listed and fetched from a local hub whose files lie on another host."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from aurarouter_assets import download
from aurarouter_assets.hf import HfSource
from aurarouter_assets.url import UrlSource
from aurarouter_core.asset_settings import Assets
from aurarouter_core.fetching import Sources
from aurarouter_core.home import Home
from aurarouter_core.keys import KeyStore
from aurarouter_hooks import AssetError, AssetSpec, Secret
from hub_server import HubServer

CONTENT = b"GGUF" + bytes(range(256)) * 4000
PLACE = "maker/small/q/tiny.gguf"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with HubServer({"q/tiny.gguf": CONTENT, "other.gguf": b"GGUF", "big-00001-of-00002.gguf": b"GGUF"}) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        monkeypatch.setenv("HF_TOKEN", "hf_secret")
        yield server


def source(endpoint: str = "") -> HfSource:
    """As the kernel makes it."""
    return HfSource(Sources.of({}, Assets(endpoint=endpoint), Home.of()).context)


def silent(_done: int, _all: int | None) -> None:
    """Progress that nobody watches."""


async def spec_of(endpoint: str = "") -> AssetSpec:
    (spec,) = await source(endpoint).files(PLACE)
    return spec


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def part(folder: Path) -> Path:
    (found,) = (path for path in (folder / ".parts").iterdir() if not path.suffix)
    return found


async def test_what_fits_the_words_is_found(hub: HubServer) -> None:
    (offer,) = await source().search("small", 5)
    assert (offer.source, offer.downloads, offer.licence, offer.gated) == (
        "hf:maker/small",
        1234,
        "apache-2.0",
        False,
    )
    assert await source().search("nothing", 5) == []


async def test_a_repository_lists_its_whole_files_with_size_and_digest(hub: HubServer) -> None:
    specs = await source().files("maker/small")
    assert [spec.location for spec in specs] == [PLACE, "maker/small/other.gguf"]
    assert (specs[0].size, specs[0].sha256) == (len(CONTENT), hub.digest("q/tiny.gguf"))
    assert specs[0].licence == "apache-2.0"


async def test_a_file_arrives_whole_and_the_token_stays_with_the_hub(hub: HubServer, models: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    path = await source().fetch(await spec_of(), models, lambda *now: seen.append(now))
    assert path.read_bytes() == CONTENT
    assert seen[0] == (0, len(CONTENT))
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert list((models / ".parts").iterdir()) == []
    assert hub.asked[-1][1]["authorization"] == "Bearer hf_secret"
    assert len(hub.files_asked) == 1
    assert not any("hf_secret" in value for value in hub.files_asked[0][1].values())


async def test_a_cut_download_goes_on_where_it_stopped(hub: HubServer, models: Path) -> None:
    spec = await spec_of()
    hub.cut_after = 300_000
    with pytest.raises(AssetError, match="off") as caught:
        await source().fetch(spec, models, silent)
    assert "goes on" in caught.value.hint
    assert (models / "tiny.gguf").read_text() == "older"
    kept = part(models).stat().st_size
    assert 0 < kept <= 300_000
    assert (await source().fetch(spec, models, silent)).read_bytes() == CONTENT
    assert hub.files_asked[-1][1]["range"] == f"bytes={kept}-"


async def test_a_file_that_changed_meanwhile_is_fetched_anew(hub: HubServer, models: Path) -> None:
    spec = evolve(await spec_of(), sha256="", size=None)
    hub.cut_after = 300_000
    with pytest.raises(AssetError):
        await source().fetch(spec, models, silent)
    hub.files["q/tiny.gguf"] = CONTENT[::-1]
    assert (await source().fetch(spec, models, silent)).read_bytes() == CONTENT[::-1]


async def test_a_part_that_was_whole_already_is_no_dead_end(hub: HubServer, models: Path) -> None:
    spec = evolve(await spec_of(), sha256="", size=None)
    hub.cut_after = 300_000
    with pytest.raises(AssetError):
        await source().fetch(spec, models, silent)
    part(models).write_bytes(CONTENT)
    assert (await source().fetch(spec, models, silent)).read_bytes() == CONTENT
    assert hub.files_asked[-2][1]["range"] == f"bytes={len(CONTENT)}-"


async def test_a_cancelled_download_keeps_its_part_and_lists_nothing(hub: HubServer, models: Path) -> None:
    spec, begun = await spec_of(), asyncio.Event()
    hub.pause = 0.02
    work = asyncio.create_task(source().fetch(spec, models, lambda done, _all: begun.set() if done else None))
    await asyncio.wait_for(begun.wait(), 10)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert names(models) == ["tiny.gguf"]
    assert (models / "tiny.gguf").read_text() == "older"
    assert part(models).stat().st_size > 0
    hub.pause = 0.0
    assert (await source().fetch(spec, models, silent)).read_bytes() == CONTENT
    assert "range" in hub.files_asked[-1][1]


@pytest.mark.parametrize(
    ("change", "match"), [({"sha256": "0" * 64}, "SHA-256 differs"), ({"size": 5}, "instead of 5")]
)
async def test_another_file_is_refused(hub: HubServer, models: Path, change: dict[str, Any], match: str) -> None:
    with pytest.raises(AssetError, match=match):
        await source().fetch(evolve(await spec_of(), **change), models, silent)
    assert (models / "tiny.gguf").read_text() == "older"


async def test_a_full_disk_is_told_before_it_is_full(
    hub: HubServer, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "free_bytes", lambda _folder: 1000)
    with pytest.raises(AssetError, match="MB are free"):
        await source().fetch(await spec_of(), models, silent)
    assert (models / "tiny.gguf").read_text() == "older"


@pytest.mark.parametrize(
    ("status", "match", "hint"),
    [(401, "permission", "HF_TOKEN"), (404, "404", "spelling"), (429, "too many requests", "7 seconds")],
)
async def test_a_refusal_is_one_clear_error(hub: HubServer, models: Path, status: int, match: str, hint: str) -> None:
    spec = await spec_of()
    hub.refuse(status, {"Retry-After": "7"})
    with pytest.raises(AssetError, match=match) as caught:
        await source().fetch(spec, models, silent)
    assert hint in (caught.value.hint or "")
    hub.refuse(status, {"Retry-After": "7"})
    with pytest.raises(AssetError, match=match):
        await source().files(PLACE)


@pytest.mark.parametrize("place", ["maker", "maker/small/../x.gguf", "maker/small/x.bin", "-x/y"])
async def test_what_is_no_place_is_refused(place: str) -> None:
    with pytest.raises(AssetError, match="names nothing"):
        await source().files(place)


async def test_a_part_of_a_model_is_refused(hub: HubServer) -> None:
    with pytest.raises(AssetError, match="no whole GGUF file"):
        await source().files("maker/small/big-00001-of-00002.gguf")


async def test_a_hub_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(AssetError, match="can't be reached"):
        await source().files(PLACE)


async def test_the_token_is_not_sent_in_the_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    assert await source()._token() == "hf_secret"
    monkeypatch.setenv("HF_ENDPOINT", "http://hub.example.org")
    assert await source()._token() == ""


async def test_a_kept_token_and_a_configured_hub_are_used(
    hub: HubServer, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.delenv("HF_TOKEN")
    KeyStore(Home.of()).set("HF_TOKEN", Secret("hf_kept"))
    assert (await source(hub.url).fetch(await spec_of(hub.url), models, silent)).read_bytes() == CONTENT
    assert {headers["authorization"] for _, headers in hub.asked} == {"Bearer hf_kept"}


@pytest.mark.parametrize("endpoint", ["hub.example.org", "file:///etc", "https://", "http://[::1"])
def test_what_is_no_address_of_a_hub_is_refused(endpoint: str) -> None:
    with pytest.raises(ValueError, match=r"endpoint|IPv6"):
        Assets(endpoint=endpoint)


async def test_a_configured_url_is_fetched_and_a_typed_one_is_not(hub: HubServer, models: Path) -> None:
    address = f"{hub.cdn}/blob/q/tiny.gguf"
    spec = AssetSpec(scheme="url", location=address, file="tiny.gguf", sha256=hub.digest("q/tiny.gguf"))
    assert (await UrlSource().fetch(spec, models, silent)).read_bytes() == CONTENT
    with pytest.raises(AssetError, match="have to stand in the configuration"):
        await UrlSource().files(address)
    with pytest.raises(AssetError, match="not secure"):
        await UrlSource().fetch(evolve(spec, location="http://example.org/x", sha256=""), models, silent)

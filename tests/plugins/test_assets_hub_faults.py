"""What can go wrong on the way to a file: redirects, refusals of the host that holds it, a full disk, two at once."""

import asyncio
import os
import resource
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext

import pytest

from aurarouter_assets import download
from aurarouter_assets.hf import HfSource
from aurarouter_assets.url import UrlSource
from aurarouter_hooks import AssetContext, AssetError, AssetSpec
from gguf_files import gguf
from hub_server import HubServer

VICTIM = Path(__file__).parents[1] / "peers" / "pull_victim.py"
CONTENT = b"GGUF" + bytes(range(256)) * 8000
SPEC = AssetSpec(scheme="hf", location="maker/small/tiny.gguf", file="tiny.gguf", size=len(CONTENT))


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer({"tiny.gguf": CONTENT}) as server:
        yield server


async def fetched(hub: HubServer, models: Path) -> Path:
    source = HfSource(AssetContext(endpoint=hub.url))
    return await source.fetch(SPEC, models, lambda _done, _all: None)


async def refused(hub: HubServer, models: Path, match: str) -> AssetError:
    """One clear error with a hint; the folder is as it was."""
    with pytest.raises(AssetError, match=match) as caught:
        await fetched(hub, models)
    assert caught.value.hint
    assert [path.read_text() for path in models.iterdir() if not path.name.startswith(".")] == ["older"]
    return caught.value


@pytest.mark.parametrize(
    ("status", "match", "hint"),
    [
        (401, r"the host that holds tiny\.gguf does not give it out \(401\)", "Pull again"),
        (403, r"the host that holds tiny\.gguf does not give it out \(403\)", "Pull again"),
        (404, r"the host that holds tiny\.gguf does not give it out \(404\)", "Pull again"),
        (429, r"too many requests, and sends no tiny\.gguf", "in 9 seconds"),
        (500, r"can't send tiny\.gguf \(500\)", "goes on where it stopped"),
    ],
)
async def test_a_refusal_of_the_file_host(hub: HubServer, models: Path, status: int, match: str, hint: str) -> None:
    hub.refuse_file(status, {"Retry-After": "9"})
    assert hint in (await refused(hub, models, match)).hint
    assert (await fetched(hub, models)).read_bytes() == CONTENT


async def test_a_refusal_at_a_configured_url(hub: HubServer, models: Path) -> None:
    hub.refuse_file(403)
    spec = AssetSpec(scheme="url", location=f"{hub.cdn}/blob/tiny.gguf", file="tiny.gguf")
    with pytest.raises(AssetError, match="without permission") as caught:
        await UrlSource().fetch(spec, models, lambda _done, _all: None)
    assert "model import" in caught.value.hint


async def test_redirects_come_to_an_end(hub: HubServer, models: Path) -> None:
    hub.leads_to = f"{hub.url}/maker/small/resolve/main/tiny.gguf"
    await refused(hub, models, "leads on more than 5 times")
    assert len(hub.asked) == download.MOST_REDIRECTS + 1


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x"])
async def test_a_redirect_to_something_else_is_refused(hub: HubServer, models: Path, target: str) -> None:
    hub.leads_to = target
    await refused(hub, models, "not secure")


async def test_a_redirect_from_tls_to_plain_http_is_refused(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with HubServer({"tiny.gguf": CONTENT}, tls=_certified(tmp_path)) as hub:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        await refused(hub, models, "not secure")
        assert (len(hub.asked), hub.files_asked) == (1, [])


def _certified(folder: Path) -> SSLContext:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl makes the certificate, and it isn't here")
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"]
    name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run([openssl, "req", "-x509", *kind, *name, *files], check=True, capture_output=True)
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


async def test_a_disk_that_fills_up_meanwhile(hub: HubServer, models: Path) -> None:
    """The system itself refuses to let the file grow; what fitted is gone on with later."""
    room = 1 << 20
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
    try:
        error = await refused(hub, models, r"can't write tiny\.gguf into .*models: File too large")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "Free some space" in error.hint
    (part,) = (path for path in (models / ".parts").iterdir() if not path.suffix)
    kept = part.stat().st_size
    assert 0 < kept <= room
    assert (await fetched(hub, models)).read_bytes() == CONTENT
    assert hub.files_asked[-1][1]["range"] == f"bytes={kept}-"


def test_two_programs_that_pull_the_same_file(home: Path) -> None:
    """One has it, the other is told so at once; neither harms the other."""
    config, model = home / "auraconfig.yaml", gguf() + bytes(1 << 20)
    config.write_text("models: {e: {provider: echo}}\nroles: {coding: [e]}\n")
    with HubServer({"tiny.gguf": model}) as hub:
        hub.flowing.clear()
        environ = {**os.environ, "HF_ENDPOINT": hub.url, "AURAROUTER_PLUGINS": "assets,echo"}
        command = [sys.executable, str(VICTIM), str(config), "hf:maker/small/tiny.gguf"]
        with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL) as first:
            while not hub.files_asked:
                time.sleep(0.01)
            other = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
            hub.flowing.set()
            assert first.wait(30) == 0
        assert other.returncode == 1
        assert "another process is fetching tiny.gguf" in other.stderr
        assert len(hub.files_asked) == 1
    assert (home / "models" / "tiny.gguf").read_bytes() == model


def test_whoever_leaves_waits_for_no_hub_that_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = threading.Event()  # the hub's own client would try again for half a minute
    monkeypatch.setattr("huggingface_hub.HfApi.list_models", lambda *_, **__: [answers.wait()][:0])

    async def impatient() -> None:
        async with asyncio.timeout(0.5):
            await HfSource(AssetContext(endpoint="http://127.0.0.1:9")).search("small", 5)

    with pytest.raises(TimeoutError):
        asyncio.run(impatient())
    asking = [one for one in threading.enumerate() if one.name == "aurarouter-hub"]
    assert asking  # it still asks, and neither the loop nor the program waited for it
    answers.set()
    for one in asking:
        one.join(30)
        assert not one.is_alive()


async def test_a_hub_that_is_busy_is_told_once_in_the_programs_own_log(
    hub: HubServer, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    from huggingface_hub.utils import logging as of_the_hub

    source = HfSource(AssetContext(endpoint=hub.url))
    said = of_the_hub.get_logger("huggingface_hub.test").warning
    await source._asked("it", lambda _hub: said("Retrying in 1s"))
    assert [record.message for record in caplog.records].count("Retrying in 1s") == 1
    assert "Retrying" not in capfd.readouterr().err

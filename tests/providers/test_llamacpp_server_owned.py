"""A server that the llamacpp-server provider starts: with which arguments, how it loads and ends, who reaches it."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from aurarouter_hooks import ConfigError, EmbedRequest, Model, Prompt, ProviderError, ProviderUnavailableError
from aurarouter_llamacpp_server.provider import LlamaServerProvider
from fault_server import FaultServer
from llama_provider import HELLO, Make, Script, child_of, children, settings

pytest_plugins = ["llama_provider_fixtures"]
pytestmark = pytest.mark.model
linux = pytest.mark.skipif(sys.platform != "linux", reason="asks the Linux kernel")

LONG = Prompt(messages=HELLO.messages, parameters={"max_tokens": 400, "ignore_eos": True})


async def test_a_missing_file_is_named_and_costs_no_wait(own: Make, model_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "later.gguf"
    provider = own(model_path=path)
    for _ in range(3):
        with pytest.raises(ProviderUnavailableError, match=r"no model file at .*later\.gguf"):
            await provider.generate(HELLO)
    assert (await provider.health()).state == "misconfigured"
    path.symlink_to(model_file)
    assert (await provider.generate(HELLO)).text
    assert (await own(model_path=None).health()).detail == "no model_path is configured"


async def test_a_disk_that_takes_no_log_stops_nothing(
    own: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    provider = own(workdir=tmp_path / "file")
    assert (await provider.generate(HELLO)).text
    assert len([record for record in caplog.records if "can't be written" in record.message]) == 1
    assert (await own(workdir=None).generate(HELLO)).text


@linux
async def test_nobody_else_gets_its_key_or_ours(own: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHER_API_KEY", "sk-other")
    monkeypatch.setenv("LLAMA_ARG_HOST", "0.0.0.0")
    provider = own()
    await provider.generate(Prompt.of("xyzzy"))
    pid = child_of(provider)
    variables = dict(
        entry.split("=", 1) for entry in Path(f"/proc/{pid}/environ").read_text().split("\0") if "=" in entry
    )
    key = variables["LLAMA_API_KEY"]
    assert len(key) > 40
    assert not {"OTHER_API_KEY", "LLAMA_ARG_HOST"} & set(variables)
    assert key not in Path(f"/proc/{pid}/cmdline").read_text()
    written = (tmp_path / "own" / "own.log").read_text()
    assert key not in written
    assert "xyzzy" not in written
    rows = [line.split() for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]]
    (inodes,) = [[row[9] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in sockets(pid)]]
    assert len(inodes) == 1
    (local,) = [row[1] for row in rows if row[9] == inodes[0]]
    assert local.startswith("0100007F:")
    port = int(local.partition(":")[2], 16)
    stranger = LlamaServerProvider(Model(id="s", provider="llamacpp-server", endpoint=f"http://127.0.0.1:{port}"))
    with pytest.raises(ProviderError, match="answered 401"):
        await stranger.generate(HELLO)
    assert (await stranger.health()).state == "misconfigured"
    await stranger.aclose()


def sockets(pid: int) -> set[str]:
    return {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()}


async def test_it_is_here_and_no_proxy_stands_between(own: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = own()
    where = await provider.where()
    assert where.here
    assert (where.kind, where.relay, where.addresses) == ("loopback", False, ("127.0.0.1",))
    with FaultServer() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert (await provider.generate(HELLO)).text
        private = Prompt(messages=HELLO.messages, parameters=HELLO.parameters, private=True, location=where)
        assert (await provider.generate(private)).text
        assert await provider.count_tokens(private)
        assert await provider.models() == ("own",)
        assert proxy.connections == 0
    unchecked = Prompt(messages=HELLO.messages, private=True)
    with pytest.raises(ProviderUnavailableError, match="none of its addresses was checked"):
        await provider.generate(unchecked)


async def test_health_goes_from_cold_through_loading_to_healthy_and_back(own: Make) -> None:
    provider = own()
    assert (await provider.health()).state == "cold"
    assert provider.capabilities().context_length == 512
    assert await provider.models() == ()
    seen = []
    loading = asyncio.create_task(provider.load())
    while not loading.done():
        seen.append(await provider.health())
        await asyncio.sleep(0)
    await loading
    assert {health.state for health in seen} <= {"cold", "loading", "healthy"}
    progress = [health.progress for health in seen if health.progress is not None]
    if sys.platform == "linux":
        assert len(set(progress)) > 1
    assert all(0 <= done < 1 for done in progress)
    assert (await provider.health()).state == "healthy"
    await provider.unload()
    assert (await provider.health()).state == "cold"
    await provider.unload()
    assert (await provider.generate(HELLO)).text


async def test_who_gives_up_does_not_stop_the_loading(own: Make) -> None:
    provider = own()
    asking = asyncio.create_task(provider.generate(HELLO))
    while (await provider.health()).state != "loading":
        await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert (await provider.health()).state == "loading"
    await provider.load()
    assert (await provider.health()).state == "healthy"


async def test_unloading_waits_for_the_answer_and_closing_does_not(own: Make) -> None:
    provider = own()
    answer = provider.stream(Prompt(messages=HELLO.messages, parameters={"max_tokens": 32, "ignore_eos": True}))
    await anext(answer)
    unloading = asyncio.create_task(provider.unload())
    assert [chunk async for chunk in answer][-1].finish == "length"
    await unloading
    assert (await provider.health()).state == "cold"
    answer = provider.stream(LONG)
    await anext(answer)
    await provider.aclose()
    with pytest.raises(ProviderUnavailableError, match="was stopped before its answer was complete"):
        await anext(chunk async for chunk in answer if chunk.finish)
    with pytest.raises(ProviderUnavailableError, match="the model is closed"):
        await provider.generate(HELLO)


@pytest.mark.parametrize("turns", [0, 1, 50])
async def test_closing_while_it_loads(own: Make, turns: int) -> None:
    provider = own()
    loading = asyncio.create_task(provider.load())
    for _ in range(turns):
        await asyncio.sleep(0)
    await provider.aclose()
    with pytest.raises(ProviderUnavailableError, match=r"was stopped|is closed"):
        await loading
    if sys.platform == "linux":
        assert children() == []


def test_a_program_that_is_told_to_end_while_it_loads_says_nothing_of_it(
    stand_in: Script, model_file: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    own = {"model_path": model_file, "workdir": tmp_path / "own", "options": {"binary": stand_in("time.sleep(60)")}}
    provider = LlamaServerProvider(Model(**settings(**own)))

    def leave() -> None:
        raise SystemExit(143)

    async def load() -> None:
        try:
            await provider.load()
        finally:
            await provider.aclose()

    async def work() -> None:
        loading = asyncio.create_task(load())
        while not (tmp_path / "starts").exists():
            await asyncio.sleep(0.01)
        asyncio.get_running_loop().call_soon(leave)
        await loading

    with pytest.raises(SystemExit):
        asyncio.run(work())
    assert caplog.messages == []
    if sys.platform == "linux":
        assert children() == []


async def test_embeddings_only_where_they_were_asked_for(own: Make) -> None:
    request = EmbedRequest(texts=("one", "two words"))
    assert await own().embed(request) is None
    provider = own(options={"embed": True})
    assert "embed" in (provider.capabilities().names or ())
    found = await provider.embed(request)
    assert found is not None
    assert [len(vector) for vector in found.vectors] == [576, 576]
    assert found.usage is not None
    assert found.usage.input_tokens == 3
    with pytest.raises(ProviderError, match=r"2 vectors of \[576\] numbers"):
        await provider.embed(EmbedRequest(texts=("one", "two"), dimensions=64))
    assert (await provider.generate(HELLO)).text


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"n_ctx": 0}, "n_ctx: must be a whole number of at least 1"),
        ({"n_ctx": True}, "n_ctx: must be a whole number"),
        ({"embed": 1}, "embed: must be true or false"),
        ({"binary": 7}, "binary: must be a path"),
        ({"port": 80}, "port: unknown option; llamacpp-server knows n_ctx"),
        ({"extra_args": "--numa"}, "extra_args: must be a list"),
        ({"extra_args": ["--host", "0.0.0.0"]}, "extra_args: '--host' is not one of"),
        ({"extra_args": ["--api-key=x"]}, "extra_args: '--api-key=x' is not one of"),
        ({"extra_args": ["--numa", "--mlock"]}, "extra_args: --numa lacks its value"),
        ({"extra_args": ["--mlock", "--rpc"]}, "extra_args: '--rpc' is not one of"),
    ],
)
def test_options_that_cannot_be(own: Make, options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        own(options=options)
    assert str(caught.value.problems[0]).startswith(f"models.own.options.{words}")


def test_options_make_no_sense_for_the_server_of_others() -> None:
    with pytest.raises(ConfigError, match="n_ctx: only for a server that is started here"):
        LlamaServerProvider(
            Model(id="m", provider="llamacpp-server", endpoint="http://127.0.0.1:1", options={"n_ctx": 5})
        )


async def test_a_llama_server_is_given_its_flags(own: Make, stand_in: Script, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    program = stand_in(f"open({str(seen)!r}, 'w').write(chr(10).join(sys.argv[1:])); sys.exit('no')")
    extra = ["--flash-attn", "on", "--batch-size", 256, "--no-repack"]
    options = {"binary": program, "n_parallel": 3, "gpu_layers": -1, "embed": True, "extra_args": extra}
    with pytest.raises(ProviderUnavailableError, match="exit code 1"):
        await own(id="a,b/c", options=options).load()
    words = " ".join(seen.read_text().splitlines()[2:])
    assert words == (
        "--alias a_b/c --host 127.0.0.1 --port 0 --ctx-size 1536 --parallel 3 --threads 1 --threads-batch 1 --offline "
        "--no-webui --gpu-layers 999 --embeddings --pooling mean --flash-attn on --batch-size 256 --no-repack"
    )
    assert (tmp_path / "own" / "a_b_c.log").exists()


async def test_a_program_that_is_not_there(own: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for options, words in (
        ({"binary": str(tmp_path / "nothing")}, "there is no program"),
        ({"binary": str(Path(__file__))}, "there is no program"),  # not executable
        ({"extra_args": ["--mlock"]}, "there is none here"),
    ):
        provider = own(options=options)
        with pytest.raises(ProviderUnavailableError, match=words) as caught:
            await provider.generate(HELLO)
        assert "xllamacpp" in caught.value.hint
        assert (await provider.health()).state == "misconfigured"
    no_format = tmp_path / "no-format"
    no_format.write_bytes(b"\x7fELF, not really")
    no_format.chmod(0o700)
    with pytest.raises(ProviderUnavailableError, match="exit code 1 before"):
        await own(options={"binary": str(no_format)}).load()

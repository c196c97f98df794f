"""The page about writing a provider is right: its commands, its provider, its server and its tests are run for real."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from attrs import evolve

from aurarouter_hooks import (
    Chunk,
    Location,
    Model,
    Prompt,
    Provider,
    ProviderAuthError,
    ProviderError,
    ProviderRateLimitedError,
    ProviderReplyError,
    ProviderUnavailableError,
    Secret,
    Usage,
)

PAGE = "docs/write-a-provider.md"
FILES = ("aurarouter_parrot", "aurarouter_custom", "parrot_server", "test_parrot")


@pytest.fixture
def sources(page: Callable[[str], str], blocks: Callable[[str], list[str]]) -> dict[str, str]:
    """The page's files; each stands below its own name."""
    text = page(PAGE)
    found = blocks(text)
    assert re.findall(r"`(\w+)\.py`:\n\n```python", text) == list(FILES)
    return dict(zip(FILES, found, strict=True))


@pytest.fixture
def parrot(sources: dict[str, str], as_module: Callable[[str, str], ModuleType]) -> ModuleType:
    return as_module(sources["aurarouter_parrot"], "aurarouter_parrot")


@pytest.fixture
async def endpoint(sources: dict[str, str], as_module: Callable[[str, str], ModuleType]) -> AsyncIterator[str]:
    """The page's own server."""
    async with await as_module(sources["parrot_server"], "parrot_server").serve() as server:
        yield f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.fixture
def make(parrot: ModuleType, endpoint: str) -> Callable[..., Provider]:
    """A provider for the page's server, or with other settings."""

    def provider(**settings: Any) -> Provider:
        kind: type[Provider] = parrot.register_providers()["parrot"]
        return kind(Model(**{"id": "polly", "provider": "parrot", "endpoint": endpoint} | settings))

    return provider


async def test_it_generates_and_streams(make: Callable[..., Provider]) -> None:
    reply = await make().generate(Prompt.of("pretty polly"))
    assert (reply.text, reply.finish) == ("pretty polly ", "stop")
    assert reply.usage == Usage(input_tokens=2, output_tokens=2)
    assert [chunk async for chunk in make().stream(Prompt.of("pretty polly"))] == [
        Chunk(text="pretty "),
        Chunk(text="polly "),
        Chunk(finish="stop", usage=Usage(input_tokens=2, output_tokens=2)),
    ]


async def test_it_says_how_and_where_it_is(make: Callable[..., Provider]) -> None:
    assert (await make().health()).state == "healthy"
    assert (await make(endpoint="tcp://127.0.0.1:9").health()).state == "down"
    assert make().capabilities().names == frozenset({"stream"})
    where = await make().where()
    assert (where.kind, where.addresses, where.relay, where.here) == ("loopback", ("127.0.0.1",), True, False)


async def test_its_errors_are_the_ones_that_the_page_names(make: Callable[..., Provider]) -> None:
    hello = Prompt.of("hello")
    with pytest.raises(ProviderRateLimitedError) as tired:
        await make().generate(Prompt.of("again"))
    assert tired.value.retry_after == 3
    with pytest.raises(ProviderAuthError) as refused:
        await make(api_key=Secret("sk-wrong")).generate(hello)
    assert "sk-wrong" not in str(refused.value)
    with pytest.raises(ProviderUnavailableError) as gone:
        await make(endpoint="tcp://127.0.0.1:9").generate(hello)
    assert gone.value.hint
    assert (await make(api_key=Secret("cracker")).generate(hello)).text == "hello "


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b'{"text": "hal',
        b"squawk\n",
        b"[1]\n",
        b'{"mood": "good"}\n',
        b'{"tokens": [3]}\n',
        b'{"tokens": 5}\n',
        b"x" * 100_000,
    ],
)
async def test_nonsense_is_a_reply_error(make: Callable[..., Provider], line: bytes) -> None:
    async def squawk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(line)
        writer.close()

    async with await asyncio.start_server(squawk, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ProviderReplyError):
            await make(endpoint=f"tcp://127.0.0.1:{port}").generate(Prompt.of("hello"))


async def test_a_private_prompt_goes_to_the_checked_address_only(make: Callable[..., Provider]) -> None:
    private = evolve(Prompt.of("hello"), private=True)
    elsewhere = make(endpoint=f"tcp://nowhere.invalid:{make().model.endpoint.rsplit(':')[-1]}")
    checked = Location(kind="loopback", host="nowhere.invalid", addresses=("127.0.0.1",))
    assert (await elsewhere.generate(evolve(private, location=checked))).text == "hello "
    for location in (None, Location()):
        with pytest.raises(ProviderError):
            await make().generate(evolve(private, location=location))


async def test_leaving_a_stream_hangs_up(make: Callable[..., Provider]) -> None:
    hung_up = asyncio.Event()

    async def chatter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b'{"text": "on and on"}\n')
        await reader.read()  # ends when they hang up
        hung_up.set()
        writer.close()

    async with await asyncio.start_server(chatter, "127.0.0.1", 0) as server:
        stream: Any = make(endpoint=f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}").stream(Prompt.of("hello"))
        assert (await anext(stream)).text == "on and on"
        await stream.aclose()
        await asyncio.wait_for(hung_up.wait(), 60)


def test_the_provider_over_http_is_the_example(sources: dict[str, str], page: Callable[[str], str]) -> None:
    assert sources["aurarouter_custom"] == page("examples/custom_provider/aurarouter_custom.py")
    (dependencies,) = re.findall(r"```toml\n(.*?)```", page(PAGE), re.DOTALL)
    assert dependencies in page("examples/custom_provider/pyproject.toml")


def test_the_pages_own_tests_pass(sources: dict[str, str], tmp_path: Path) -> None:
    for name, source in sources.items():
        (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-W",
            "error",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:asyncio",
            "test_parrot.py",
        ],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert re.search(r"\b[1-9]\d* passed", run.stdout)
    assert "skipped" not in run.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="the page's commands are for a POSIX shell")
def test_the_commands_make_a_plugin_of_the_template(page: Callable[[str], str], tmp_path: Path) -> None:
    first = re.findall(r"^```console\n(.*?)^```$", page(PAGE), re.MULTILINE | re.DOTALL)[0]
    commands = [line.removeprefix("$ ") for line in first.splitlines()]
    subprocess.run(
        ["sh", "-e", "-c", "\n".join(commands)],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"HOME": str(tmp_path)},
        timeout=60,
        check=True,
    )
    folder = tmp_path / "aurarouter-parrot"
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["name"] == "aurarouter-parrot"
    assert project["project"]["entry-points"]["aurarouter"] == {"parrot": "aurarouter_parrot"}
    assert project["tool"]["setuptools"]["py-modules"] == ["aurarouter_parrot"]
    assert (folder / "aurarouter_parrot.py").is_file()


def test_the_page_names_every_error_of_a_provider(page: Callable[[str], str]) -> None:
    assert [kind.__name__ for kind in ProviderError.__subclasses__() if f"`{kind.__name__}" not in page(PAGE)] == []

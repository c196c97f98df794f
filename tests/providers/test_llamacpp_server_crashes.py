"""A server that the llamacpp-server provider starts may crash, fail, flood or be orphaned: each ends as documented."""

import asyncio
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aurarouter_hooks import Model, Prompt, ProviderUnavailableError, Reply
from aurarouter_llamacpp_server import logfile
from aurarouter_llamacpp_server.child import Child
from aurarouter_llamacpp_server.logfile import LogFile
from aurarouter_llamacpp_server.provider import LlamaServerProvider
from fault_server import FaultServer
from llama_provider import HELLO, SERVE, Make, Script, child_of, children, settings

pytest_plugins = ["llama_provider_fixtures"]
pytestmark = pytest.mark.model
linux = pytest.mark.skipif(sys.platform != "linux", reason="asks the Linux kernel")

LONG = Prompt(messages=HELLO.messages, parameters={"max_tokens": 400, "ignore_eos": True})
GONE = 30.0  # seconds that a process may take to end


@contextmanager
def watched(pid: int) -> Iterator[Callable[[], bool]]:
    """Tells whether a process that need not be our child ended in time."""
    handle = os.pidfd_open(pid)
    try:
        yield lambda: bool(select.select([handle], [], [], GONE)[0])
    finally:
        os.close(handle)


@linux
async def test_killed_in_the_middle_of_an_answer_it_says_so_and_comes_back(own: Make) -> None:
    provider = own()
    answer = provider.stream(LONG)
    assert (await anext(answer)).text
    first = child_of(provider)
    os.kill(first, signal.SIGKILL)
    with pytest.raises(ProviderUnavailableError, match="was ended by SIGKILL while it was in use") as caught:
        await anext(chunk async for chunk in answer if chunk.finish)
    assert "own.log" in caught.value.hint
    health = await provider.health()
    assert (health.state, health.detail) == ("cold", str(caught.value)), "the next start is due"
    assert (await provider.generate(HELLO)).text
    assert child_of(provider) != first
    assert (await provider.health()).state == "healthy"


@linux
async def test_everybody_who_waited_for_it_is_told_and_one_process_takes_its_place(own: Make) -> None:
    provider = own(options={"n_parallel": 2})
    await provider.load()
    answer = provider.stream(LONG)
    await anext(answer)
    tasks = [asyncio.create_task(provider.generate(LONG)) for _ in range(8)]
    await asyncio.sleep(0.5)  # they have asked; no answer is half as far
    os.kill(child_of(provider), signal.SIGKILL)
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    with pytest.raises(ProviderUnavailableError):
        await anext(chunk async for chunk in answer if chunk.finish)
    assert {type(outcome) for outcome in outcomes} == {ProviderUnavailableError}
    assert all("SIGKILL" in str(outcome) for outcome in outcomes)
    short = Prompt(messages=HELLO.messages, parameters={"max_tokens": 1})
    replies = await asyncio.gather(*(provider.generate(short) for _ in range(100)))
    assert all(isinstance(reply, Reply) for reply in replies)
    assert len(children()) == 1


@linux
def test_whoever_is_ended_twice_at_once_is_seen_to_end() -> None:
    for _ in range(50):
        child = Child(["/bin/sleep", "60"], os.environ, LogFile(None))
        while child.pid is None:
            time.sleep(0)
        child.kill()
        child.kill()
        assert child.ended.result(timeout=10) == -signal.SIGKILL
        child.join()


PROGRAM = """
import asyncio, json, sys
from pathlib import Path
from aurarouter_hooks import Model, Prompt
from aurarouter_llamacpp_server.child import Child
from aurarouter_llamacpp_server.logfile import LogFile
from aurarouter_llamacpp_server.provider import LlamaServerProvider

async def main(settings, answering, path):
    provider = LlamaServerProvider(Model(model_path=Path(path), **settings))
    prompt = Prompt(messages=Prompt.of("Say hello.").messages, parameters={"max_tokens": 400, "ignore_eos": True})
    if answering:
        answer = provider.stream(prompt)
        await anext(answer)
    else:
        loading = asyncio.create_task(provider.load())
        while (await provider.health()).progress is None:
            await asyncio.sleep(0)
    found = [line for task in Path("/proc/self/task").iterdir() for line in (task / "children").read_text().split()]
    print(*found, flush=True)
    if sys.stdin.readline():
        sys.exit()  # leaving without a goodbye: no aclose()
    await asyncio.Event().wait()

asyncio.run(main(json.loads(sys.argv[1]), sys.argv[2] == "answering", sys.argv[3]))
"""


@linux
@pytest.mark.parametrize("how", ["answering", "loading", "leaving"])
def test_no_orphan_stays_when_we_are_killed(how: str, model_file: Path, stand_in: Script) -> None:
    given = settings() if how != "loading" else settings(options={"binary": stand_in("time.sleep(600)")})
    use = "loading" if how == "loading" else "answering"
    ours = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, json.dumps(given), use, str(model_file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with ours:
        assert ours.stdin is not None
        assert ours.stdout is not None
        pid = int(ours.stdout.readline())
        with watched(pid) as ended:
            if how == "leaving":
                ours.stdin.write("go\n")
                ours.stdin.flush()
            else:
                ours.kill()
            if not ended():
                os.kill(pid, signal.SIGKILL)
                pytest.fail("an orphan stayed")


@linux
async def test_the_thread_that_asked_may_end(model_file: Path) -> None:
    """The kernel would end the server with the thread that started it; that one is the server's own."""
    provider = LlamaServerProvider(Model(**settings(model_path=model_file)))
    await asyncio.to_thread(asyncio.run, use_once(provider))
    assert children() == []


async def use_once(provider: LlamaServerProvider) -> None:
    await asyncio.to_thread(lambda: None)
    assert (await provider.generate(HELLO)).text
    await provider.aclose()


@pytest.mark.parametrize("wrong", ["text", "half"])
async def test_a_file_that_is_no_model(own: Make, model_file: Path, tmp_path: Path, wrong: str) -> None:
    path = tmp_path / "wrong.gguf"
    with model_file.open("rb") as whole:
        path.write_bytes(whole.read(40_000_000) if wrong == "half" else b"This is a text.\n" * 100)
    provider = own(model_path=path)
    words = "is corrupted or incomplete" if wrong == "half" else "failed to load model"
    with pytest.raises(ProviderUnavailableError, match=f"exit code 1 before it had loaded the model: .*{words}"):
        await provider.generate(HELLO)
    health = await provider.health()
    assert health.state == "cold"
    assert words in health.detail
    assert "own.log" in health.hint
    assert "error loading model" in (tmp_path / "own" / "own.log").read_text()


async def test_starts_are_spaced_after_crashes(own: Make, stand_in: Script, tmp_path: Path) -> None:
    provider = own(options={"binary": stand_in("sys.exit('I have no GPU')")})
    for _ in range(2):  # the second try costs no wait
        with pytest.raises(ProviderUnavailableError, match=r"exit code 1 before .*: I have no GPU") as caught:
            await provider.generate(HELLO)
        assert caught.value.retry_after is None
    for _ in range(3):
        with pytest.raises(ProviderUnavailableError, match="I have no GPU") as caught:
            await provider.generate(HELLO)
        assert caught.value.retry_after is not None
        assert 0 < caught.value.retry_after <= 1
    health = await provider.health()
    assert health.state == "down"
    assert health.retry_in is not None
    assert 0 < health.retry_in <= 1
    assert (tmp_path / "starts").read_text() == "xx"
    await provider.unload()
    with pytest.raises(ProviderUnavailableError):
        await provider.load()
    assert (tmp_path / "starts").read_text() == "xxx"


@linux
async def test_a_crash_by_the_processor_says_so(own: Make, stand_in: Script) -> None:
    provider = own(options={"binary": stand_in("import signal; os.kill(os.getpid(), signal.SIGILL)")})
    with pytest.raises(ProviderUnavailableError, match="was ended by SIGILL before") as caught:
        await provider.load()
    assert "another build" in caught.value.hint


@linux
async def test_a_port_that_is_anothers_is_not_used(own: Make, stand_in: Script, fault_server: FaultServer) -> None:
    """However its log came to name that port: nothing is sent there."""
    words = f"server is listening on {fault_server.url}"
    provider = own(options={"binary": stand_in(f"print({words!r}, flush=True); time.sleep(600)")})
    with pytest.raises(ProviderUnavailableError, match=f"listens on port {fault_server.port}, and the system does not"):
        await provider.generate(HELLO)
    assert fault_server.connections == 0
    assert children() == []


async def test_it_may_not_load_for_ever(own: Make, stand_in: Script) -> None:
    provider = own(options={"binary": stand_in("time.sleep(600)"), "load_timeout": 1})
    with pytest.raises(ProviderUnavailableError, match="not ready within 1 s") as caught:
        await provider.generate(HELLO)
    assert "load_timeout" in caught.value.hint


FLOOD = f"""
import json, threading
words = dict(zip(sys.argv[1::2], sys.argv[2::2]))
said = {{"model": words["--model"], "alias": words["--alias"], "n_ctx": 512, "n_parallel": 1, "n_threads": 1}}
said |= {{"gpu_layers": None, "embed": False}}
def flood():
    while True:
        os.write(2, b"the same line once more\\n" * 2000)
threading.Thread(target=flood, daemon=True).start()
sys.argv = ["serve.py", json.dumps(said)]
exec(compile(open({str(SERVE)!r}).read(), "serve.py", "exec"))
"""


async def test_a_flood_of_words_stops_nothing_and_fills_nothing(
    own: Make, stand_in: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logfile, "LIMIT", 200_000)
    provider = own(options={"binary": stand_in(FLOOD)})
    assert (await provider.generate(HELLO)).text
    files = list((tmp_path / "own").iterdir())
    assert "own.log.1" in {file.name for file in files} <= {"own.log", "own.log.1"}  # one moment there is but one
    assert all(file.stat().st_size <= 200_000 for file in files)
    assert all(file.stat().st_mode & 0o077 == 0 for file in files)
    await provider.unload()

"""The configuration changes while tasks run: none fails for it, each runs wholly on one state, nothing is left open."""

import asyncio
import logging
from collections import defaultdict
from pathlib import Path
from typing import Any, ClassVar

import pytest

from aurarouter_core import Config, Plugins, Router, Task, load_config
from aurarouter_core.daemon import followed
from aurarouter_core.daemon.identity import Identity
from aurarouter_core.home import Home
from aurarouter_hooks import (
    ConfigError,
    ConfigNotFoundError,
    PrivacyError,
    Prompt,
    Provider,
    ProviderUnavailableError,
    Reply,
)

GOOD = """
system: {{default_timeout: {version}, log_level: {level}}}
models:
  first: {{provider: versioned, options: {{version: {version}, fails: true}}}}
  second: {{provider: versioned, options: {{version: {version}}}}}
  only-{version}: {{provider: versioned, options: {{version: {version}}}}}
roles: {{coding: [first, second]}}
"""
BROKEN = ("a: !!int ''", "models: [", "models: {a: {}}", "sytem: {}", "system: {default_timeout: -1}", "\x00", "[]")


class Versioned(Provider):
    """Says which version of the configuration it was made from, a while after it was asked."""

    seen: ClassVar[defaultdict[str, list[int]]] = defaultdict(list)
    open: ClassVar[set["Versioned"]] = set()

    async def generate(self, prompt: Prompt) -> Reply:
        self.open.add(self)
        await asyncio.sleep(0.002)
        version = self.model.options["version"]
        assert self.model.timeouts.total == version
        self.seen[prompt.messages[-1].text].append(version)
        if self.model.options.get("fails"):
            raise ProviderUnavailableError("down, as planned")
        return Reply(text=f"version {version}")

    async def aclose(self) -> None:
        self.open.discard(self)


@pytest.fixture
def versioned(make_plugin: Any) -> Plugins:
    Versioned.seen.clear()
    Versioned.open.clear()
    return Plugins(discover=False, extra=[make_plugin("testing", register_providers=lambda: {"versioned": Versioned})])


def write(path: Path, text: str) -> None:
    """As a careful editor does: whoever reads sees the old or the new."""
    beside = path.with_suffix(".new")
    beside.write_text(text)
    beside.replace(path)


def good(version: int, level: str = "WARNING") -> str:
    return GOOD.format(version=version, level=level)


async def until(condition: Any) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


async def test_a_thousand_requests_while_the_file_changes_fifty_times(versioned: Plugins, home: Path) -> None:
    file = home / "auraconfig.yaml"
    write(file, good(1))
    told: list[Config] = []
    refused = 0
    async with Router(load_config(versioned), versioned, watch=0.002, on_reload=told.append) as router:
        done = asyncio.Event()
        room = asyncio.Semaphore(20)

        async def ask(number: int) -> None:
            async with room:
                answer = await router.run(Task(f"task {number}"))
            seen = Versioned.seen[f"task {number}"]
            assert len(seen) in (1, 2), "the first fails or rests after that, the second answers"
            assert answer.text == f"version {seen[0]}"
            assert len(set(seen)) == 1

        async def change() -> None:
            nonlocal refused
            for step in range(50):
                if step % 2:
                    before = router.problem
                    write(file, BROKEN[step // 2 % len(BROKEN)] + f"\n# {step}\n")
                    await until(lambda before=before: router.problem is not before)
                    refused += 1
                else:
                    version = step + 2
                    write(file, good(version))
                    await until(lambda v=version: router.snapshot.config.system.default_timeout == v)
                    assert router.problem is None

        async def keep_asking() -> None:
            asked = 0
            while asked < 1000 or not done.is_set():
                await asyncio.gather(*(ask(number) for number in range(asked, asked + 50)))
                asked += 50

        asking = asyncio.create_task(keep_asking())
        try:
            await change()
        finally:
            done.set()
            await asking
        assert len(Versioned.seen) >= 1000
        assert len({versions[0] for versions in Versioned.seen.values()}) > 10, "the changes fell between the tasks"
        assert refused == 25
        assert len(told) == 25
        router.pool.forget(router.snapshot.config)
        await until(lambda: len(Versioned.open) <= 2)
        assert {provider.model.options["version"] for provider in Versioned.open} <= {50}
    assert Versioned.open == set()


async def test_a_broken_file_is_told_once_and_changes_nothing(
    versioned: Plugins, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = home / "auraconfig.yaml"
    write(file, good(1))
    async with Router(plugins=versioned, watch=0.002) as router:
        write(file, "models: {first: {provider: versioned, timeout: -1, colour: red}}")
        await until(lambda: router.problem is not None)
        assert isinstance(router.problem, ConfigError)
        assert [problem.line for problem in router.problem.problems] == [1, 1]
        await asyncio.sleep(0.02)  # more looks at the same file
        assert router.snapshot.config.system.default_timeout == 1
        assert (await router.run(Task("still there"))).text == "version 1"
    (record,) = [record for record in caplog.records if "stays as it was" in record.message]
    assert f"{file}:1: models.first.colour: unknown key" in record.message


async def test_a_listener_that_fails_does_not_end_the_watch(
    versioned: Plugins, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(_: Config) -> None:
        raise ZeroDivisionError

    file = home / "auraconfig.yaml"
    write(file, good(1))
    async with Router(plugins=versioned, watch=0.002, on_reload=fails) as router:
        for version in (2, 3):
            write(file, good(version))
            await until(lambda v=version: router.snapshot.config.system.default_timeout == v)
        await asyncio.sleep(0.01)
    assert any(record.exc_info for record in caplog.records)


async def test_a_file_that_appears_counts_and_one_that_goes_keeps_the_old(
    versioned: Plugins, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = home / "auraconfig.yaml"
    async with Router(plugins=versioned, watch=0.002) as router:
        assert router.snapshot.config.path is None
        write(file, good(3) + "privacy: {rules: {card: block}}")
        await until(lambda: router.snapshot.config.path == file)
        file.unlink()
        await until(lambda: router.problem is not None)
        assert f"{file}, the configuration file in force, is gone" in str(router.problem)
        assert router.problem is not None
        assert "restart" in router.problem.hint
        await asyncio.sleep(0.02)  # more looks
        assert router.snapshot.config.privacy.rules == {"card": "block"}
        with pytest.raises(ConfigNotFoundError, match="is gone"):
            await router.reload()
        with pytest.raises(ConfigNotFoundError, match="is gone"):
            await router.set_layer("someone", {})
        with pytest.raises(PrivacyError):
            await router.run(Task("my card is 4539 1488 0343 6467"))
        write(file, good(4))
        await until(lambda: router.snapshot.config.system.default_timeout == 4)
        assert router.problem is None
    assert sum("is gone" in record.message for record in caplog.records) == 1
    file.unlink()
    assert load_config(versioned).path is None, "who starts without a file works without one"


@pytest.mark.parametrize("nothing", ["", "# all is away\n", "---\n"])
async def test_a_file_that_is_emptied_keeps_the_old(versioned: Plugins, home: Path, nothing: str) -> None:
    file = home / "auraconfig.yaml"
    write(file, good(3) + "privacy: {rules: {card: block}}")
    async with Router(plugins=versioned, watch=0.002) as router:
        file.write_text(nothing)  # as an editor does that writes in place, before what comes next
        await until(lambda: router.problem is not None)
        assert f"{file}, the configuration file in force, is empty" in str(router.problem)
        with pytest.raises(PrivacyError):
            await router.run(Task("my card is 4539 1488 0343 6467"))
        write(file, good(4))
        await until(lambda: router.snapshot.config.system.default_timeout == 4)
    file.write_text(nothing)
    async with Router(plugins=versioned) as router:
        await router.set_layer("someone", {})
        assert router.snapshot.config.path == file, "who starts with an empty file has lost nothing"


async def test_no_file_further_down_takes_the_place_of_one_that_goes(versioned: Plugins, home: Path) -> None:
    above, below = Path("auraconfig.yaml").absolute(), home / "auraconfig.yaml"
    write(below, good(1))
    async with Router(plugins=versioned) as router:
        write(above, "system: {default_timeout: 2}")
        await router.reload()
        assert router.snapshot.config.path == above, "one further up does"
        above.unlink()
        with pytest.raises(ConfigNotFoundError, match="in force, is gone"):
            await router.reload()
        above.parent.rmdir()
        with pytest.raises(ConfigNotFoundError, match="in force, is gone"):
            await router.reload()
        assert router.snapshot.config.system.default_timeout == 2


async def test_files_are_looked_for_where_the_program_began(
    versioned: Plugins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = Path("auraconfig.yaml").absolute()
    write(file, "system: {default_timeout: 2}")
    async with Router(plugins=versioned) as router:
        monkeypatch.chdir(tmp_path)
        write(file, "system: {default_timeout: 3}")
        await router.reload()
        assert router.snapshot.config.system.default_timeout == 3


def test_a_follower_keeps_to_the_file_that_is_gone(
    versioned: Plugins, home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(followed, "EVERY", 0.0)
    file = home / "auraconfig.yaml"
    write(file, good(3))
    follower = followed.Followed(Identity("", Home(home), {"path": None, "flags": {}}, None), versioned)
    assert follower.config.path == file
    file.unlink()
    assert follower.config.path == follower.config.path == file
    assert [record.message for record in caplog.records if "is gone" in record.message] != []
    write(file, good(4))
    assert follower.config.system.default_timeout == 4


async def test_a_named_file_that_goes_keeps_the_old(versioned: Plugins, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    write(file, good(3))
    async with Router(load_config(versioned, path=file), versioned, watch=0.002) as router:
        file.unlink()
        await until(lambda: router.problem is not None)
        assert "names" in str(router.problem)
        assert (await router.run(Task("still there"))).text == "version 3"
        write(file, good(4))
        await until(lambda: router.problem is None)
        assert (await router.run(Task("again"))).text == "version 4"


async def test_without_watch_nothing_is_looked_at(versioned: Plugins, home: Path) -> None:
    file = home / "auraconfig.yaml"
    write(file, good(1))
    async with Router(plugins=versioned) as router:
        write(file, good(2))
        await asyncio.sleep(0.02)
        assert router.snapshot.config.system.default_timeout == 1
        await router.reload()
        assert router.snapshot.config.system.default_timeout == 2


async def test_the_log_level_follows_the_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from aurarouter_core.cli.session import Session

    file = home / "auraconfig.yaml"
    write(file, "system: {log_level: ERROR}")
    root = logging.getLogger()
    level = root.level
    monkeypatch.setenv("AURAROUTER_PLUGINS", "")
    try:
        async with Session(None).router as router:
            assert root.level == logging.ERROR
            write(file, "system: {log_level: DEBUG}")
            await router.reload()
            assert root.level == logging.DEBUG
    finally:
        root.setLevel(level)

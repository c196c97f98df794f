"""While nobody can read a configuration file, the engine that has it is found all the same: by the file alone."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

from aurarouter_core import Attached, attach
from aurarouter_core.daemon import control
from aurarouter_core.daemon.place import Place
from aurarouter_core.home import Home

Run = Callable[..., CompletedProcess[str]]
BROKEN = "models: [\n"


async def test_status_reload_and_stop_know_the_engine(engines: Path, aurarouter: Run) -> None:
    async with attach() as kernel:
        assert isinstance(kernel, Attached)
        (engines / "auraconfig.yaml").write_text(BROKEN)
        state = aurarouter("status", "--json")
        told = json.loads(state.stdout)
        assert (state.returncode, told["pid"]) == (0, (await kernel.status())["pid"])
        assert "auraconfig.yaml" in state.stderr
        reload = aurarouter("reload")
        assert (reload.returncode, reload.stdout) == (2, "")
        assert "did not find expected node content\nHint: " in reload.stderr
        assert set(await kernel.models()) == {"first", "second"}
    done = aurarouter("stop")
    assert (done.returncode, done.stdout) == (0, "engines stopped: 1\n")
    assert not any(place.holder for place in Place.all(Home(engines)))


def test_where_none_has_it_that_is_said(engines: Path, aurarouter: Run) -> None:
    (engines / "auraconfig.yaml").write_text(BROKEN)
    for command, code, words in (("status", 1, "no shared engine"), ("stop", 0, "no shared engine")):
        done = aurarouter(command)
        assert (done.returncode, done.stdout.startswith(words)) == (code, True)
    assert json.loads(aurarouter("status", "--json").stdout) == {"running": False}
    done = aurarouter("reload")
    assert (done.returncode, "no shared engine is running" in done.stderr) == (1, True)
    assert "the next one reads it when it starts" in done.stderr


async def test_one_of_two_is_not_chosen(engines: Path, aurarouter: Run, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text((engines / "auraconfig.yaml").read_text())
    async with attach(other), attach(), attach(flags={"system": {"log_level": "ERROR"}}):
        assert control.having(Home(engines), other) is not None
        (engines / "auraconfig.yaml").write_text(BROKEN)
        done = aurarouter("stop")
        assert (done.returncode, done.stdout) == (1, "")
        assert "aurarouter stop --all" in done.stderr
        assert sum(place.holder is not None for place in Place.all(Home(engines))) == 3

"""What all tests share: a home of their own, and the real model file, fetched once."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from aurarouter_core import assets
from aurarouter_core.asset_settings import AssetEntry, Assets
from aurarouter_core.fetching import Sources
from aurarouter_core.home import Home, private_folder
from aurarouter_core.plugins import Plugins
from aurarouter_core.sources import EMBEDDED

pytest_plugins = ["peer_fixtures"]
pytest.register_assert_rewrite("bench", "behaviour")
# How long an example takes says more of the machine than of us; timings live in the benchmarks.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")


class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types
    """Two processes share the files of tests; the house's, which build the same wheels, stay together."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "house" if file.startswith("tests/house/") else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """Who runs which test."""
    return ByFile(config, log)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, an empty current directory, and none of the developer's own settings."""
    for name in list(os.environ):
        if name.startswith(("AURAROUTER_", "AURACORE_", "OPENAI_", "ANTHROPIC_", "GOOGLE_", "GEMINI_", "TRACE")):
            monkeypatch.delenv(name)
    folder = tmp_path / "home"
    folder.mkdir()
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.setenv("AURAROUTER_HOME", str(folder))
    monkeypatch.chdir(work)
    return folder


@pytest.fixture(scope="session")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The embedded model's file: the developer's own when it is there, else fetched for this run."""
    spec = assets.spec_of(AssetEntry(**EMBEDDED["models"]["smollm2"]["asset"]))
    ours = assets.on_disk(spec, Home.of({}).models)
    if ours is not None:
        return ours
    home = Home(tmp_path_factory.mktemp("fetched"))
    sources = Sources.of(Plugins().asset_sources, Assets(), home, {})
    return asyncio.run(sources.fetch("smollm2", spec, private_folder(home.models), lambda *_: None))


@pytest.fixture
def with_model(home: Path, model_file: Path) -> Path:
    """The test's home, with the model's file already in it."""
    (home / "models").mkdir()
    (home / "models" / model_file.name).symlink_to(model_file)
    return home


@pytest.fixture
def aurarouter(home: Path) -> Callable[..., Any]:
    """Runs the installed program as a user does, in a process of its own with the test's own home.

    `config` is written to a file that the command line names; further keywords are environment variables.
    """
    program = Path(sys.executable).with_name("aurarouter")

    def run(*arguments: str, config: str | None = None, stdin: str = "", **environ: str) -> Any:
        command = [str(program)]
        if config is not None:
            path = home / "named.yaml"
            path.write_text(config)
            command += ["--config", str(path)]
        return subprocess.run(
            [*command, *arguments],
            input=stdin,
            env={**os.environ, **environ},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run

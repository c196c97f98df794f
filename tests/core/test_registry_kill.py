"""A program that is killed at a random moment leaves a registry and a configuration that parse and agree."""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest
import yaml

from aurarouter_core import Plugins, load_config
from aurarouter_core.home import Home
from aurarouter_core.ledger import Ledger
from gguf_files import gguf

VICTIM = Path(__file__).parents[1] / "peers" / "registry_victim.py"
BEFORE = "# mine\nmodels:\n  e: {provider: echo}  # keep\nroles: {coding: [e]}\n"


def kill_many(home: Path, times: int) -> tuple[int, int]:
    """How many left an unsettled record behind, and how many changed anything."""
    config, file, seed = home / "auraconfig.yaml", home / "models" / "a.gguf", random.Random(times)
    file.parent.mkdir()
    file.write_bytes(gguf())
    config.write_text(BEFORE)
    environ = {**os.environ, "AURAROUTER_PLUGINS": "echo"}
    unsettled, texts, plugins = 0, set(), Plugins(discover=False)
    for _ in range(times):
        process = subprocess.Popen([sys.executable, VICTIM, config, file], env=environ, stdout=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stdout.readline() == b"at work\n"
        time.sleep(seed.uniform(0.0, 0.3))
        process.send_signal(signal.SIGKILL)
        assert process.wait(30) == -signal.SIGKILL
        process.stdout.close()
        text = config.read_text()
        texts.add(text)
        models = yaml.safe_load(text)["models"]
        ledger = Ledger(Home(home).assets)
        unsettled += any(not record.settled for record in ledger._read())
        assert {record.model_id for record in ledger.records()} == set(models) - {"e"}
        assert all(record.path == models[record.model_id]["model_path"] for record in ledger.records())
        assert set(load_config(plugins, path=config).models) == set(models)
        assert text.startswith("# mine\n")
        assert "# keep" in text
    return unsettled, len(texts)


def test_a_killed_registration_leaves_both_in_agreement(home: Path) -> None:
    kill_many(home, 6)


@pytest.mark.soak
def test_two_hundred_killed_registrations(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    unsettled, texts = kill_many(home, 200)
    with capsys.disabled():
        print(f"\n{date.today().isoformat()}\nkilled                   200")
        print(f"in the middle of a change {unsettled}\ndifferent files left     {texts}")
